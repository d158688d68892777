"""Holes are mended over REST: not too early, not for ever, in order, and what cannot be had is a gap with its cause."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from binance_mcp_server.binance_ws_api import mender as module
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.mender import GRACE, LONGEST_WAIT, PATIENCE, Mender, Rows
from binance_mcp_server.binance_ws_api.sequence import RESTART_AFTER
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import LimitError, RejectedError, TransportError
from binance_mcp_server.models.events import Candle, Event, Gap, KlineEvent
from tests.binance_ws_api.frames import (
    CANDLES,
    DEPTH,
    MINUTE,
    TRADES,
    candle,
    depth,
    ids,
    rows,
    trade,
    trades,
)

pytestmark = pytest.mark.anyio

Answer = Callable[[int, int | None], Rows]


def all_of(first: int, last: int | None) -> Rows:
    """A venue that has everything up to 100."""
    end = 100 if last is None else last
    return Rows(rows(first, end), end)


@dataclass
class Source:
    """Answers in turn by what the script says, then by its last line; errors are raised."""

    script: list[Answer | Exception] = field(default_factory=lambda: [all_of])
    asked: list[tuple[int, int | None]] = field(default_factory=list)
    knows: bool = True

    def can(self, _: Spec) -> bool:
        return self.knows

    async def rows(self, _: Spec, first: int, last: int | None) -> Rows:
        self.asked.append((first, last))
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(first, last)


@dataclass
class World:
    clock: VirtualClock
    source: Source
    mender: Mender
    stream: Stream

    def take(self, *frames: bytes) -> None:
        self.stream.take(list(frames), self.clock.monotonic())

    async def pass_(self, seconds: float) -> None:
        await settle()
        await self.clock.advance(seconds)
        await settle()

    @property
    def told(self) -> list[int | tuple[int, int]]:
        return ids(list(self.stream.tail()))

    @property
    def cause(self) -> str:
        (gap,) = (each for each in self.stream.tail() if isinstance(each, Gap))
        return gap.cause


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


@asynccontextmanager
async def world(source: Source | None = None, of: Spec = TRADES) -> AsyncIterator[World]:
    before = asyncio.all_tasks()
    clock, source = VirtualClock(), source or Source()
    mender, stream = Mender(clock, source), Stream(of, 100_000)
    stream.on_parked = mender.hole
    yield World(clock, source, mender, stream)
    await mender.close()
    stream.take([trade(10**6)], clock.monotonic())
    await settle()
    assert asyncio.all_tasks() == before


async def test_a_frame_that_is_only_late_costs_no_request() -> None:
    async with world() as w:
        w.take(trade(1), trade(3))
        await w.pass_(GRACE - 0.01)
        w.take(trade(2))
        await w.pass_(60)
        assert (w.source.asked, w.told) == ([], [1, 2, 3])


async def test_a_hole_is_fetched_once_and_put_in_order() -> None:
    async with world() as w:
        w.take(trade(1), trade(5), trade(6))
        await w.pass_(GRACE)
        assert w.source.asked == [(2, 4)]
        assert w.told == [1, 2, 3, 4, 5, 6]
        assert (w.stream.repaired, w.stream.repairing) == (3, False)
        await w.pass_(60)
        assert len(w.source.asked) == 1


async def test_holes_are_mended_one_after_the_other() -> None:
    async with world() as w:
        w.take(trade(1), trade(3), trade(5), trade(9))
        await w.pass_(5)
        assert w.source.asked == [(2, 2), (4, 4), (6, 8)]
        assert w.told == list(range(1, 10))


async def test_while_the_venue_s_answers_lag_behind_it_is_asked_again() -> None:
    lagging: list[Answer | Exception] = [
        lambda _first, _last: Rows(),
        lambda first, _last: Rows(rows(first, first), first),
        all_of,
    ]
    async with world(Source(lagging)) as w:
        w.take(trade(1), trade(5))
        await w.pass_(GRACE)
        assert w.stream.repairing
        await w.pass_(PATIENCE[0] + 2 * GRACE)
        assert w.told == [1, 2, 3, 4, 5]
        assert w.source.asked == [(2, 4), (2, 4), (3, 4)]


async def test_what_the_venue_never_gives_is_a_gap() -> None:
    async with world(Source([lambda _first, _last: Rows()])) as w:
        w.take(trade(1), trade(5))
        await w.pass_(GRACE + sum(PATIENCE) + 0.1)
        assert w.told == [1, (2, 4), 5]
        assert w.cause == "lost on the way, and the venue does not give them"
        assert len(w.source.asked) == len(PATIENCE) + 1


async def test_a_used_up_limit_is_waited_for() -> None:
    async with world(Source([LimitError("used up", retry_after=20.0), all_of])) as w:
        w.take(trade(1), trade(5))
        await w.pass_(GRACE + 19.9)
        assert w.told == [1]
        w.take(trade(6))
        await w.pass_(1)
        assert w.told == [1, 2, 3, 4, 5, 6]


async def test_a_limit_that_stays_used_up_is_given_up() -> None:
    async with world(Source([LimitError("used up", retry_after=10_000.0)])) as w:
        w.take(trade(1), trade(5))
        await w.pass_((LONGEST_WAIT + max(PATIENCE)) * (len(PATIENCE) + 2))
        assert w.told == [1, (2, 4), 5]
        assert w.cause == "lost on the way, and cannot be fetched: used up"


async def test_what_can_never_be_had_is_given_up_at_once() -> None:
    refused = RejectedError("no such symbol", status=400, code=-1121)
    async with world(Source([refused])) as w:
        w.take(trade(1), trade(5))
        await w.pass_(GRACE)
        assert w.told == [1, (2, 4), 5]
        assert w.cause == "lost on the way, and cannot be fetched: no such symbol"


async def test_a_defect_in_an_answer_is_given_up_and_does_not_stop_the_stream() -> None:
    async with world(Source([KeyError("ours"), all_of])) as w:
        w.take(trade(1), trade(5), trade(7))
        await w.pass_(5)
        assert w.told == [1, (2, 4), 5, 6, 7]


async def test_what_cannot_be_fetched_waits_only_for_a_late_frame() -> None:
    async with world(Source(knows=False), DEPTH) as w:
        w.take(depth(1, 5), depth(10, 12))
        await w.pass_(GRACE - 0.01)
        assert len(w.stream.ring) == 1
        await w.pass_(0.02)
        assert [type(each).__name__ for each in w.stream.tail()] == [
            "DepthEvent",
            "Gap",
            "DepthEvent",
        ]
        assert w.cause == "lost on the way"


async def test_a_hole_without_end_is_not_fetched() -> None:
    async with world() as w:
        w.take(trade(1), trade(10**9))
        await w.pass_(GRACE)
        assert w.source.asked == []
        assert w.told == [1, (2, 10**9 - 1), 10**9]


async def test_no_more_frames_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the venue keeps us waiting for what is missing."""
    monkeypatch.setattr(module, "MOST_PARKED", 50)
    async with world(Source([LimitError("used up", retry_after=60.0)])) as w:
        w.take(trade(1))
        for each in range(3, 200):
            w.take(trade(each))
            assert w.stream.sequence.parked <= 50
            await w.pass_(0.1)
        assert w.told == [1, (2, 2), *range(3, 200)]
        assert "too many frames waited" in w.cause


async def test_after_a_reconnect_what_came_meanwhile_is_fetched_without_waiting_for_a_frame() -> (
    None
):
    async with world() as w:
        w.take(*trades(90, 95))
        w.mender.restored(w.stream)
        await w.pass_(0)
        assert w.source.asked == [(96, None)]
        assert w.told == list(range(90, 101))
        w.take(trade(101))
        await w.pass_(60)
        assert w.told[-1] == 101
        assert len(w.source.asked) == 1


async def test_what_cannot_be_fetched_after_a_reconnect_is_tried_again_and_then_left_to_the_next_frame() -> (
    None
):
    async with world(Source([TransportError("unreachable")])) as w:
        w.take(trade(90))
        w.mender.restored(w.stream)
        await w.pass_(sum(PATIENCE) + 0.1)
        assert len(w.source.asked) == len(PATIENCE) + 1
        assert (w.told, w.stream.repairing) == ([90], False)
        w.source.script = [all_of]
        w.take(trade(93))
        await w.pass_(GRACE)
        assert w.told == [90, 91, 92, 93]


async def test_a_limit_is_waited_for_after_a_reconnect_too() -> None:
    async with world(Source([LimitError("used up", retry_after=20.0), all_of])) as w:
        w.take(trade(99))
        w.mender.restored(w.stream)
        await w.pass_(20.1)
        assert w.told == [99, 100]


async def test_frames_that_come_while_the_rest_is_fetched_are_not_lost_or_doubled() -> None:
    async with world() as w:
        w.take(*trades(90, 95))
        w.mender.restored(w.stream)
        w.take(trade(99), trade(100), trade(101))
        await w.pass_(5)
        w.take(trade(102))
        assert w.told == list(range(90, 103))


async def test_nothing_is_fetched_for_a_stream_that_has_not_begun() -> None:
    async with world() as w:
        w.mender.restored(w.stream)
        await w.pass_(60)
        assert w.source.asked == []


async def test_a_stream_that_is_forgotten_is_mended_no_longer() -> None:
    async with world(Source([LimitError("used up", retry_after=20.0), all_of])) as w:
        w.take(trade(1), trade(5))
        await w.pass_(1)
        w.mender.forget(w.stream)
        w.mender.forget(w.stream)
        await w.pass_(60)
        assert w.told == [1]
        assert len(w.source.asked) == 1


async def test_a_long_absence_is_caught_up_page_by_page() -> None:
    def page(first: int, _: int | None) -> Rows:
        end = min(first + 9, 100)
        return Rows(rows(first, end), end, more=end < 100)

    async with world(Source([page])) as w:
        w.take(trade(75))
        w.mender.restored(w.stream)
        await w.pass_(0)
        assert w.source.asked == [(76, None), (86, None), (96, None)]
        assert w.told == list(range(75, 101))


async def test_a_page_that_brings_nothing_new_ends_the_catching_up() -> None:
    async with world(Source([lambda _first, _last: Rows({}, None, more=True)])) as w:
        w.take(trade(75))
        w.mender.restored(w.stream)
        await w.pass_(60)
        assert len(w.source.asked) == 1


async def test_what_comes_late_does_not_end_up_in_a_stream_that_is_numbered_anew() -> None:
    """The answer is about ids from before, which are higher than those from now on."""
    answered = asyncio.Event()

    class Slow(Source):
        async def rows(self, _: Spec, first: int, last: int | None) -> Rows:
            self.asked.append((first, last))
            await answered.wait()
            return Rows(rows(first, first + 9), first + 9)

    async with world(Slow()) as w:
        w.take(trade(1000), trade(1005))
        await w.pass_(RESTART_AFTER + 1)
        assert w.source.asked == [(1001, 1004)]
        w.take(*trades(1, 5))
        answered.set()
        await w.pass_(0)
        w.take(trade(6))
        assert w.stream.sequence.parked == 0
        assert w.told[-2:] == [5, 6]


async def test_many_that_wait_at_once_share_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PARKED_IN_ALL", 4_000)
    async with world(Source([LimitError("used up", retry_after=60.0)])) as w:
        streams = [Stream(TRADES, 100_000) for _ in range(2)]
        for stream in streams:
            stream.on_parked = w.mender.hole
            stream.take([trade(1), trade(3)], 0.0)
        for stream in streams:
            stream.take(trades(5, 3_000), 0.0)
            assert stream.sequence.parked <= 2_000
            assert stream.gaps == 2
        for stream in streams:
            w.mender.forget(stream)


async def test_candles_that_were_fetched_count_as_repaired() -> None:
    async with world(Source([candles]), CANDLES) as w:
        w.take(candle(5, closed=True), candle(8))
        await w.pass_(GRACE)
        assert (w.stream.repaired, w.stream.reordered, w.stream.gaps) == (2, 0, 0)
        w.stream.sequence.last = 10**9  # what follows is the world's farewell


def candles(first: int, last: int | None) -> Rows:
    assert last is not None
    events: dict[int, Event] = {
        opened: KlineEvent(
            opened + MINUTE - 1,
            "BTCUSDT",
            Candle(
                opened, opened + MINUTE - 1, "1m", "1", "2", "2", "1", "9", 2, True, "14", "4", "6"
            ),
        )
        for opened in range(first, last, MINUTE)
    }
    return Rows(events, last)
