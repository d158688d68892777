"""python-binance, unchanged but for its addresses, trades by the WebSocket API and hears of it on its user socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.streaming import SOON, no_task_left
from tests.clients.test_streams_python_binance import library
from tests.clients.trading import (
    KEY_TYPES,
    QUANTITY,
    SYMBOL,
    Owner,
    open_account,
    orders_of,
    resting_price,
    wait_until_it_stands_still,
)

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


@asynccontextmanager
async def trader(place: Place, owner: Owner) -> AsyncIterator[Any]:
    module = library()

    class Client(module.AsyncClient):  # type: ignore[name-defined,misc]
        API_URL = f"{place.rest}/api"
        WS_API_URL = place.ws_api

    private = {"private_key": owner.private_key} if owner.private_key else {}
    async with asyncio.timeout(2 * SOON), no_task_left():
        client = await Client.create(owner.api_key, owner.api_secret, **private)
        client.ws_api.TIMEOUT = 1  # by default it waits 10 s for one message more when it is closed
        try:
            yield client
        finally:
            await client.close_connection()


@pytest.mark.parametrize("key_type", KEY_TYPES)
async def test_an_order_is_placed_read_back_and_cancelled(place: Place, key_type: str) -> None:
    wait_until_it_stands_still(place)
    owner = open_account(place, key_type)
    async with trader(place, owner) as client:
        placed = await client.ws_create_order(
            **LIMIT, quantity=QUANTITY, price=resting_price(place), newClientOrderId="mine"
        )
        found = await client.ws_get_order(symbol=SYMBOL, origClientOrderId="mine")
        assert (found["orderId"], found["status"]) == (placed["orderId"], "NEW")
        assert len(await client.ws_get_open_orders(symbol=SYMBOL)) == 1
        gone = await client.ws_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])
        assert gone["status"] == "CANCELED"
        assert await client.ws_get_open_orders(symbol=SYMBOL) == []
    assert [it["status"] for it in orders_of(place, owner)] == ["CANCELED"]


@pytest.mark.parametrize("key_type", KEY_TYPES)
async def test_one_changed_byte_is_refused(scenario: Place, key_type: str) -> None:
    owner = open_account(scenario, key_type)
    async with trader(scenario, owner) as client:
        params = client._sign_ws_params(
            {**LIMIT, "quantity": QUANTITY, "price": resting_price(scenario)},
            client._generate_ws_api_signature,
        )
        params["quantity"] = "0.02"
        payload = {"id": "1", "method": "order.place", "params": params}
        with pytest.raises(library().exceptions.BinanceAPIException) as caught:
            await client.ws_api.request("1", payload)
    assert caught.value.code == -1022
    assert orders_of(scenario, owner) == []


@pytest.mark.parametrize("key_type", KEY_TYPES)
async def test_what_fills_is_told_on_the_user_socket(scenario: Place, key_type: str) -> None:
    owner = open_account(scenario, key_type)
    async with trader(scenario, owner) as client:
        socket = library().BinanceSocketManager(client).user_socket()
        async with socket as events:
            bought = await client.ws_order_market_buy(symbol=SYMBOL, quantity=QUANTITY)
            told = [await events.recv()]
            while told[-1]["e"] != "outboundAccountPosition":
                told.append(await events.recv())
        fills = [it for it in told if it.get("x") == "TRADE"]
        assert {it["t"] for it in fills} == {it["tradeId"] for it in bought["fills"]}
        assert fills[-1]["X"] == bought["status"] == "FILLED"
        balances = {it["a"]: it["f"] for it in told[-1]["B"]}
        account = await client.ws_get_account(omitZeroBalances="true")
        read = {it["asset"]: it["free"] for it in account["balances"]}
        assert {asset: read[asset] for asset in balances} == balances
        trades = await client.ws_get_my_trades(symbol=SYMBOL)
        assert [it["orderId"] for it in trades] == [bought["orderId"]] * len(fills)


async def test_market_data(scenario: Place) -> None:
    async with trader(scenario, open_account(scenario)) as client:
        assert await client.ws_ping() == {}
        assert (await client.ws_get_order_book(symbol=SYMBOL, limit=5))["lastUpdateId"] > 0
        assert len(await client.ws_get_klines(symbol=SYMBOL, interval="1m", limit=3)) == 3
        assert (await client.ws_get_symbol_ticker(symbol=SYMBOL))["symbol"] == SYMBOL
        assert (await client.ws_get_exchange_info(symbol=SYMBOL))["symbols"][0]["symbol"] == SYMBOL
