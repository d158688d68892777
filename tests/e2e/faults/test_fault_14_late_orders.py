"""Fault 14: an order was accepted, and for a while the venue does not find it (−2013). It is neither lost nor
placed again."""

from pathlib import Path

import pytest

from benchmarks.order_truth import INTENTS
from tests.e2e.faults.desk_scene import WAYS, Way, desk_scene

pytestmark = pytest.mark.anyio
LATE: dict[str, object] = {"kind": "late_orders", "ms": 3_000}
LOST: dict[str, object] = {"kind": "order", "executes": True, "then": "-1007"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["order", "market", "list", "replace"])
async def test_it_is_unknown_until_it_is_found(way: Way, name: str, tmp_path: Path) -> None:
    async with desk_scene(tmp_path, way) as scene:
        if name == "replace":
            await scene.place_old()
        scene.it.arm(LATE, LOST)
        began = scene.it.clock.monotonic()
        outcome = await scene.act(INTENTS[name])
        assert (outcome.state, outcome.source) == ("accepted", "lookup")
        assert 3 <= scene.it.clock.monotonic() - began < 15
        assert [fate.state for fate in scene.fates()] == ["unknown", "accepted"]
        scene.check(outcome)


async def test_user_data_know_it_before_the_venue_finds_it(tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        await scene.listen()
        scene.it.arm({**LATE, "ms": 600_000}, LOST)
        began = scene.it.clock.monotonic()
        outcome = await scene.act(INTENTS["order"])
        assert (outcome.state, outcome.source) == ("accepted", "event")
        assert scene.it.clock.monotonic() - began < 3
        assert [order.status for order in outcome.orders] == ["NEW"]
        scene.check(outcome)


async def test_an_order_that_was_taken_for_lost_is_told_when_it_appears(tmp_path: Path) -> None:
    """Later than any horizon."""
    async with desk_scene(tmp_path) as scene:
        it = scene.it
        it.arm({**LATE, "ms": 300_000}, LOST)
        outcome = await scene.act(INTENTS["order"])
        assert outcome.state == "absent"
        await it.after(300)
        found = await it.result(scene.desk.reconcile())
        assert [order.status for order in found.differences.revived] == ["NEW"]
        assert scene.fates()[-1].state == "accepted"
        assert len(scene.orders()) == 1
