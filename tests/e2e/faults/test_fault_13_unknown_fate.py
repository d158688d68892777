"""Fault 13: the venue executes an order, or does not, and then hangs, resets or says −1007. The request leaves
once, and the answer in the end is the truth."""

from pathlib import Path

import pytest

from benchmarks.order_truth import ABOUT_OLD, FAULTS, INTENTS, fits
from binance_mcp_server.trading.fate import HORIZON
from tests.e2e.faults.desk_scene import WAYS, Way, desk_scene, order_fault

pytestmark = pytest.mark.anyio


def _some(fault: str) -> list[str]:
    """An order, and one thing more, another one for each fault."""
    others = [name for name in INTENTS if name != "order" and fits(name, fault)]
    turn = list(FAULTS).index(fault)
    return (["order"] if fits("order", fault) else []) + [others[turn % len(others)]]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if FAULTS[fault]])
async def test_the_answer_is_the_truth_and_nothing_is_placed_twice(
    way: Way, fault: str, tmp_path: Path
) -> None:
    """Of one intent of each sort; of all of them, in process, in ``tests/trading/test_every_stop.py``."""
    async with desk_scene(tmp_path, way) as scene:
        for name in _some(fault):
            if name in ABOUT_OLD:
                await scene.place_old()
            outcome = await order_fault(scene, name, **FAULTS[fault])
            assert scene.it.struck() == [1]
            assert outcome.is_settled
            scene.check(outcome)
            if name in ABOUT_OLD:
                await scene.act(INTENTS["cancel_all"])


@pytest.mark.parametrize("way", WAYS)
async def test_a_caller_that_goes_away_leaves_the_order_to_the_desk(
    way: Way, tmp_path: Path
) -> None:
    """A client's time-out cancels the call; what was written down goes on."""
    async with desk_scene(tmp_path, way) as scene:
        it = scene.it
        it.arm({"kind": "order", "executes": True, "then": "hang", "ms": 5_000})
        hasty = scene.open_desk(patience=1.0)
        token = (await it.result(hasty.preview(INTENTS["order"], "p"))).token
        outcome = await it.result(hasty.execute(token, "p"))
        assert (outcome.state, outcome.is_settled) == ("unknown", False)
        await it.after(15)
        again = await it.result(hasty.execute(token, "p"))
        assert (again.state, again.repeated) == ("accepted", True)
        assert [order["status"] for order in scene.orders()] == ["NEW"]
        await hasty.close()


async def test_where_nobody_answers_past_the_horizon_it_stays_unknown_until_somebody_does(
    tmp_path: Path,
) -> None:
    async with desk_scene(tmp_path) as scene:
        it = scene.it
        it.arm(
            {
                "kind": "order",
                "executes": True,
                "then": "reset",
                "operations": ["order.place"],
            },
            {"kind": "order", "executes": False, "then": "503", "operations": ["order.status"]},
        )
        hasty = scene.open_desk(patience=HORIZON + 30)
        token = (await it.result(hasty.preview(INTENTS["order"], "p"))).token
        outcome = await it.result(hasty.execute(token, "p"))
        assert outcome.state == "unknown"
        assert scene.fates()[-1].state == "unknown"
        it.arm()
        again = await it.result(hasty.execute(token, "p"))
        assert again.state == "accepted"
        await hasty.close()
