"""An exchange that mirrors another one on loopback has its market, to the byte, whatever is lost on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest

from binance_mcp_server.cli.mirror import DEFAULT_SYMBOLS, MOST_SYMBOLS, mirrored
from binance_mcp_server.errors import BinanceMcpError, InputError
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.fair import by_symbol
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Status
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer
from binance_mcp_server.exchange.market.types import BookView, Trade
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.pushed import PushedSource
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.services import Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts

pytestmark = pytest.mark.anyio
T = TypeVar("T")
START_MS = 1_790_000_000_037
STEP_MS = 50
TURNS = 10
BITCOIN, ETHER = "BTCUSDT", "ETHUSDT"
TRADED = tuple(by_symbol(LISTINGS)[name] for name in (BITCOIN, ETHER, "ETHBTC"))


@dataclass
class Scene:
    """The exchange that is mirrored, and all that is needed for another one."""

    clock: VirtualClock
    origin: Exchange
    services: Services
    ends: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let time pass until *condition* holds; *seconds* bounds it."""
        for step in count():
            if condition():
                return
            assert step * STEP_MS < seconds * 1000, f"not within {seconds} s"
            await self.pass_time()

    async def pass_time(self, steps: int = 1) -> None:
        for _ in range(steps):
            await self.clock.advance(STEP_MS)
            for _ in range(TURNS):
                await asyncio.sleep(0)

    async def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until *work* is done."""
        task = asyncio.ensure_future(work)
        try:
            await self.until(task.done)
            return await task
        finally:
            task.cancel()

    async def mirror(self, *symbols: str) -> tuple[PushedSource, Exchange]:
        """Another exchange with the market of the first one."""
        opening = self.ends.enter_async_context(mirrored(self.services, symbols, self.clock))
        source = await self.result(opening)
        copy = Exchange(source, clock=self.clock)
        await self.result(self.ends.enter_async_context(copy))
        return source, copy

    def arm(self, *faults: dict[str, object]) -> None:
        plan = {"seed": 1, "faults": faults}
        self.origin.faults.arm(read_plan(msgspec.json.encode(plan)))
        self.origin.streams.arm()


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    clock = VirtualClock(START_MS)
    async with Exchange(ScenarioSource(5, clock, listings=TRADED), clock=clock) as origin:
        line = origin.ready_line()
        hosts = Hosts(line["rest"], line["stream"], line["ws_api"])
        services = Services(Settings(venue="sim", hosts={"spot": hosts}), clock)
        services.hub._random = Random(1)
        it = Scene(clock, origin, services)
        async with it.ends:
            yield it


def book(exchange: Exchange, symbol: str = BITCOIN) -> BookView:
    return exchange.market.book(symbol, 5000)


def tape(exchange: Exchange, symbol: str = BITCOIN) -> list[Trade]:
    return list(exchange.market.recent_trades(symbol, 5000))


def same_book(it: Scene, copy: Exchange, symbol: str = BITCOIN) -> Callable[[], bool]:
    """Whether both are at the same moment, with the same levels."""
    return lambda: book(it.origin, symbol) == book(copy, symbol)


async def test_it_has_the_symbols_the_rules_and_the_past_of_the_other() -> None:
    async with scene() as it:
        _, copy = await it.mirror(BITCOIN, ETHER)
        assert list(copy.market.rules) == [BITCOIN, ETHER]
        for symbol in (BITCOIN, ETHER):
            assert copy.market.rules[symbol] == it.origin.market.rules[symbol]
        for interval, candles in (("1m", 1500), ("1h", 900), ("1d", 80)):
            theirs, ours = (
                each.market.klines(
                    BITCOIN,
                    interval,
                    start_ms=None,
                    end_ms=START_MS - 60_000 if interval == "1m" else START_MS - 86_400_000,
                    offset_minutes=0,
                    limit=candles,
                )
                for each in (it.origin, copy)
            )
            assert len(ours) == len(theirs) >= candles
            assert ours == theirs


async def test_books_and_trades_are_the_same_to_the_last_level() -> None:
    async with scene() as it:
        source, copy = await it.mirror(BITCOIN, ETHER)
        begun = {symbol: tape(it.origin, symbol)[-1].id for symbol in (BITCOIN, ETHER)}
        await it.pass_time(200)
        for symbol, last in begun.items():
            await it.until(same_book(it, copy, symbol))
            heard = [trade for trade in tape(copy, symbol) if trade.id > last]
            assert heard == [trade for trade in tape(it.origin, symbol) if trade.id > last]
        assert len(tape(copy)) > 10
        assert abs(source.now_ms() - it.origin.source.now_ms()) < 200
        assert source.state()["refused"] == 0
        assert source.trouble == ""


async def test_without_names_it_mirrors_those_that_are_usual() -> None:
    async with scene() as it:
        _, copy = await it.mirror()
        listed = list(it.origin.market.rules)
        assert list(copy.market.rules) == [name for name in DEFAULT_SYMBOLS if name in listed]


async def test_updates_that_are_lost_lead_to_a_new_snapshot() -> None:
    async with scene() as it:
        source, copy = await it.mirror(BITCOIN)
        await it.pass_time(20)
        taken = source.state()["snapshots"]
        it.arm({"kind": "drop", "every": 1, "times": 3, "streams": ["*@depth*"]})
        await it.until(lambda: copy.market.counters()["gaps"] == 1)
        it.arm()
        await it.until(lambda: copy.market.counters()["books_out_of_sync"] == 0)
        await it.until(same_book(it, copy))
        assert source.state()["snapshots"] == int(str(taken)) + 1


async def test_a_cut_connection_loses_no_trade_and_the_book_comes_back() -> None:
    async with scene() as it:
        _, copy = await it.mirror(BITCOIN)
        await it.pass_time(40)
        first = tape(copy)[0].id
        for _ in range(3):
            it.arm({"kind": "reset", "times": 1})
            await it.pass_time(60)
        await it.until(lambda: tape(copy)[-1].id == tape(it.origin)[-1].id)
        await it.until(same_book(it, copy))
        ids = [trade.id for trade in tape(copy)]
        assert ids == list(range(first, ids[-1] + 1))


async def test_a_snapshot_older_than_the_stream_is_asked_for_again() -> None:
    async with scene() as it:
        await it.pass_time(4)
        it.arm({"kind": "stale_snapshots", "times": 2})
        await it.pass_time(10)
        source, copy = await it.mirror(BITCOIN)
        assert source.state()["snapshots"] == 1
        assert copy.market.counters()["books_out_of_sync"] == 0
        await it.until(same_book(it, copy))


async def test_while_snapshots_cannot_be_had_it_says_so_and_goes_on() -> None:
    async with scene() as it:
        source, copy = await it.mirror(BITCOIN)
        it.arm(
            {"kind": "drop", "every": 1, "times": 2, "streams": ["*@depth*"]},
            {"kind": "rest_down", "paths": ["*/depth"], "status": 502},
        )
        await it.until(lambda: bool(source.trouble))
        assert BITCOIN in source.trouble
        last = tape(copy)[-1].id
        await it.until(lambda: tape(copy)[-1].id > last)
        it.arm()
        await it.until(lambda: not source.trouble)
        await it.until(same_book(it, copy))


async def test_a_venue_that_is_gone_is_told_of_and_found_again() -> None:
    async with scene() as it:
        source, copy = await it.mirror(BITCOIN)
        it.arm({"kind": "streams_down"})
        await it.until(lambda: BITCOIN.lower() in source.trouble)
        it.arm()
        await it.until(lambda: not source.trouble, 300)
        await it.until(same_book(it, copy))


async def test_orders_on_the_mirror_are_filled_by_the_trades_of_the_other() -> None:
    async with scene() as it:
        _, copy = await it.mirror(BITCOIN)
        await it.pass_time(20)
        venue, now = copy.trading.venue, copy.market.now_ms()
        venue.open_account(Account(uid=1, name="paper"))
        venue.deposit(1, "USDT", 10**6 * SCALE, now)
        asked = NewOrder(
            symbol=BITCOIN,
            side=Side.BUY,
            type=OrderType.LIMIT,
            qty=SCALE // 100,
            price=book(copy).bids[0].price,
        )
        before = book(it.origin)
        order = venue.place(1, asked, now)
        copy.trading.flush()
        assert order.status is Status.NEW
        assert book(it.origin) == before
        await it.until(lambda: not order.status.is_open, 600)
        theirs = {trade.id: trade for trade in tape(it.origin)}
        for fill in order.fills:
            assert theirs[fill.id].price <= order.price


async def test_what_cannot_be_mirrored_is_refused_in_words() -> None:
    async with scene() as it:
        with pytest.raises(BinanceMcpError, match="symbol"):
            await it.mirror("NOSUCHUSDT")
        with pytest.raises(InputError, match="too many"):
            await it.mirror(*(f"A{number}USDT" for number in range(MOST_SYMBOLS + 1)))


FORMS = ("bad_json", "unknown_enum", "null", "extra_field", "bad_utf8", "cut", "rsv_bit")


async def test_whatever_the_venue_sends_the_market_goes_on_and_the_book_comes_back() -> None:
    async with scene() as it:
        _, copy = await it.mirror(BITCOIN)
        for form in FORMS:
            it.arm({"kind": "malformed", "form": form, "every": 3, "times": 4})
            await it.pass_time(40)
            it.arm()
            await it.until(same_book(it, copy), 120)
        assert copy.rest.failure is None


@pytest.mark.parametrize("body", ['{"lastUpdateId": "x"}', '{"bids": []}', "[]"])
async def test_a_snapshot_that_is_none_is_asked_for_again(body: str) -> None:
    async with scene() as it:
        source, copy = await it.mirror(BITCOIN)
        programmed = ProgrammedAnswer("/api/v3/depth", status=200, body=body, times=2)
        it.origin.rest.programmed.add(programmed)
        it.arm({"kind": "drop", "every": 1, "times": 2, "streams": ["*@depth*"]})
        await it.until(lambda: "snapshot" in source.trouble)
        it.arm()
        await it.until(lambda: not source.trouble, 120)
        await it.until(same_book(it, copy))


@pytest.mark.parametrize("path", ["exchangeInfo", "klines"])
async def test_a_venue_that_answers_something_else_cannot_be_mirrored(path: str) -> None:
    async with scene() as it:
        body = '[["x"]]' if path == "klines" else '{"symbols": [{}]}'
        it.origin.rest.programmed.add(
            ProgrammedAnswer(f"/api/v3/{path}", status=200, body=body, times=9)
        )
        with pytest.raises(BinanceMcpError, match="cannot be mirrored"):
            await it.mirror()
