"""ccxt.pro, unchanged but for its addresses: it opens ``/ws/0``, ``/ws/1`` … and subscribes there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.process import ExchangeProcess
from tests.clients.streaming import (
    COINM,
    PLAY_SECONDS,
    SOON,
    SPOT,
    USDM,
    no_task_left,
    paths,
    read_recording,
)
from tests.clients.test_ccxt import moved
from tests.clients.test_replay import call

pytestmark = pytest.mark.anyio
PREFIXES = {"spot": "", "margin": "", "future": "/usdm", "delivery": "/coinm"}
KEPT = 50_000
"""Trades that the client keeps; the 1000 of its default are fewer than come between two looks."""
MOST = 2500
"""Trades that are asked for. After some 4000 messages that came faster than it reads them the client stops reading, at
any venue: it takes them from aiohttp's queue by itself, and gives back less than aiohttp 3.14 counts for each."""


@asynccontextmanager
async def client(rest: str, stream: str, kind: str = "spot") -> AsyncIterator[Any]:
    """One kind of market each: it knows spot by the name of Binance's host, and takes others for swaps."""
    ccxt = pytest.importorskip("ccxt.pro", exc_type=ImportError)
    options = {"fetchMarkets": {"types": [kind]}, "tradesLimit": KEPT}
    async with no_task_left():
        made = ccxt.binance({"options": options})
        api = moved(made.urls["api"], rest)
        api["ws"] |= {name: f"{stream}{prefix}/ws" for name, prefix in PREFIXES.items()}
        made.urls["api"] = api
        try:
            await made.load_markets()
            yield made
        finally:
            await made.close()


async def test_every_kind_of_watching(scenario: Place) -> None:
    async with asyncio.timeout(2 * SOON), client(scenario.rest, scenario.stream) as exchange:
        pair = "BTC/USDT"
        trades, tickers, candles, best, book, many = await asyncio.gather(
            exchange.watch_trades(pair),
            exchange.watch_ticker(pair),
            exchange.watch_ohlcv(pair, "1m"),
            exchange.watch_bids_asks([pair]),
            exchange.watch_order_book(pair, 50),
            exchange.watch_tickers([pair, "ETH/USDT"]),
        )
    assert trades[-1]["info"]["e"] == "trade"
    assert tickers["low"] <= tickers["last"] <= tickers["high"]
    assert len(candles[-1]) == 6
    assert 0 < best[pair]["bid"] < best[pair]["ask"]
    # ccxt cuts a book when it hands it out, and fills it on.
    assert min(len(book["bids"]), len(book["asks"])) >= 50
    assert set(many) <= {pair, "ETH/USDT"}


async def test_what_is_unwatched_is_unsubscribed(scenario: Place) -> None:
    async with asyncio.timeout(2 * SOON), client(scenario.rest, scenario.stream) as exchange:
        await exchange.watch_trades("BTC/USDT")
        await exchange.un_watch_trades("BTC/USDT")
        assert "BTC/USDT" not in exchange.trades
        assert await exchange.watch_trades("BTC/USDT")


ON_SPOT = pytest.param("spot", "BTC/USDT", SPOT[:1], id="spot")
ON_USDM = pytest.param("linear", "BTC/USDT:USDT", USDM, id="usdm")
ON_COINM = pytest.param("inverse", "BTC/USD:BTC", COINM, id="coinm")


@pytest.mark.parametrize(("kind", "symbol", "names"), [ON_SPOT, ON_COINM])
async def test_trades_of_a_recording_come_in_a_row(
    data_dir: Path, kind: str, symbol: str, names: Sequence[str]
) -> None:
    """From the first on; of COIN-M all."""
    expected = read_recording(data_dir, names).trade_ids[:MOST]
    async with watching(data_dir, kind, names) as (exchange, process):
        first = asyncio.create_task(exchange.watch_trades(symbol))
        await subscribed(process)
        process.play()
        await first
        while len(ids := trade_ids(exchange, symbol)) < len(expected):
            await exchange.watch_trades(symbol)
    assert ids[: len(expected)] == expected


@pytest.mark.parametrize(("kind", "symbol", "names"), [ON_SPOT, ON_USDM])
async def test_the_book_ends_as_that_of_rest(
    data_dir: Path, kind: str, symbol: str, names: Sequence[str]
) -> None:
    last = read_recording(data_dir, names).depth_updates[-1]
    async with watching(data_dir, kind, names) as (exchange, process):
        book = await exchange.watch_order_book(symbol, 1000)
        begin = book["nonce"]
        process.play()
        while book["nonce"] != last:
            await exchange.watch_order_book(symbol, 1000)
        final = await exchange.fetch_order_book(symbol, 100)
    assert begin < last
    for side in ("bids", "asks"):
        assert [list(level) for level in book[side][:100]] == final[side]


@asynccontextmanager
async def watching(
    data_dir: Path, kind: str, names: Sequence[str]
) -> AsyncIterator[tuple[Any, ExchangeProcess]]:
    """A client on a recording that is held."""
    with ExchangeProcess(*paths(data_dir, names), speed="max", hold=True) as process:
        rest, stream = process.rest, process.ready["stream"]
        async with asyncio.timeout(PLAY_SECONDS), client(rest, stream, kind) as exchange:
            yield exchange, process


async def subscribed(process: ExchangeProcess) -> None:
    """Until the exchange knows a subscription."""
    state = f"{process.ready['admin']}/state"
    while not (await asyncio.to_thread(call, state))["streams"]["subscriptions"]:
        pass


def trade_ids(exchange: Any, symbol: str) -> list[int]:
    return [int(trade["id"]) for trade in exchange.trades[symbol]]
