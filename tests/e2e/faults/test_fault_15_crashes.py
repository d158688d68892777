"""Fault 15: real processes, ended by ``kill -9`` before, in and after an order's request; the next desk on the same
journal finds the truth. ``make soak`` does it a thousand times; ``tests/trading/test_every_stop.py`` at every
await."""

from pathlib import Path

import pytest

from benchmarks.order_kills import Kills
from benchmarks.order_truth import INTENTS, LIMIT
from binance_mcp_server.binance_api.endpoints_trading import new_order
from tests.e2e.faults.desk_scene import DeskScene, desk_scene
from tests.e2e.processes import Exchange

KILLS = 30


def test_a_killed_desk_leaves_nothing_twice_and_nothing_untrue(tmp_path: Path) -> None:
    with Exchange() as exchange:
        found = Kills(exchange.ready, tmp_path, seed=11).run(KILLS)
    assert found.wrong == []
    assert found.killed == KILLS
    assert found.sent
    assert found.taken_up


@pytest.mark.anyio
async def test_what_happened_while_no_desk_lived_is_told(tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        it = scene.it
        kept = await scene.act(INTENTS["order"])
        ended = await scene.act(INTENTS["list"])
        await _die(scene)
        for order in it.orders():
            if order.client_id in ended.entry.client_ids:
                it.cancel_behind_our_back(order)
                break
        it.behind_our_back("BUY", "0.01", "40000")
        await it.after(30)
        found = await it.result(scene.desk.reconcile())
        assert [order.is_open for order in found.differences.changed] == [False, False]
        assert found.differences.revived == ()
        assert found.differences.texts[-1] == "1 open orders were not placed by this server."
        assert kept.entry.id not in " ".join(found.differences.texts)
        again = await it.result(scene.desk.reconcile())
        assert again.differences.changed == ()


@pytest.mark.anyio
async def test_an_order_of_ours_that_the_journal_does_not_know_is_told(tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        await scene.act(INTENTS["order"])
        stranger = LIMIT.named("mcp" + "a" * 23)
        await scene.it.result(scene.it.signed.send(new_order(stranger.params())))
        found = await scene.it.result(scene.desk.reconcile())
        (text,) = found.differences.texts
        assert text.startswith(f"{stranger.client_id} (BTCUSDT BUY NEW): is ours")


async def _die(scene: DeskScene) -> None:
    """Another process takes over."""
    await scene.desk.close()
    scene.desk = scene.open_desk()
