"""ccxt.pro, unchanged but for its addresses, trades by the WebSocket API and watches its orders."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.streaming import SOON, no_task_left
from tests.clients.test_ccxt import moved
from tests.clients.trading import (
    KEY_TYPES,
    PAIR,
    QUANTITY,
    Owner,
    open_account,
    orders_of,
    resting_price,
)

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]


@asynccontextmanager
async def trader(place: Place, owner: Owner) -> AsyncIterator[Any]:
    pro = pytest.importorskip("ccxt.pro", exc_type=ImportError)
    async with asyncio.timeout(3 * SOON), no_task_left():
        exchange = pro.binance({"apiKey": owner.api_key, "secret": owner.secret})
        exchange.urls["api"] = moved(exchange.urls["api"], place.rest)
        exchange.urls["api"]["ws"]["spot"] = f"{place.stream}/ws"
        exchange.urls["api"]["ws"]["ws-api"]["spot"] = place.ws_api
        try:
            await exchange.load_markets()
            yield exchange
        finally:
            await exchange.close()


@pytest.mark.parametrize("key_type", KEY_TYPES)
async def test_orders_are_watched_from_placing_to_cancelling(
    scenario: Place, key_type: str
) -> None:
    owner = open_account(scenario, key_type)
    price = float(resting_price(scenario))
    async with trader(scenario, owner) as exchange:
        (watch,) = await begun(exchange, exchange.watch_orders(PAIR))
        placed = await exchange.create_order_ws(PAIR, "limit", "buy", float(QUANTITY), price)
        (seen,) = await watch
        assert (seen["id"], seen["status"], seen["price"]) == (placed["id"], "open", price)
        assert (await exchange.fetch_open_orders_ws(PAIR))[0]["id"] == placed["id"]
        (watch,) = await begun(exchange, exchange.watch_orders(PAIR))
        await exchange.cancel_order_ws(placed["id"], PAIR)
        assert (await watch)[-1]["status"] == "canceled"
    assert [it["status"] for it in orders_of(scenario, owner)] == ["CANCELED"]


async def begun(exchange: Any, *watches: Any) -> list[asyncio.Task[Any]]:
    """Watches that will not miss what happens from now on."""
    await exchange.authenticate({"type": "spot"})
    tasks = [asyncio.create_task(watch) for watch in watches]
    await asyncio.sleep(0)
    return tasks


async def test_what_fills_is_watched_as_orders_trades_and_balance(scenario: Place) -> None:
    owner = open_account(scenario)
    async with trader(scenario, owner) as exchange:
        watched = await begun(
            exchange,
            exchange.watch_orders(PAIR),
            exchange.watch_my_trades(PAIR),
            exchange.watch_balance(),
        )
        bought = await exchange.create_order_ws(PAIR, "market", "buy", float(QUANTITY))
        assert (bought["status"], bought["filled"]) == ("closed", float(QUANTITY))
        orders, trades, balance = await asyncio.gather(*watched)
        assert trades[0]["order"] == bought["id"]
        while orders[-1]["status"] != "closed":
            orders = await exchange.watch_orders(PAIR)
        assert (orders[-1]["id"], orders[-1]["filled"]) == (bought["id"], float(QUANTITY))
        assert balance["BTC"]["free"] == (await exchange.fetch_balance())["BTC"]["free"] > 5
        read = await exchange.fetch_my_trades_ws(PAIR)
        assert sum(trade["amount"] for trade in read) == pytest.approx(float(QUANTITY))


async def test_one_changed_byte_is_refused(scenario: Place) -> None:
    owner = open_account(scenario)
    async with trader(scenario, owner) as exchange:
        exchange.secret = exchange.secret[:-1] + ("a" if exchange.secret[-1] != "a" else "b")
        with pytest.raises(Exception, match="-1022"):
            await exchange.create_order_ws(PAIR, "market", "buy", float(QUANTITY))
    assert orders_of(scenario, owner) == []
