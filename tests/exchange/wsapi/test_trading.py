"""Accounts that trade by the WebSocket API, and what they are told; Binance's own models read every frame."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from binance_mcp_server.exchange.accounts.keys import Issued
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.wire.fake_market import FakeMarket
from tests.exchange.wsapi.world import Client, World, client, served

pytestmark = pytest.mark.anyio
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
SELL = BUY | {"side": "SELL"}


class Scene(NamedTuple):
    """Two accounts, each with a socket that hears of it: one has USDT, the other BTC too."""

    world: World
    buyer: Client
    buys: Issued
    seller: Client
    sells: Issued


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    world = World(venue=Venue(FakeMarket().rules))
    async with served(world), client(world) as buyer, client(world) as seller:
        buys, sells = world.issue(1), world.issue(2)
        world.venue.ledger.deposit(2, "BTC", 5 * SCALE)
        for its, key in ((buyer, buys), (seller, sells)):
            await its.signed(key, "userDataStream.subscribe.signature")
        yield Scene(world, buyer, buys, seller, sells)


def brief(frame: dict[str, Any]) -> tuple[object, ...]:
    """What an event is about, as modelled by Binance's SDK where it is installed."""
    event = frame["event"]
    _read_by_the_sdk(event)
    match event["e"]:
        case "executionReport":
            return event["x"], event["X"], event["z"], event["w"]
        case "outboundAccountPosition":
            return tuple((it["a"], it["f"], it["l"]) for it in event["B"])
        case "listStatus":
            return event["l"], event["L"], len(event["O"])
        case kind:
            return (kind,)


def _read_by_the_sdk(event: dict[str, Any]) -> None:
    try:
        from binance_sdk_spot.websocket_api import models
    except ImportError:
        return
    name = event["e"][0].upper() + event["e"][1:]
    model = getattr(models, name).from_dict(event)
    assert model.additional_properties in ({}, {"e": event["e"]})


async def told(its: Client, count: int) -> list[tuple[object, ...]]:
    return [brief(await its.event()) for _ in range(count)]


async def test_two_accounts_trade() -> None:
    async with scene() as at:
        bid = await at.buyer.signed(at.buys, "order.place", **BUY, quantity="2", price="100")
        assert bid["result"]["status"] == "NEW"
        assert await told(at.buyer, 2) == [
            ("NEW", "NEW", "0.00000000", True),
            (("BTC", "0.00000000", "0.00000000"), ("USDT", "800.00000000", "200.00000000")),
        ]
        ask = await at.seller.signed(at.sells, "order.place", **SELL, quantity="0.5", price="99")
        fills = ask["result"]["fills"]
        assert [(it["price"], it["qty"]) for it in fills] == [("100.00000000", "0.50000000")]
        (report,) = [it for it in await told(at.buyer, 2) if it[0] == "TRADE"]
        assert report == ("TRADE", "PARTIALLY_FILLED", "0.50000000", True)
        kinds = [it[:2] for it in await told(at.seller, 3)]
        assert kinds[:2] == [("NEW", "NEW"), ("TRADE", "FILLED")]
        found = await at.seller.signed(at.sells, "myTrades", symbol="BTCUSDT")
        assert (found["result"][0]["qty"], found["result"][0]["isMaker"]) == ("0.50000000", False)
        gone = await at.buyer.signed(
            at.buys, "order.cancel", symbol="BTCUSDT", orderId=bid["result"]["orderId"]
        )
        assert gone["result"]["executedQty"] == "0.50000000"
        assert (await told(at.buyer, 1))[0][:2] == ("CANCELED", "CANCELED")


async def test_an_order_that_is_amended_is_replaced() -> None:
    async with scene() as at:
        bid = await at.buyer.signed(at.buys, "order.place", **BUY, quantity="2", price="100")
        await told(at.buyer, 2)
        reply = await at.buyer.signed(
            at.buys, "order.amend.keepPriority", symbol="BTCUSDT",
            orderId=bid["result"]["orderId"], newQty="1.5", newClientOrderId="less",
        )  # fmt: skip
        assert reply["result"]["amendedOrder"]["qty"] == "1.50000000"
        report = (await at.buyer.event())["event"]
        assert (report["x"], report["c"], report["q"]) == ("REPLACED", "less", "1.50000000")
        assert report["C"] == bid["result"]["clientOrderId"]


async def test_a_list_is_told_with_its_orders() -> None:
    async with scene() as at:
        reply = await at.seller.signed(
            at.sells, "orderList.place.oco", symbol="BTCUSDT", side="SELL", quantity="1",
            aboveType="LIMIT_MAKER", abovePrice="120", belowType="STOP_LOSS", belowStopPrice="80",
        )  # fmt: skip
        assert reply["status"] == 200, reply
        events = await told(at.seller, 4)
        assert ("EXEC_STARTED", "EXECUTING", 2) in events
        await at.seller.signed(
            at.sells, "orderList.cancel", symbol="BTCUSDT",
            orderListId=reply["result"]["orderListId"],
        )  # fmt: skip
        events = await told(at.seller, 4)
        assert ("ALL_DONE", "ALL_DONE", 2) in events
        assert sum(it[0] == "CANCELED" for it in events) == 2


async def test_an_account_does_not_trade_with_itself() -> None:
    async with scene() as at:
        stp = {"selfTradePreventionMode": "EXPIRE_TAKER"}
        await at.seller.signed(at.sells, "order.place", **SELL, quantity="1", price="100")
        await told(at.seller, 2)
        await at.seller.signed(at.sells, "order.place", **BUY, quantity="1", price="100", **stp)
        events = await told(at.seller, 2)
        assert [it[0] for it in events] == ["NEW", "TRADE_PREVENTION"]


async def test_a_deposit_is_told() -> None:
    async with scene() as at:
        assert at.world.whole is not None
        at.world.whole.deposit(1, "BTC", SCALE, at.world.market.now_ms())
        assert await told(at.buyer, 2) == [
            ("balanceUpdate",),
            (("BTC", "1.00000000", "0.00000000"),),
        ]


async def test_a_replaced_order_half_failed() -> None:
    async with scene() as at:
        reply = await at.buyer.signed(
            at.buys, "order.cancelReplace", **BUY, quantity="1", price="100",
            cancelReplaceMode="ALLOW_FAILURE", cancelOrderId=7,
        )  # fmt: skip
        assert (reply["status"], reply["error"]["code"]) == (409, -2021)
        assert reply["error"]["data"]["newOrderResult"] == "SUCCESS"


async def test_with_times_the_first_id_is_ignored() -> None:
    """web-socket-api.md "Account order history" and "Account order list history", read 2026-11-24."""
    async with scene() as at:
        await at.seller.signed(at.sells, "order.place", **SELL, quantity="0.5", price="110")
        for method, first in (("allOrders", "orderId"), ("allOrderLists", "fromId")):
            symbol = {"symbol": "BTCUSDT"} if method == "allOrders" else {}
            named = {**symbol, first: "9", "startTime": "1"}
            reply = await at.seller.signed(at.sells, method, **named)
            assert (method, reply["status"], len(reply["result"])) == (method, 200, len(symbol))


async def test_smart_order_routing_answers_with_a_list() -> None:
    """web-socket-api.md "Place new order using SOR", read 2026-11-24; on REST the same order is the body."""
    async with scene() as at:
        reply = await at.seller.signed(
            at.sells, "sor.order.place", **SELL, quantity="0.5", price="110"
        )
        assert [(it["status"], it["usedSor"]) for it in reply["result"]] == [("NEW", True)]
