"""Events of user data, against the payloads that the documents print (user-data-stream.md, read 2026-11-24)."""

from dataclasses import replace

import msgspec
import pytest

from binance_mcp_server.exchange.engine.events import (
    BalanceUpdate,
    ExecType,
    Execution,
    ListChange,
    Position,
    Printed,
)
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import (
    Expiry,
    Fill,
    ListKind,
    NewOrder,
    OrderList,
    OrderType,
    Peg,
    SpotOrder,
    Status,
    Stp,
)
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.wire.user_events import stream_terminated, user_event

TIME = 1499405658657
REPORT = """
{"e":"executionReport","E":1499405658657,"s":"ETHBTC","c":"mUvoqJxFIILMdfAW5iGSOW","S":"BUY","o":"LIMIT","f":"GTC",
"q":"1.00000000","p":"0.10264410","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE",
"i":4293153,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1499405658657,"t":-1,
"I":8641984,"w":true,"m":false,"M":false,"O":1499405658657,"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000",
"W":1499405658657,"V":"NONE"}
"""
"""The page's own; its ``v``, which "is only visible if the order expired due to STP", left out, ``E`` as ``T``."""
TAKEN = """
{"e":"executionReport","E":1719467634105,"s":"LTCBNB","c":"8LGC97RRgNPVQk979VIhjt","S":"BUY","o":"MARKET","f":"GTC",
"q":"6.00000000","p":"0.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"TRADE",
"X":"PARTIALLY_FILLED","r":"NONE","i":32,"l":"2.00000000","z":"4.00000000","L":"1.00000000","n":"0.00100000",
"N":"BNB","T":1719467634105,"t":8,"I":65,"w":false,"m":false,"M":true,"O":1719467634105,"Z":"4.00000000",
"Y":"2.00000000","Q":"0.00000000","W":1719467634105,"V":"NONE"}
"""
"""The third of faqs/market_orders_faq.md, read 2026-11-24, ``E`` as ``T``."""


def limit_order() -> SpotOrder:
    asked = NewOrder(
        symbol="ETHBTC",
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=parse("1"),
        price=parse("0.10264410"),
    )
    return SpotOrder(
        id=4293153,
        uid=1,
        asked=asked,
        client_id="mUvoqJxFIILMdfAW5iGSOW",
        time=TIME,
        price=asked.price,
        qty=asked.qty,
        working_time=TIME,
        is_working=True,
    )


def report_of(order: SpotOrder, kind: ExecType = ExecType.NEW, **more: object) -> Execution:
    event = Execution(1, 8641984, TIME, kind, order, on_book=True)
    return event._replace(**more)  # type: ignore[arg-type]


def told(event: Execution, scale: int = 1) -> dict[str, object]:
    body = user_event(event, scale)
    assert body is not None
    return body


def as_printed(text: str) -> bytes:
    """With the order of its fields."""
    return msgspec.json.encode(msgspec.json.decode(text))


def test_a_new_order_as_the_page_prints_it() -> None:
    assert msgspec.json.encode(told(report_of(limit_order()))) == as_printed(REPORT)


def test_a_market_order_that_takes_as_the_faq_prints_it() -> None:
    time = 1719467634105
    asked = NewOrder(symbol="LTCBNB", side=Side.BUY, type=OrderType.MARKET, qty=parse("6"))
    order = SpotOrder(
        id=32,
        uid=1,
        asked=asked,
        client_id="8LGC97RRgNPVQk979VIhjt",
        time=time,
        status=Status.PARTIALLY_FILLED,
        qty=asked.qty,
        executed=parse("4"),
        quote=parse("4") * parse("1"),
        working_time=time,
    )
    fill = Fill(
        8, 32, -1, "LTCBNB", parse("1"), parse("2"), parse("1") * parse("2"), parse("0.001"),
        "BNB", time, is_buyer=True, is_maker=False,
    )  # fmt: skip
    event = Execution(1, 65, time, ExecType.TRADE, order, on_book=False, fill=fill)
    assert msgspec.json.encode(told(event)) == as_printed(TAKEN)


def test_a_cancellation_names_the_order_by_its_old_id() -> None:
    order = replace(limit_order(), status=Status.CANCELED, client_id="cancels")
    event = report_of(order, ExecType.CANCELED, previous_client_id="old", on_book=False)
    body = told(event)
    assert (body["c"], body["C"], body["x"], body["X"]) == (
        "cancels",
        "old",
        "CANCELED",
        "CANCELED",
    )
    assert body["w"] is False


def test_times_in_microseconds() -> None:
    body = told(report_of(limit_order()), 1000)
    assert {body[name] for name in "ETOW"} == {TIME * 1000}


def test_an_order_that_does_not_work_yet_has_no_working_time() -> None:
    assert "W" not in told(report_of(replace(limit_order(), working_time=-1)))


STRATEGY = {"strategy_id": 1, "strategy_type": 1_000_000}
PEG = {"peg": Peg.PRIMARY, "peg_levels": 5}


@pytest.mark.parametrize(
    ("asked", "own", "expected"),
    [
        ({}, {}, {}),
        ({"trailing_delta": 4}, {"trailing_time": 17}, {"d": 4, "D": 17}),
        ({"trailing_delta": 4}, {}, {"d": 4}),
        (STRATEGY, {}, {"j": 1, "J": 1_000_000}),
        ({}, {"uses_sor": True}, {"k": "EXCHANGE", "uS": True}),
        (
            PEG,
            {"pegged_price": parse("1")},
            {"gP": "PRIMARY_PEG", "gOT": "PRICE_LEVEL", "gOV": 5, "gp": "1.00000000"},
        ),
        ({}, {"expiry": Expiry.NO_LIQUIDITY}, {"eR": "INSUFFICIENT_LIQUIDITY"}),
    ],
)
def test_what_only_some_orders_have(
    asked: dict[str, object], own: dict[str, object], expected: dict[str, object]
) -> None:
    order = limit_order()
    changed = replace(order, asked=replace(order.asked, **asked), **own)  # type: ignore[arg-type]
    plain, body = told(report_of(order)), told(report_of(changed))
    assert {name: body[name] for name in body.keys() - plain.keys()} == expected
    assert body.keys() >= plain.keys()


def test_a_prevented_match_says_what_would_have_traded() -> None:
    order = replace(
        limit_order(),
        prevented=parse("3"),
        prevented_match_id=3,
        stp=Stp.EXPIRE_MAKER,
        status=Status.EXPIRED_IN_MATCH,
    )
    event = report_of(
        order,
        ExecType.TRADE_PREVENTION,
        prevented=parse("3"),
        prevented_match_qty=parse("2.123456"),
        prevented_match_price=parse("0.10000001"),
        counter_order_id=37,
        trade_group_id=1,
    )
    body = told(event)
    expected = {
        "v": 3, "A": "3.00000000", "B": "3.00000000", "u": 1, "U": 37, "Cs": "ETHBTC",
        "pl": "2.12345600", "pL": "0.10000001", "pY": "0.21234562",
        "l": "0.00000000", "L": "0.00000000", "Y": "0.00000000",
    }  # fmt: skip
    assert {name: body[name] for name in expected} == expected


def test_what_was_prevented_altogether_is_told_later_too() -> None:
    order = replace(limit_order(), prevented=parse("3"), prevented_match_id=3)
    body = told(report_of(order, ExecType.TRADE))
    assert (body["A"], body["v"]) == ("3.00000000", 3)
    assert not body.keys() & {"B", "u", "U", "Cs", "pl", "pL", "pY"}


def test_balances_as_the_page_prints_them() -> None:
    event = Position(1, 1564034571073, (("ETH", parse("10000"), 0),))
    assert msgspec.json.encode(user_event(event, 1)) == as_printed(
        '{"e":"outboundAccountPosition","E":1564034571073,"u":1564034571073,'
        '"B":[{"a":"ETH","f":"10000.00000000","l":"0.00000000"}]}'
    )


@pytest.mark.parametrize(("amount", "shown"), [("100", "100.00000000"), ("-0.5", "-0.50000000")])
def test_a_deposit_and_a_withdrawal(amount: str, shown: str) -> None:
    event = BalanceUpdate(1, 1573200697068, "BTC", parse(amount))
    assert msgspec.json.encode(user_event(event, 1)) == as_printed(
        f'{{"e":"balanceUpdate","E":1573200697068,"a":"BTC","d":"{shown}","T":1573200697068}}'
    )


def test_a_list_as_the_page_prints_it() -> None:
    one = replace(limit_order(), id=17, client_id="AJYsMjErWJesZvqlJCTUgL")
    two = replace(limit_order(), id=18, client_id="bfYPSQdLoqAJeNrOr9adzq")
    made = OrderList(
        2, 1, "ETHBTC", ListKind.OCO, "F4QN4G8DlFATFlIUQ0cjdD", 1564035303625, [one, two]
    )
    assert msgspec.json.encode(user_event(ListChange(1, 1564035303625, made), 1)) == as_printed(
        '{"e":"listStatus","E":1564035303625,"s":"ETHBTC","g":2,"c":"OCO","l":"EXEC_STARTED","L":"EXECUTING",'
        '"r":"NONE","C":"F4QN4G8DlFATFlIUQ0cjdD","T":1564035303625,"O":['
        '{"s":"ETHBTC","i":17,"c":"AJYsMjErWJesZvqlJCTUgL"},{"s":"ETHBTC","i":18,"c":"bfYPSQdLoqAJeNrOr9adzq"}]}'
    )


def test_the_end_of_a_stream() -> None:
    assert stream_terminated(1728973001334, 1000) == {
        "e": "eventStreamTerminated",
        "E": 1728973001334000,
    }


def test_a_public_trade_is_no_event_of_an_account() -> None:
    assert user_event(Printed("BTCUSDT", 1, 1, 1, 1, buyer_is_maker=True), 1) is None
