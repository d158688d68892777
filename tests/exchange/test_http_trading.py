"""Orders of an account from their placing to their end, over HTTP, on the engine; Binance's SDK reads every answer."""

from typing import Any
from urllib.parse import urlencode

import pytest

from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.user_events import user_event
from tests.exchange.signing import Desk, signer
from tests.exchange.wire.fake_market import CHINESE, NOW, FakeMarket
from tests.exchange.wire.trading.examples import LIMIT
from tests.exchange.wire.trading.schemas import read

pytestmark = pytest.mark.anyio
BTC = {"symbol": "BTCUSDT"}
MARKET = BTC | {"side": "BUY", "type": "MARKET"}
OCO = BTC | {
    "side": "SELL", "quantity": "1", "aboveType": "LIMIT_MAKER", "abovePrice": "120",
    "belowType": "STOP_LOSS_LIMIT", "belowPrice": "89", "belowStopPrice": "90",
    "belowTimeInForce": "GTC",
}  # fmt: skip
WORKING = BTC | {
    "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "99", "workingQuantity": "1",
    "workingTimeInForce": "GTC",
}  # fmt: skip


class Trader(Desk):
    """10 BTC and 10,000 USDT; others bid 5 BTC at 100 and offer 5 each at 101 and at 102."""

    def __init__(self) -> None:
        super().__init__(venue=Venue(FakeMarket().rules))
        self.venue.open_account(self.account)
        for asset, amount in (("BTC", 10), ("USDT", 10_000)):
            self.venue.deposit(self.account.uid, asset, amount * SCALE, NOW)
        book = self.venue.book("BTCUSDT")
        for number, side, price in ((1, Side.BUY, 100), (2, Side.SELL, 101), (3, Side.SELL, 102)):
            book.limit(Order(number, side, price * SCALE, 5 * SCALE))
        self.venue.traded("BTCUSDT", 100 * SCALE, NOW)

    async def do(self, method: str, path: str, model: str, params: dict[str, str]) -> Any:
        """The answer, which the SDK's *model* takes."""
        reply = await self.send(method, path, params)
        assert reply.status == 200, reply.json()
        if model:
            read(model, reply.json())
        return reply.json()

    async def order(self, **changes: str) -> Any:
        return await self.do("POST", "order", "NewOrderResponse", LIMIT | changes)


@pytest.fixture
def trader() -> Trader:
    return Trader()


async def test_place_read_amend_cancel(trader: Trader) -> None:
    placed = await trader.order(newClientOrderId="mine")
    named = BTC | {"origClientOrderId": "mine"}
    found = await trader.do("GET", "order", "GetOrderResponse", named)
    assert (found["orderId"], found["isWorking"]) == (placed["orderId"], True)
    less = await trader.do(
        "PUT", "order/amend/keepPriority", "OrderAmendKeepPriorityResponse",
        named | {"newQty": "1", "newClientOrderId": "less"},
    )  # fmt: skip
    assert (less["amendedOrder"]["qty"], less["amendedOrder"]["clientOrderId"]) == (
        "1.00000000",
        "less",
    )
    number = {"orderId": str(placed["orderId"])}
    (change,) = await trader.do("GET", "order/amendments", "OrderAmendmentsResponse", BTC | number)
    assert (change["origQty"], change["newQty"]) == ("1.50000000", "1.00000000")
    gone = await trader.do("DELETE", "order", "DeleteOrderResponse", BTC | number)
    assert (gone["origClientOrderId"], gone["status"]) == ("less", "CANCELED")
    for name in ("less", gone["clientOrderId"]):
        found = await trader.do(
            "GET", "order", "GetOrderResponse", BTC | {"origClientOrderId": name}
        )
        assert (found["orderId"], found["status"]) == (placed["orderId"], "CANCELED")
    again = await trader.send("DELETE", "order", BTC | number)
    assert again.json() == {"code": -2011, "msg": "Unknown order sent."}
    both = await trader.send("GET", "order", BTC | number | {"origClientOrderId": "other"})
    assert both.json()["code"] == -2039
    assert await trader.do("GET", "openOrders", "GetOpenOrdersResponse", BTC) == []
    rows = await trader.do("GET", "allOrders", "AllOrdersResponse", BTC)
    assert [row["status"] for row in rows] == ["CANCELED"]


async def test_a_market_order_walks_the_book_and_pays_its_commission(trader: Trader) -> None:
    body = await trader.do("POST", "order", "NewOrderResponse", MARKET | {"quantity": "6"})
    assert body["status"] == "FILLED"
    assert [(each["price"], each["qty"]) for each in body["fills"]] == [
        ("101.00000000", "5.00000000"),
        ("102.00000000", "1.00000000"),
    ]
    assert body["cummulativeQuoteQty"] == "607.00000000"
    trades = await trader.do("GET", "myTrades", "MyTradesResponse", BTC)
    assert [row["commission"] for row in trades] == ["0.00500000", "0.00100000"]
    account = await trader.do("GET", "account", "GetAccountResponse", {})
    assert account["balances"] == [
        {"asset": "BTC", "free": "15.99400000", "locked": "0.00000000"},
        {"asset": "USDT", "free": "9393.00000000", "locked": "0.00000000"},
    ]


async def test_what_is_spent_may_be_asked_for_in_the_quote_asset(trader: Trader) -> None:
    body = await trader.do("POST", "order", "NewOrderResponse", MARKET | {"quoteOrderQty": "202"})
    assert (body["executedQty"], body["origQuoteOrderQty"]) == ("2.00000000", "202.00000000")


async def test_an_account_does_not_trade_with_itself(trader: Trader) -> None:
    placed = await trader.order(price="100.5")
    own = await trader.do(
        "POST", "order", "NewOrderResponse",
        MARKET | {"side": "SELL", "quantity": "1", "selfTradePreventionMode": "EXPIRE_TAKER"},
    )  # fmt: skip
    assert own["status"] == "EXPIRED_IN_MATCH"
    assert own["preventedQuantity"] == "1.00000000"
    number = {"orderId": str(own["orderId"])}
    (match,) = await trader.do("GET", "myPreventedMatches", "", BTC | number)
    assert (match["makerOrderId"], match["takerOrderId"]) == (placed["orderId"], own["orderId"])
    still = await trader.do("GET", "order", "", BTC | {"orderId": str(placed["orderId"])})
    assert still["status"] == "NEW"


async def test_the_whole_list_goes_with_one_of_its_orders(trader: Trader) -> None:
    made = await trader.do("POST", "orderList/oco", "OrderListOcoResponse", OCO)
    types = [each["type"] for each in made["orderReports"]]
    assert types == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    found = await trader.do(
        "GET", "orderList", "GetOrderListResponse", {"orderListId": str(made["orderListId"])}
    )
    assert found["orders"] == made["orders"]
    assert len(await trader.do("GET", "openOrderList", "OpenOrderListResponse", {})) == 1
    first = {"orderId": str(made["orders"][0]["orderId"]), "newClientOrderId": "bye"}
    gone = await trader.do("DELETE", "order", "DeleteOrderListResponse", BTC | first)
    assert gone["listStatusType"] == "ALL_DONE"
    before = [each["clientOrderId"] for each in made["orders"]]
    assert [each["origClientOrderId"] for each in gone["orderReports"]] == before
    assert await trader.do("GET", "openOrderList", "OpenOrderListResponse", {}) == []
    assert len(await trader.do("GET", "allOrderList", "AllOrderListResponse", {})) == 1


async def test_cancelling_a_list_and_everything(trader: Trader) -> None:
    made = await trader.do("POST", "orderList/oco", "OrderListOcoResponse", OCO)
    number = BTC | {"orderListId": str(made["orderListId"])}
    await trader.do("DELETE", "orderList", "DeleteOrderListResponse", number)
    await trader.do("POST", "orderList/oco", "OrderListOcoResponse", OCO)
    await trader.order()
    rows = await trader.do("DELETE", "openOrders", "DeleteOpenOrdersResponse", BTC)
    assert sorted("orderReports" in row for row in rows) == [False, True]
    refused = await trader.send("DELETE", "openOrders", BTC)
    assert refused.json() == {"code": -2011, "msg": "Unknown order sent."}


@pytest.mark.parametrize(
    ("path", "model", "pending"),
    [
        ("oto", "OrderListOtoResponse", {"pendingType": "MARKET", "pendingQuantity": "1"}),
        (
            "otoco",
            "OrderListOtocoResponse",
            {
                "pendingQuantity": "1", "pendingAboveType": "LIMIT_MAKER",
                "pendingAbovePrice": "120", "pendingBelowType": "STOP_LOSS",
                "pendingBelowStopPrice": "90",
            },
        ),
        ("opo", "OrderListOpoResponse", {"pendingType": "MARKET"}),
        (
            "opoco",
            "OrderListOpocoResponse",
            {
                "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "120",
                "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "90",
            },
        ),
    ],
)  # fmt: skip
async def test_pending_orders_wait_for_the_working_one(
    trader: Trader, path: str, model: str, pending: dict[str, str]
) -> None:
    params = WORKING | pending | {"pendingSide": "SELL"}
    made = await trader.do("POST", f"orderList/{path}", model, params)
    first, *others = made["orderReports"]
    assert (first["status"], {each["status"] for each in others}) == ("NEW", {"PENDING_NEW"})
    assert {"origQty" in each for each in others} == {not path.startswith("opo")}
    assert made["contingencyType"] == "OTO"


async def test_the_oldest_kind_of_list(trader: Trader) -> None:
    params = BTC | {
        "side": "SELL", "quantity": "1", "price": "120", "stopPrice": "90",
        "stopLimitPrice": "89", "stopLimitTimeInForce": "GTC",
    }  # fmt: skip
    made = await trader.do("POST", "order/oco", "OrderOcoResponse", params)
    assert made["orderReports"][0]["fills"] == []


async def test_a_replacement_may_use_what_the_old_order_held(trader: Trader) -> None:
    placed = await trader.order(quantity="100")
    params = LIMIT | {
        "quantity": "101",
        "price": "98",
        "cancelReplaceMode": "STOP_ON_FAILURE",
        "cancelOrderId": str(placed["orderId"]),
    }
    body = await trader.do("POST", "order/cancelReplace", "OrderCancelReplaceResponse", params)
    assert body["cancelResponse"]["status"] == "CANCELED"
    assert body["newOrderResponse"]["status"] == "NEW"


async def test_a_trailing_order_is_told_as_it_is_answered(trader: Trader) -> None:
    told: list[Any] = []
    trader.venue.listeners.append(lambda event: told.append(user_event(event, 1)))
    trailing = BTC | {"side": "SELL", "quantity": "1", "trailingDelta": "100"}
    placed = await trader.do(
        "POST", "order", "NewOrderResponse",
        trailing | {"type": "STOP_LOSS", "newOrderRespType": "RESULT"},
    )  # fmt: skip
    assert (placed["stopPrice"], placed["trailingTime"]) == ("99.00000000", NOW)
    assert (told[0]["P"], told[0]["D"]) == ("99.00000000", NOW)
    pair = await trader.do("POST", "order/oco", "OrderOcoResponse", trailing | {"price": "120"})
    stop = pair["orderReports"][1]
    report = next(each for each in told if each.get("i") == stop["orderId"])
    assert (report["P"], report["D"]) == (stop["stopPrice"], stop["trailingTime"])


async def test_a_list_is_found_by_either_id_and_says_when_it_ended(trader: Trader) -> None:
    """web-socket-api.md "Query Order list", read 2026-11-24: with both, the client id counts."""
    await trader.do("POST", "orderList/oco", "OrderListOcoResponse", OCO)
    trader.venue.cancel_list(trader.account.uid, "BTCUSDT", NOW + 5, list_id=1)
    placed = await trader.do(
        "POST", "orderList/oco", "OrderListOcoResponse", OCO | {"listClientOrderId": "mine"}
    )
    both = {"orderListId": "1", "origClientOrderId": "mine"}
    found = await trader.do("GET", "orderList", "GetOrderListResponse", both)
    assert found["orderListId"] == placed["orderListId"] == 2
    first = await trader.do("GET", "orderList", "GetOrderListResponse", {"orderListId": "1"})
    assert (first["listStatusType"], first["transactionTime"]) == ("ALL_DONE", NOW + 5)


async def test_a_taker_is_told_of_the_trades_with_itself_that_were_prevented(
    trader: Trader,
) -> None:
    """faqs/stp_faq.md, scenario B, read 2026-11-24."""
    await trader.order(price="100.5")
    params = LIMIT | {"side": "SELL", "price": "100.4"}
    body = await trader.do("POST", "order", "NewOrderResponse", params)
    assert [each["makerOrderId"] for each in body["preventedMatches"]] == [1]
    again = await trader.do("POST", "order", "NewOrderResponse", params)
    assert "preventedMatches" not in again


async def test_smart_order_routing_trades_on_the_one_book(trader: Trader) -> None:
    params = BTC | {"side": "BUY", "type": "MARKET", "quantity": "1"}
    body = await trader.do("POST", "sor/order", "SorOrderResponse", params)
    assert (body["usedSor"], body["workingFloor"], body["status"]) == (True, "EXCHANGE", "FILLED")
    assert body["fills"][0]["tradeId"] > 0
    found = await trader.do("GET", "order", "", BTC | {"orderId": str(body["orderId"])})
    assert found["usedSor"] is True


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"quantity": "0.000001"}, (-1013, "Filter failure: LOT_SIZE")),
        ({"price": "99.001"}, (-1013, "Filter failure: PRICE_FILTER")),
        ({"quantity": "0.00001"}, (-1013, "Filter failure: NOTIONAL")),
        ({"quantity": "200"}, (-2010, "Account has insufficient balance for requested action.")),
        (
            {"type": "LIMIT_MAKER", "price": "101", "timeInForce": ""},
            (-1105, "Parameter 'timeInForce' was empty."),
        ),
    ],
)
async def test_refusals(trader: Trader, changes: dict[str, str], answer: tuple[int, str]) -> None:
    reply = await trader.send("POST", "order", LIMIT | changes)
    assert (reply.status, *reply.json().values()) == (400, *answer)
    assert await trader.do("GET", "openOrders", "", {}) == []


async def test_an_amendment_weighs_something_unless_it_ends_the_order(trader: Trader) -> None:
    """CHANGELOG.md 2026-04-02, read 2026-11-24."""
    placed = await trader.order(quantity="6", price="101")
    assert placed["executedQty"] == "5.00000000"
    named = BTC | {"orderId": str(placed["orderId"])}
    path, model = "order/amend/keepPriority", "OrderAmendKeepPriorityResponse"
    await trader.do("PUT", path, model, named | {"newQty": "5.5"})
    assert trader.rest.usage().weight == 4
    body = await trader.do("PUT", path, model, named | {"newQty": "5"})
    assert (body["amendedOrder"]["status"], trader.rest.usage().weight) == ("EXPIRED", 4)


async def test_a_symbol_that_is_not_ascii_is_signed_encoded(trader: Trader) -> None:
    """rest-api.md "HMAC Keys", read 2026-11-24: encode, then sign."""
    params = {"symbol": CHINESE}
    assert await trader.do("GET", "openOrders", "", params) == []
    raw = f"symbol={CHINESE}&timestamp={NOW}"
    signature = signer(trader.issued)(raw.encode())
    encoded = urlencode({"symbol": CHINESE, "timestamp": NOW})
    refused = await trader.raw("GET", f"openOrders?{encoded}&signature={signature}")
    assert refused.json()["code"] == -1022
