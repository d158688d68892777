"""Every kind of stream has its columns; digits stay the venue's own, and what does not exist is empty, never 0."""

from typing import Any

import pytest

from binance_mcp_server.binance_ws_api.kinds import KINDS
from binance_mcp_server.commands.views import stream_rows
from binance_mcp_server.models.account import (
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ExternalLock,
    ListStatus,
    PositionBalance,
)
from binance_mcp_server.models.events import (
    AggTradeEvent,
    AveragePriceEvent,
    BlockTradeEvent,
    BookTickerEvent,
    Candle,
    DepthEvent,
    Event,
    KlineEvent,
    Liquidation,
    LiquidationEvent,
    MarkPriceEvent,
    MiniTickerEvent,
    PartialDepthEvent,
    ReferencePriceEvent,
    RollingTickerEvent,
    TickerEvent,
    TradeEvent,
)

AT = 1_790_000_000_037
TIME = "2026-09-21T14:13:20.037Z"
BIG = "123456789012345678.12345678"
STATISTICS: dict[str, Any] = {
    "event_ms": AT,
    "symbol": "BTCUSDT",
    "change_text": "-1.50000000",
    "change_percent_text": "-0.002",
    "average_text": "1.00000000",
    "last_text": BIG,
    "open_text": "0.00000000",
    "high_text": "3.0",
    "low_text": "1.0",
    "volume_text": "0.00000000",
    "quote_volume_text": "5.0",
    "open_time": 0,
    "close_time": AT,
    "first_id": -1,
    "last_id": -1,
    "trades": 0,
}
CASES: dict[str, tuple[Event, dict[str, Any]]] = {
    "trade": (
        TradeEvent(AT, "BTCUSDT", 7, BIG, "0.10000000", AT, True),
        {"id": "7", "time": TIME, "price": BIG, "quantity": "0.1", "side": "sell"},
    ),
    "aggTrade": (
        AggTradeEvent(AT, "BTCUSDT", 7, "5.0", "1.0", 3, 9, AT, False),
        {"id": "7", "price": "5", "side": "buy", "first_id": "3", "last_id": "9"},
    ),
    "blockTrade": (
        BlockTradeEvent(AT, "BTCUSDT", 7, "5.0", "1.0", AT, False),
        {"id": "7", "event_time": TIME},
    ),
    "kline": (
        KlineEvent(
            AT, "BTCUSDT", Candle(0, 59_999, "1m", "1", "2", "3", "1", "0", 0, False, "0", "0", "0")
        ),
        {"open_time": None, "open": "1", "high": "3", "low": "1", "close": "2", "closed": False},
    ),
    "miniTicker": (
        MiniTickerEvent(AT, "BTCUSDT", "5.50", "0.00", "6.0", "3.0", "1.0", "5.0"),
        {"last": "5.5", "open": None, "volume": "1", "quote_volume": "5"},
    ),
    "ticker": (
        TickerEvent(**STATISTICS, last_quantity_text="1.0", bid_text="0.0", ask_text="2.0"),
        {"last": BIG, "open": None, "change": "-1.5", "first_id": None, "bid": None, "ask": "2"},
    ),
    "rollingTicker": (
        RollingTickerEvent(**STATISTICS),
        {"change_percent": "-0.002", "volume": "0", "close_time": TIME},
    ),
    "bookTicker": (
        BookTickerEvent(5, "BTCUSDT", "0.00", "0.00", "9.10", "2.0"),
        {"update_id": "5", "bid": None, "ask": "9.1", "time": None},
    ),
    "depth": (
        DepthEvent(AT, "BTCUSDT", 5, 7, [("9.10", "1.0"), ("9.00", "0.0")], []),
        {"first_update_id": "5", "last_update_id": "7", "bids": "9.1:1 9:0", "asks": ""},
    ),
    "partialDepth": (
        PartialDepthEvent(5, [("9.10", "1.0")], [("9.20", "2.0")]),
        {"update_id": "5", "bids": "9.1:1", "asks": "9.2:2", "event_time": None},
    ),
    "avgPrice": (
        AveragePriceEvent(AT, "BTCUSDT", "5m", "9.10", AT),
        {"price": "9.1", "interval": "5m", "last_trade": TIME},
    ),
    "referencePrice": (ReferencePriceEvent("BTCUSDT", None, AT), {"time": TIME, "price": None}),
    "markPrice": (
        MarkPriceEvent(AT, "BTCUSDT", "9.10", "-0.00010000", AT, "", "9.2"),
        {"mark": "9.1", "index": None, "funding_rate": "-0.0001", "settle": "9.2"},
    ),
    "liquidation": (
        LiquidationEvent(
            AT, Liquidation("BTCUSDT", "SELL", "LIMIT", "3.0", "9.0", "9.1", "FILLED", "3.0", AT)
        ),
        {"time": TIME, "side": "sell", "quantity": "3", "filled": "3", "order_type": "LIMIT"},
    ),
    "account": (
        ExecutionReport(
            event_ms=AT,
            symbol="BTCUSDT",
            client_id="cancels it",
            previous_client_id="mine\u202e",
            side="BUY",
            order_type="LIMIT",
            time_in_force="GTC",
            quantity_text="2.00000000",
            price_text="9.10000000",
            execution="CANCELED",
            status="CANCELED",
            order_id=7,
            executed_text="0.00000000",
            time=AT,
        ),
        {
            "time": TIME,
            "event": "canceled",
            "order_id": "7",
            "client_order_id": "mine",
            "quantity": "2",
            "executed": "0",
            "last_price": None,
            "trade_id": None,
            "reason": None,
            "balances": None,
            "reconciled": False,
        },
    ),
}
ACCOUNT_CASES: list[tuple[Event, dict[str, Any]]] = [
    (
        AccountPosition(AT, AT, (PositionBalance("BTC", "1.50000000", "0.00000000"),)),
        {"time": TIME, "event": "balances", "balances": "BTC:1.5:0", "status": None},
    ),
    (
        BalanceUpdate(AT, "USDT", "-3.50", AT),
        {"event": "transfer", "balances": "USDT:-3.5", "client_order_id": None},
    ),
    (ExternalLock(AT, "USDT", "3.50", AT), {"event": "external_lock", "balances": "USDT:3.5"}),
    (
        ListStatus(
            event_ms=AT,
            symbol="BTCUSDT",
            list_id=2,
            contingency="OCO",
            status_type="ALL_DONE",
            order_status="ALL_DONE",
            client_id="list",
            time=AT,
            reconciled=True,
        ),
        {
            "event": "list",
            "client_order_id": "list",
            "list_id": "2",
            "order_status": "ALL_DONE",
            "reconciled": True,
        },
    ),
]


@pytest.mark.parametrize(("record", "expected"), ACCOUNT_CASES)
def test_events_of_an_account_share_their_columns(record: Event, expected: dict[str, Any]) -> None:
    _, every = stream_rows.columns("account", all_symbols=True)
    (row,) = stream_rows.rows("account", [record], every)
    shown = dict(zip(every, row, strict=True))
    assert {name: shown[name] for name in expected} == expected


def test_every_kind_has_its_rows() -> None:
    assert set(stream_rows.KINDS) == set(KINDS) == set(CASES)


@pytest.mark.parametrize("kind", CASES)
def test_a_record_is_shown_in_the_venues_digits(kind: str) -> None:
    record, expected = CASES[kind]
    _, every = stream_rows.columns(kind, all_symbols=False)
    (row,) = stream_rows.rows(kind, [record], every)
    shown = dict(zip(every, row, strict=True))
    assert {name: shown[name] for name in expected} == expected


@pytest.mark.parametrize("kind", CASES)
def test_columns_are_named_once_and_the_default_ones_are_few(kind: str) -> None:
    default, every = stream_rows.columns(kind, all_symbols=False)
    assert len(set(every)) == len(every)
    assert set(default) <= set(every)
    assert len(default) <= (12 if kind == "account" else 7)
    if kind != "partialDepth":
        named, _ = stream_rows.columns(kind, all_symbols=True)
        assert named == ["symbol", *default]
        assert stream_rows.rows(kind, [CASES[kind][0]], named)[0][0] == "BTCUSDT"
