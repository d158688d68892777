"""Every kind reads the example that the venue documents, and takes nothing that it cannot read for an event."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_mcp_server.binance_ws_api.decode import frame_of, number_in, reader, single
from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.binance_ws_api.sequences import sequence_for
from binance_mcp_server.models.events import (
    AggTradeEvent,
    BlockTradeEvent,
    BookTickerEvent,
    Event,
    KlineEvent,
    LiquidationEvent,
    MarkPriceEvent,
    PartialDepthEvent,
    ReferencePriceEvent,
    TradeEvent,
)
from tests.binance_ws_api.examples import EXAMPLES

TRADES = spec("spot", "trade", "BNBBTC")


def frame(name: str, data: Any) -> bytes:
    return json.dumps({"stream": name, "data": data}).encode()


def read(of: Spec, data: Any) -> Any:
    return reader(of)(frame(of.name, data))


@pytest.mark.parametrize(("of", "data"), EXAMPLES, ids=[repr(of) for of, _ in EXAMPLES])
def test_the_documented_example_is_read(of: Spec, data: Any) -> None:
    events = read(of, data)
    assert len(events) == (len(data) if isinstance(data, list) else 1)
    for event in events:
        assert isinstance(number_in(of)(event), int)
        assert event.event_ms >= 0


@pytest.mark.parametrize(("of", "data"), EXAMPLES, ids=[repr(of) for of, _ in EXAMPLES])
def test_fields_that_the_venue_adds_later_change_nothing(of: Spec, data: Any) -> None:
    more: dict[str, Any] = {"zz": {"deep": [1, None]}, "xx": None}
    added = [each | more for each in data] if isinstance(data, list) else data | more
    assert list(read(of, added)) == list(read(of, data))


@pytest.mark.parametrize(("of", "data"), EXAMPLES, ids=[repr(of) for of, _ in EXAMPLES])
def test_a_null_where_a_value_belongs_is_refused(of: Spec, data: Any) -> None:
    first = data[0] if isinstance(data, list) else data
    optional = {"r"} if of.kind == "referencePrice" else set()
    refused = 0
    for key in first.keys() - optional:
        spoilt = first | {key: None}
        try:
            read(of, [spoilt] if isinstance(data, list) else spoilt)
        except msgspec.DecodeError:
            refused += 1
    assert refused >= 2


def test_digits_stay_as_they_were_written() -> None:
    data = dict(EXAMPLES[0][1]) | {"p": "0.00001900", "q": "100000000000.12345678"}
    (event,) = read(TRADES, data)
    assert isinstance(event, TradeEvent)
    assert (event.price_text, event.quantity_text) == ("0.00001900", "100000000000.12345678")
    assert event.price == Decimal("0.000019")


def test_a_number_is_no_text() -> None:
    """A price that came as a JSON number may have lost digits on its way."""
    with pytest.raises(msgspec.DecodeError):
        read(TRADES, dict(EXAMPLES[0][1]) | {"p": 0.1})


def test_words_that_are_new_are_taken_as_they_are() -> None:
    usdm = spec("usdm", "trade", "BTCUSDT")
    data = {"E": 1, "T": 1, "s": "BTCUSDT", "t": 5, "p": "0", "q": "1", "X": "INSURANCE_FUND"}
    (event,) = read(usdm, data | {"m": False})
    assert event.order_type == "INSURANCE_FUND"


def test_what_each_means_is_where_it_belongs() -> None:
    events = {(of.market, of.kind): read(of, data)[0] for of, data in reversed(EXAMPLES)}
    candle = events["spot", "kline"]
    assert isinstance(candle, KlineEvent)
    assert (candle.candle.open_text, candle.candle.close_text) == ("0.0010", "0.0020")
    assert (candle.candle.high_text, candle.candle.low_text) == ("0.0025", "0.0015")
    assert (candle.candle.trades, candle.candle.closed) == (100, False)
    top = events["spot", "bookTicker"]
    assert isinstance(top, BookTickerEvent)
    assert (top.bid, top.ask) == (Decimal("25.3519"), Decimal("25.3652"))
    assert top.mid == Decimal("25.35855")
    mark = events["coinm", "markPrice"]
    assert isinstance(mark, MarkPriceEvent)
    assert (mark.funding_rate_text, mark.next_funding_ms) == ("", 0)
    order = events["usdm", "liquidation"]
    assert isinstance(order, LiquidationEvent)
    assert (order.symbol, order.order.side, order.order.filled_text) == ("BTCUSDT", "SELL", "0.014")


def test_no_reference_price_at_the_moment_is_none() -> None:
    of = spec("spot", "referencePrice", "BAZUSD")
    (event,) = read(of, {"e": "referencePrice", "s": "BAZUSD", "r": None, "t": 1770313263917})
    assert event == ReferencePriceEvent("BAZUSD", None, 1770313263917)
    assert event.event_ms == 1770313263917


def test_partial_books_of_futures_read_like_those_of_spot() -> None:
    of = spec("usdm", "partialDepth", "BTCUSDT", levels=5)
    data = next(data for each, data in EXAMPLES if each == of)
    assert single(of)(frame(of.name, data)) == PartialDepthEvent(
        390497878, [("7403.89", "0.002")], [("7405.96", "3.340")], 1571889248277
    )


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b'{"stream":"bnbbtc@trade"}',
        b'{"stream":"bnbbtc@trade","data":null}',
        b'{"stream":"bnbbtc@trade","data":[]}',
        b'{"stream":"bnbbtc@trade","data":{"s":"\xff\xfe"}}',
        b'{"stream":"bnbbtc@trade","data":' + b"[" * 100_000,
        frame("bnbbtc@trade", EXAMPLES[0][1])[:-30],
        frame("bnbbtc@trade", dict(EXAMPLES[0][1]) | {"t": 1.5}),
        frame("bnbbtc@trade", dict(EXAMPLES[0][1]) | {"t": "12345"}),
        b"<html>403 Forbidden</html>",
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_one_kind_of_error(bad: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        reader(TRADES)(bad)
    with pytest.raises(msgspec.DecodeError):
        reader(spec("spot", "miniTicker"))(bad if b"[]" not in bad else b"{}")


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("trade", TradeEvent(5, "BTCUSDT", 7, "1.50", "0.20", 4, buyer_is_maker=True)),
        ("aggTrade", AggTradeEvent(5, "BTCUSDT", 7, "1.50", "0.20", 1, 2, 4, buyer_is_maker=False)),
        ("blockTrade", BlockTradeEvent(5, "BTCUSDT", 7, "1.50", "0.20", 4, buyer_is_maker=True)),
    ],
)
def test_what_was_fetched_is_kept_as_a_frame_like_any_other(kind: str, event: Event) -> None:
    of = spec("spot", kind, "BTCUSDT")
    kept = frame_of(of, event)
    assert single(of)(kept) == event
    assert sequence_for(of).number(kept) == 7
