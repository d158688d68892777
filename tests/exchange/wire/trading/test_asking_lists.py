"""Order lists as their parameters ask for them, and what is no list."""

import pytest

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import ListKind, NewList, OrderType, TimeInForce
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.trading import asking_lists as lists
from tests.exchange.wire.trading.examples import SYMBOL, query

Params = dict[str, str]

LEGACY = {
    "symbol": SYMBOL, "side": "SELL", "quantity": "1", "price": "120", "stopPrice": "90",
    "stopLimitPrice": "89", "stopLimitTimeInForce": "GTC",
}  # fmt: skip
OCO = {
    "symbol": SYMBOL, "side": "SELL", "quantity": "1", "aboveType": "LIMIT_MAKER",
    "abovePrice": "120", "belowType": "STOP_LOSS_LIMIT", "belowPrice": "89",
    "belowStopPrice": "90", "belowTimeInForce": "GTC",
}  # fmt: skip
WORKING = {
    "symbol": SYMBOL, "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "99",
    "workingQuantity": "1", "workingTimeInForce": "GTC",
}  # fmt: skip
PENDING = {"pendingType": "MARKET", "pendingSide": "SELL"}
PAIR = {
    "pendingSide": "SELL", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "120",
    "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "90",
}  # fmt: skip
SIZE = {"pendingQuantity": "1"}
BUY_OCO = {
    "symbol": SYMBOL, "side": "BUY", "quantity": "1", "aboveType": "STOP_LOSS",
    "aboveStopPrice": "120", "belowType": "LIMIT_MAKER", "belowPrice": "80",
}  # fmt: skip

KINDS: dict[str, tuple[lists.Reader, tuple[str, ...], Params]] = {
    "legacy": (lists.legacy_oco, lists.LEGACY_PARAMS, LEGACY),
    "oco": (lists.oco, lists.OCO_PARAMS, OCO),
    "oto": (lists.oto, lists.OTO_PARAMS, WORKING | PENDING | SIZE),
    "otoco": (lists.otoco, lists.OTOCO_PARAMS, WORKING | PAIR | SIZE),
    "opo": (lists.opo, lists.OTO_PARAMS, WORKING | PENDING),
    "opoco": (lists.opoco, lists.OTOCO_PARAMS, WORKING | PAIR),
}


def ask(kind: str, params: Params) -> NewList:
    read, accepts, _ = KINDS[kind]
    asked = query(params, accepts)
    made = read(asked, SYMBOL)
    asked.finish()
    return made


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("legacy", ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]),
        ("oco", ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]),
        ("oto", ["LIMIT", "MARKET"]),
        ("otoco", ["LIMIT", "LIMIT_MAKER", "STOP_LOSS"]),
        ("opo", ["LIMIT", "MARKET"]),
        ("opoco", ["LIMIT", "LIMIT_MAKER", "STOP_LOSS"]),
    ],
)
def test_each_kind_asks_for_its_orders_in_their_places(kind: str, types: list[str]) -> None:
    made = ask(kind, KINDS[kind][2])
    assert [each.type for each in made.orders] == types
    sizes = {SCALE, 0} if kind.startswith("opo") else {SCALE}
    assert {each.qty for each in made.orders} == sizes
    expected = ListKind.OCO if kind == "legacy" else ListKind(kind.upper())
    assert (made.kind, made.symbol) == (expected, SYMBOL)


def test_each_order_of_a_list_has_parameters_of_its_own() -> None:
    made = ask(
        "otoco",
        KINDS["otoco"][2]
        | {
            "listClientOrderId": "whole",
            "workingClientOrderId": "first",
            "pendingAboveClientOrderId": "second",
            "pendingAboveIcebergQty": "0.5",
            "pendingBelowTrailingDelta": "50",
            "pendingBelowStrategyId": "9",
        },
    )
    first, second, third = made.orders
    assert [made.client_id, first.client_id, second.client_id, third.client_id] == [
        "whole",
        "first",
        "second",
        "",
    ]
    assert (second.iceberg_qty, third.trailing_delta, third.strategy_id) == (SCALE // 2, 50, 9)


def test_the_oldest_kind_stands_on_the_sides_of_its_prices() -> None:
    """A stop loss that buys stands above the market; without a limit price it is a market order."""
    params = {n: v for n, v in LEGACY.items() if not n.startswith("stopLimit")}
    above, below = ask("legacy", params | {"side": "BUY"}).orders
    assert (above.type, below.type) == (OrderType.STOP_LOSS, OrderType.LIMIT_MAKER)
    assert {above.side, below.side} == {Side.BUY}
    assert ask("legacy", LEGACY | {"stopLimitTimeInForce": "FOK"}).orders[1].tif is TimeInForce.FOK


def test_a_take_profit_may_stand_in_the_place_of_the_limit_order() -> None:
    params = {n: v for n, v in OCO.items() if n != "abovePrice"}
    made = ask("oco", params | {"aboveType": "TAKE_PROFIT", "aboveStopPrice": "120"})
    assert made.orders[0].type is OrderType.TAKE_PROFIT


REFUSED: list[tuple[str, Params, int, str]] = [
    ("legacy", {"stopPrice": ""}, -1105, "Parameter 'stopPrice' was empty."),
    ("legacy", {"stopLimitTimeInForce": ""}, -1105, "Parameter 'stopLimitTimeInForce' was empty."),
    ("oco", {"aboveType": "LIMIT"}, -1158, "Order type not supported in OCO."),
    ("oco", {"belowType": "MARKET"}, -1158, "Order type not supported in OCO."),
    ("oco", {"aboveType": "STOP"}, -1116, "Invalid orderType."),
    ("oco", {"belowType": "LIMIT_MAKER"}, -1168, "At least one OCO order must be contingent."),
    ("oco", {"aboveType": "STOP_LOSS", "belowType": "LIMIT_MAKER"}, -1197, "A stop loss order in a sell OCO"),
    ("oco", {"aboveType": "STOP_LOSS"}, -1197, "A stop loss order in a sell OCO must be below."),
    ("oco", {"belowType": "TAKE_PROFIT"}, -1199, "A take profit order in a sell OCO must be above."),
    ("oco", {"aboveType": "TAKE_PROFIT", "belowType": "LIMIT_MAKER"}, -1166, "in a sell OCO must be above."),
    ("buy", {"aboveType": "LIMIT_MAKER", "belowType": "TAKE_PROFIT"}, -1165, "limit order in a buy OCO must be below."),
    ("buy", {"belowType": "STOP_LOSS"}, -1196, "A stop loss order in a buy OCO must be above."),
    ("buy", {"aboveType": "TAKE_PROFIT"}, -1198, "A take profit order in a buy OCO must be below."),
    ("oco", {"belowTimeInForce": "IOC", "belowIcebergQty": "1"}, -1160, "if belowTimeInForce is not GTC."),
    ("oco", {"aboveStopPrice": "1"}, -1106, "Parameter 'aboveStopPrice' sent when not required."),
    ("oto", {"workingType": "MARKET"}, -1116, "Invalid orderType."),
    ("oto", {"pendingType": "LIMIT", "pendingTimeInForce": "GTC"}, -1102, "'pendingPrice' was not sent"),
    ("otoco", {"pendingBelowType": "LIMIT_MAKER"}, -1168, "At least one OCO order must be contingent."),
    ("opo", {"workingSide": "SELL"}, -1222, "Working order in an OPO list must be a bid."),
    ("opo", {"pendingSide": "BUY"}, -1223, "Pending orders in an OPO list must be asks."),
    ("opo", {"pendingQuantity": "1"}, -1225, "Pending orders should not include the 'pendingQuantity' tag."),
    ("opoco", {"pendingQuantity": "1"}, -1225, "Pending orders should not include the 'pendingQuantity' tag."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "code", "words"), REFUSED)
def test_what_is_no_list_is_refused_in_the_venues_words(
    kind: str, change: Params, code: int, words: str
) -> None:
    base = BUY_OCO if kind == "buy" else KINDS[kind][2]
    with pytest.raises(VenueError) as caught:
        ask("oco" if kind == "buy" else kind, base | change)
    assert caught.value.code == code
    assert words in caught.value.message


@pytest.mark.parametrize("kind", ["oto", "otoco"])
def test_a_pending_order_needs_a_quantity_unless_the_proceeds_are_it(kind: str) -> None:
    params = {name: it for name, it in KINDS[kind][2].items() if name != "pendingQuantity"}
    with pytest.raises(VenueError, match="pendingQuantity"):
        ask(kind, params)
