"""Accounts in the exchange as a whole: what they do is told on streams in its turn, and read at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import picows
import pytest

from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.fair import by_symbol
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.numbers import SCALE, show
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from tests.exchange.ws.sockets import Client, eventually

pytestmark = pytest.mark.anyio
SYMBOL = "BTCUSDT"
START_MS = 1_790_000_000_037


@asynccontextmanager
async def listening(streams: str) -> AsyncIterator[tuple[VirtualClock, Exchange, Client]]:
    """An exchange with one symbol, and a client of some of its streams."""
    clock, client = VirtualClock(START_MS), Client()
    source = ScenarioSource(2, clock, listings=[by_symbol(LISTINGS)[SYMBOL]])
    async with Exchange(source, clock=clock) as exchange:
        url = f"{exchange.ready_line()['stream']}/stream?streams={streams}"
        await picows.ws_connect(lambda: client, url, enable_auto_pong=False)
        exchange.trading.venue.open_account(Account(uid=1, name="a"))
        exchange.trading.venue.deposit(1, "USDT", 10**7 * SCALE, START_MS)
        try:
            yield clock, exchange, client
        finally:
            client.leave()
            await eventually(lambda: not exchange.streams.connections)


def buy(exchange: Exchange, qty: int) -> SpotOrder:
    asked = NewOrder(symbol=SYMBOL, side=Side.BUY, type=OrderType.MARKET, qty=qty)
    order = exchange.trading.venue.place(1, asked, exchange.market.now_ms())
    exchange.trading.flush()
    return order


async def frames_until(client: Client, stream: str, wanted: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < wanted:
        body = await client.next()
        if body["stream"] == stream:
            found.append(body["data"])
    return found


async def test_commission_in_bnb_of_an_asset_that_has_no_symbol_with_it() -> None:
    """There is no BNBBTC: one BNB costs what BNBUSDT and BTCUSDT say."""
    clock = VirtualClock(START_MS)
    listings = [by_symbol(LISTINGS)[symbol] for symbol in (SYMBOL, "BNBUSDT")]
    async with Exchange(ScenarioSource(2, clock, listings=listings), clock=clock) as exchange:
        venue = exchange.trading.venue
        venue.open_account(Account(uid=1, name="a", bnb_burn=True))
        for asset, amount in (("USDT", 10**7), ("BNB", 1)):
            venue.deposit(1, asset, amount * SCALE, START_MS)
        order = buy(exchange, SCALE // 100)
        assert {fill.commission_asset for fill in order.fills} == {"BNB"}
        assert venue.ledger.balance(1, "BTC").free == SCALE // 100


async def test_trades_and_levels_of_accounts_are_told_before_the_markets_next() -> None:
    trades, depth = f"{SYMBOL.lower()}@trade", f"{SYMBOL.lower()}@depth@100ms"
    async with listening(f"{trades}/{depth}") as (clock, exchange, client):
        await clock.advance(100)
        order = buy(exchange, 9 * SCALE)
        assert len(order.fills) > 1
        book = exchange.market.book(SYMBOL, 5)
        assert [it.id for it in exchange.market.recent_trades(SYMBOL, len(order.fills))] == [
            fill.id for fill in order.fills
        ]
        await clock.advance(1_000)
        told = await frames_until(client, depth, 8)
        assert all(later["U"] == it["u"] + 1 for it, later in pairwise(told))
        assert book.last_update_id in [it["u"] for it in told]


async def test_the_tape_on_streams_has_no_hole_where_accounts_traded() -> None:
    trades = f"{SYMBOL.lower()}@trade"
    async with listening(trades) as (clock, exchange, client):
        orders = []
        for _ in range(10):
            await clock.advance(150)
            orders.append(buy(exchange, SCALE // 2))
        await clock.advance(200)
        first = exchange.market.trades_from(SYMBOL, orders[0].fills[0].id, 1)[0].id
        last = orders[-1].fills[-1].id
        told: dict[int, dict[str, Any]] = {}
        while last not in told:
            body = await client.next()
            told[body["data"]["t"]] = body["data"]
        ids = [number for number in told if number >= first]
        assert ids == list(range(first, ids[-1] + 1))
        for fill in (fill for order in orders for fill in order.fills):
            assert (told[fill.id]["p"], told[fill.id]["q"]) == (show(fill.price), show(fill.qty))
