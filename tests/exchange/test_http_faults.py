"""Faults of REST, and the switchboard that arms them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from binance_mcp_server.exchange.admin import Admin
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.sources.base import Frame
from tests.exchange.market.feeds import THURSDAY, HandFed, depth_frame
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.ws.scenes import snapshot

pytestmark = pytest.mark.anyio
DEPTH = "/api/v3/depth?symbol=BTCUSDT"


class Snapshotted(HandFed):
    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield [snapshot()]


class Desk:
    """An exchange without sockets, and its switchboard."""

    def __init__(self) -> None:
        self.clock = VirtualClock(THURSDAY)
        self.exchange = Exchange(Snapshotted(THURSDAY), clock=self.clock)
        self.admin = Admin(self.exchange.source, self.exchange.rest, self.exchange.streams)
        self.play(snapshot())

    def play(self, *frames: Frame) -> None:
        self.exchange.markets["spot"].apply(frames)

    async def arm(self, *faults: dict[str, object]) -> Reply:
        body = msgspec.json.encode({"seed": 7, "faults": faults})
        return await ask(self.admin, "/__sim/faults", method="POST", body=body)

    async def get(self, target: str) -> Reply:
        return await ask(self.exchange.rest, target)

    async def struck(self) -> list[int]:
        state: Any = (await ask(self.admin, "/__sim/faults")).json()
        return [each["struck"] for each in state["faults"]]


async def test_what_is_armed_is_told_with_its_strikes_and_an_empty_list_clears_it() -> None:
    desk = Desk()
    armed = await desk.arm({"kind": "rest_down", "times": 2})
    assert armed.json() == {
        "seed": 7,
        "faults": [{"kind": "rest_down", "times": 2, "paths": ["*"], "status": 503, "struck": 0}],
    }
    assert [(await desk.get("/api/v3/ping")).status for _ in range(3)] == [503, 503, 200]
    assert await desk.struck() == [2]
    assert (await desk.arm()).json() == {"seed": 7, "faults": []}


async def test_a_bad_plan_is_refused_and_leaves_what_was_armed() -> None:
    desk = Desk()
    await desk.arm({"kind": "rest_down"})
    refused = await desk.arm({"kind": "nonsense"})
    assert (refused.status, "kind is one of" in refused.json()["error"]) == (400, True)
    assert (await desk.get("/api/v3/ping")).status == 503
    assert (await ask(desk.admin, "/__sim/faults", method="PUT")).status == 405


async def test_the_next_snapshots_are_of_an_older_book_and_the_market_stays_right() -> None:
    desk = Desk()
    await desk.arm({"kind": "stale_snapshots", "times": 2})
    desk.play(depth_frame(8, 9, '[["99.00000000","5.00000000"]]'))
    for _ in range(2):
        old = (await desk.get(DEPTH)).json()
        assert (old["lastUpdateId"], old["bids"]) == (7, [["99.00000000", "1.00000000"]])
    now = (await desk.get(DEPTH)).json()
    assert (now["lastUpdateId"], now["bids"]) == (9, [["99.00000000", "5.00000000"]])
    ticker = (await desk.get("/api/v3/ticker/bookTicker?symbol=BTCUSDT")).json()
    assert ticker["bidQty"] == "5.00000000"
    assert await desk.struck() == [2]


async def test_answers_are_late_and_cut_where_the_path_fits() -> None:
    desk = Desk()
    await desk.arm(
        {"kind": "slow_rest", "delay_ms": 500, "paths": ["/api/v3/time"]},
        {"kind": "cut_rest", "bytes": 5, "paths": ["/api/v3/t*"], "every": 2},
    )
    before = desk.clock.monotonic()
    replies = []
    for _ in range(2):
        asking = desk.get("/api/v3/time")
        replies.append(await run(desk.clock, asking))
    assert desk.clock.monotonic() - before == 1.0
    assert [reply.complete for reply in replies] == [True, False]
    assert replies[1].body == b'{"ser'
    assert (await desk.get(DEPTH)).complete


async def run(clock: VirtualClock, asking: Any) -> Reply:
    """Let the clock run on until the answer is there."""
    import asyncio

    task = asyncio.ensure_future(asking)
    for _ in range(100):
        if task.done():
            break
        await clock.advance(100)
    reply: Reply = await task
    return reply


async def test_an_outage_charges_no_weight_and_counts() -> None:
    desk = Desk()
    await desk.arm({"kind": "rest_down", "paths": ["/api/*"], "status": 502})
    assert (await desk.get(DEPTH)).status == 502
    assert desk.exchange.rest.usage().weight == 0
    assert desk.exchange.rest.counters.by_status[502] == 1
    assert (await desk.get("/fapi/v1/ping")).status == 200
