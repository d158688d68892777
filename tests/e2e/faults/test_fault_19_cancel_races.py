"""Fault 19: an order fills before its cancellation comes (−2011). What is told is how it ended, not that something
failed."""

from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.order_truth import INTENTS
from tests.e2e.faults.desk_scene import WAYS, Way, desk_scene

pytestmark = pytest.mark.anyio
FILLED: dict[str, object] = {"kind": "fill_before_cancel"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["cancel", "replace"])
async def test_the_true_end_is_told(way: Way, name: str, tmp_path: Path) -> None:
    async with desk_scene(tmp_path, way) as scene:
        await scene.place_old()
        scene.it.arm(FILLED)
        outcome = await scene.act(INTENTS[name])
        assert outcome.state == "ended"
        assert outcome.text == "The order had been filled before."
        order = outcome.orders[0]
        assert (order.status, order.executed) == ("FILLED", Decimal("0.01"))
        scene.check(outcome)
        assert len(scene.orders()) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_the_true_end_is_told_also_when_the_refusal_is_lost(way: Way, tmp_path: Path) -> None:
    async with desk_scene(tmp_path, way) as scene:
        await scene.place_old()
        scene.it.arm(FILLED, {"kind": "order", "executes": True, "then": "reset"})
        outcome = await scene.act(INTENTS["cancel"])
        assert outcome.state == "ended"
        assert outcome.orders[0].status == "FILLED"
        scene.check(outcome)


async def test_what_fills_while_it_is_amended_is_told_as_filled(tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        await scene.place_old()
        scene.it.arm(FILLED)
        await scene.act(INTENTS["cancel"])
        scene.it.arm()
        outcome = await scene.act(INTENTS["amend"])
        assert outcome.state == "ended"
        assert outcome.orders[0].status == "FILLED"
        scene.check(outcome)
