"""What happens to an order when its way is broken: over sockets, by REST and by the WebSocket API, on a whole venue.

Whatever a client is told, the order exists exactly when the plan says so, and the venue says the truth when it is
asked again.
"""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from tests.exchange.wire.fake_market import NOW

pytestmark = pytest.mark.anyio
SECONDS = 10
REST_ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "60000",
    "newClientOrderId": "mine",
}
BY_ID = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
LOST = {"status": 0}
"""What a client has when its connection was reset."""


class Trader:
    """One account with its key, on an exchange of BTCUSDT alone, whose clock stands."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        source = ScenarioSource(1, self.clock, listings=LISTINGS[:1])
        self.exchange = Exchange(source, clock=self.clock)

    async def open(self) -> None:
        host, _, port = self.exchange.rest_url.removeprefix("http://").partition(":")
        self._address = host, int(port)
        balances = {"USDT": "100000"}
        body = {"name": "alice", "balances": balances}
        opened = await self.ask("POST", "/__sim/accounts", json.dumps(body))
        self._key, self._secret = opened["api_key"], opened["api_secret"]

    def arm(self, **fault: object) -> None:
        self.exchange.faults.arm(read_plan(json.dumps({"faults": [fault]}).encode()))

    def sign(self, text: str) -> str:
        return hmac.digest(self._secret.encode(), text.encode(), "sha256").hex()

    async def ask(self, method: str, path: str, body: str = "", key: str = "") -> dict[str, Any]:
        """The answer's body with its ``status``; :data:`LOST` after a reset."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if key:
            head += f"X-MBX-APIKEY: {key}\r\n"
        reader, writer = await asyncio.open_connection(*self._address)
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        try:
            answer = await asyncio.wait_for(reader.read(), SECONDS)
        except ConnectionResetError:
            return LOST
        finally:
            writer.close()
        top, _, told = answer.partition(b"\r\n\r\n")
        found = json.loads(told)
        return {"status": int(top.split()[1])} | (
            {"rows": found} if isinstance(found, list) else found
        )

    async def rest(self, method: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        text = urlencode(params | {"timestamp": str(self.clock.now_ms())})
        target = f"/api/v3/{path}?{text}&signature={self.sign(text)}"
        return await self.ask(method, target, key=self._key)

    async def ws_api(self, method: str, params: dict[str, str]) -> dict[str, Any]:
        """The same by the WebSocket API, on a connection of its own."""
        params = params | {"apiKey": self._key, "timestamp": str(self.clock.now_ms())}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        request = {"id": 1, "method": method, "params": params | {"signature": self.sign(text)}}
        address = f"ws://{self._address[0]}:{self._address[1]}/ws-api/v3"
        async with connect(address) as socket:
            await socket.send(json.dumps(request))
            try:
                told = json.loads(await asyncio.wait_for(socket.recv(), SECONDS))
            except ConnectionClosed:
                return LOST
        return {"status": told["status"], **(told.get("error") or told.get("result"))}

    async def place(self, via: str) -> dict[str, Any]:
        if via == "rest":
            return await self.rest("POST", "order", REST_ORDER)
        return await self.ws_api("order.place", REST_ORDER)

    async def cancel(self, via: str) -> dict[str, Any]:
        if via == "rest":
            return await self.rest("DELETE", "order", BY_ID)
        return await self.ws_api("order.cancel", BY_ID)

    async def find(self) -> dict[str, Any]:
        return await self.rest("GET", "order", BY_ID)

    async def orders(self) -> list[dict[str, Any]]:
        found = await self.ask("GET", "/__sim/orders?account=alice")
        orders: list[dict[str, Any]] = found["orders"]
        return orders


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    made = Trader()
    async with made.exchange:
        await made.open()
        yield made


both_ways = pytest.mark.parametrize("via", ["rest", "ws_api"])


@both_ways
@pytest.mark.parametrize("executes", [True, False])
@pytest.mark.parametrize(
    ("then", "status", "code"),
    [("reset", 0, None), ("503", 503, -1001), ("-1006", 500, -1006), ("-1007", 408, -1007)],
)
async def test_an_order_exists_exactly_when_it_was_carried_out(
    trader: Trader, via: str, executes: bool, then: str, status: int, code: int | None
) -> None:
    trader.arm(kind="order", executes=executes, then=then, times=1)
    told = await trader.place(via)
    assert (told["status"], told.get("code")) == (status, code)
    assert len(await trader.orders()) == executes
    found = await trader.find()
    assert found.get("status" if executes else "code") == ("NEW" if executes else -2013)
    again = await trader.place(via)
    assert again.get("code") == (-2010 if executes else None)
    assert len(await trader.orders()) == 1


@both_ways
async def test_an_order_that_hangs_is_there_while_its_answer_is_not(
    trader: Trader, via: str
) -> None:
    trader.arm(kind="order", executes=True, then="hang", ms=5000, times=1)
    waiting = asyncio.create_task(trader.place(via))
    async with asyncio.timeout(SECONDS):
        while not await trader.orders():
            pass  # each look gives the order a turn
    assert not waiting.done()
    assert (await trader.find())["clientOrderId"] == "mine"
    while not waiting.done():
        await trader.clock.advance(500)
    assert await waiting == LOST


@both_ways
async def test_an_order_is_not_found_for_a_while(trader: Trader, via: str) -> None:
    trader.arm(kind="late_orders", ms=3000)
    assert (await trader.place(via))["status"] == "NEW"
    assert (await trader.find())["code"] == -2013
    assert (await trader.rest("GET", "openOrders", {}))["rows"] == []
    assert len(await trader.orders()) == 1
    await trader.clock.advance(3000)
    assert (await trader.find())["clientOrderId"] == "mine"
    assert len((await trader.rest("GET", "openOrders", {}))["rows"]) == 1


@both_ways
async def test_an_order_fills_before_its_cancellation_comes(trader: Trader, via: str) -> None:
    await trader.place(via)
    trader.arm(kind="fill_before_cancel", times=1)
    refused = await trader.cancel(via)
    assert refused["code"] == -2011
    (order,) = await trader.orders()
    assert (order["status"], order["executedQty"]) == ("FILLED", "0.01000000")
    assert [fill["price"] for fill in order["fills"]] == ["60000.00000000"]
    venue = trader.exchange.trading.venue
    venue.ledger.check()
    (uid,) = venue.accounts
    assert venue.ledger.balance(uid, "USDT").free == (100_000 - 600) * SCALE
    tape = trader.exchange.markets["spot"].recent_trades("BTCUSDT", 1)
    assert [(trade.price, trade.qty) for trade in tape] == [(60_000 * SCALE, SCALE // 100)]


async def test_one_way_may_be_broken_and_the_other_not(trader: Trader) -> None:
    trader.arm(kind="order", executes=False, then="-1006", via="rest")
    assert (await trader.place("rest"))["code"] == -1006
    assert (await trader.place("ws_api"))["status"] == "NEW"


async def test_what_fills_before_it_is_replaced_is_not_replaced(trader: Trader) -> None:
    await trader.place("rest")
    trader.arm(kind="fill_before_cancel")
    params = REST_ORDER | {"cancelOrigClientOrderId": "mine", "newClientOrderId": "other"}
    told = await trader.rest(
        "POST", "order/cancelReplace", params | {"cancelReplaceMode": "STOP_ON_FAILURE"}
    )
    assert (told["status"], told["code"]) == (400, -2022)
    assert told["data"]["cancelResult"] == "FAILURE"
    assert [order["status"] for order in await trader.orders()] == ["FILLED"]
