"""Fault 12, for orders over REST: the venue's clock is another than ours. −1021 is a definite refusal, so that one
measurement and one more try place the order, and never two."""

from pathlib import Path

import pytest

from benchmarks.order_truth import INTENTS
from tests.e2e.faults.desk_scene import desk_scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("skew_ms", [-5_500, -3_000, 3_000, 5_500])
async def test_an_order_is_placed_once_when_the_clock_steps(skew_ms: int, tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        first = await scene.act(INTENTS["order"])
        await scene.it.skew(skew_ms)
        second = await scene.act(INTENTS["order"])
        assert (first.state, second.state) == ("accepted", "accepted")
        scene.check(second)
        assert len(scene.orders()) == 2


async def test_a_clock_that_cannot_be_measured_refuses_and_places_nothing(tmp_path: Path) -> None:
    async with desk_scene(tmp_path) as scene:
        await scene.act(INTENTS["order"])
        await scene.it.skew(-60_000)
        scene.it.arm({"kind": "rest_down", "paths": ["/api/v3/time"]})
        outcome = await scene.act(INTENTS["order"])
        assert outcome.state in {"refused", "not_sent"}
        scene.check(outcome)
        assert len(scene.orders()) == 1


@pytest.mark.parametrize("then", ["reset", "-1007"])
async def test_a_lost_answer_is_found_with_the_clock_of_the_venue(
    then: str, tmp_path: Path
) -> None:
    async with desk_scene(tmp_path) as scene:
        await scene.it.skew(-60_000)
        scene.it.arm({"kind": "order", "executes": True, "then": then, "times": 1})
        outcome = await scene.act(INTENTS["order"])
        assert outcome.state == "accepted"
        scene.check(outcome)
