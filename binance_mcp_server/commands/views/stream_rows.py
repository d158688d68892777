"""Records of streams as rows: a few columns a kind by default, all that the venue told on request.

Prices are in the quote asset, quantities in the base asset (COIN-M: contracts), times UTC. Digits are the venue's own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell
from binance_mcp_server.models.events import Event, Levels
from binance_mcp_server.models.exact import trim

Getter = Callable[[Any], Cell]


def _digits(field: str) -> Getter:
    return lambda record: trim(getattr(record, field))


def _given(field: str) -> Getter:
    """Digits that may be missing; a price of 0 is the venue's way to say that there is none."""

    def get(record: Any) -> Cell:
        text = trim(getattr(record, field) or "")
        return None if text in {"", "0"} else text

    return get


def _moment(field: str) -> Getter:
    def get(record: Any) -> Cell:
        ms: int = getattr(record, field)
        return format_time(ms) if ms else None

    return get


def _number(field: str) -> Getter:
    """An id: text, since some programs round long numbers."""

    def get(record: Any) -> Cell:
        number: int = getattr(record, field)
        return str(number) if number >= 0 else None

    return get


def _levels(field: str) -> Getter:
    return lambda record: levels_text(getattr(record, field))


def _of(part: str, getter: Getter) -> Getter:
    """*getter* of a record within the record."""
    return lambda record: getter(getattr(record, part))


def _word(field: str) -> Getter:
    return lambda record: untrusted(getattr(record, field)) or None


def levels_text(levels: Levels) -> str:
    """``price:quantity`` with blanks between."""
    return " ".join(f"{trim(price)}:{trim(quantity)}" for price, quantity in levels)


def _side(record: Any) -> Cell:
    return "sell" if record.buyer_is_maker else "buy"


_TRADE: Final[dict[str, Getter]] = {
    "id": lambda record: str(record.id),
    "time": lambda record: format_time(record.time),
    "price": _digits("price_text"),
    "quantity": _digits("quantity_text"),
    "side": _side,
}
_EVENT_TIME: Final[dict[str, Getter]] = {"event_time": _moment("event_ms")}
_CHANGE: Final[dict[str, Getter]] = {
    "change_percent": _digits("change_percent_text"),
    "high": _given("high_text"),
    "low": _given("low_text"),
    "volume": _digits("volume_text"),
}
_STATISTICS: Final[dict[str, Getter]] = {
    "open": _given("open_text"),
    "change": _digits("change_text"),
    "average": _given("average_text"),
    "quote_volume": _digits("quote_volume_text"),
    "trades": lambda record: record.trades,
    "open_time": _moment("open_time"),
    "close_time": _moment("close_time"),
    "first_id": _number("first_id"),
    "last_id": _number("last_id"),
}
_LAST: Final[dict[str, Getter]] = {"time": _moment("event_ms"), "last": _given("last_text")}
_SYMBOL: Final[dict[str, Getter]] = {"symbol": _word("symbol")}
_CANDLE: Final[dict[str, Getter]] = {
    "open_time": _moment("open_time"),
    "open": _digits("open_text"),
    "high": _digits("high_text"),
    "low": _digits("low_text"),
    "close": _digits("close_text"),
    "volume": _digits("volume_text"),
    "closed": lambda candle: candle.closed,
}
_MORE_CANDLE: Final[dict[str, Getter]] = {
    "close_time": _moment("close_time"),
    "quote_volume": _digits("quote_volume_text"),
    "trades": lambda candle: candle.trades,
    "taker_buy_volume": _digits("taker_base_text"),
    "taker_buy_quote_volume": _digits("taker_quote_text"),
    "first_id": _number("first_id"),
    "last_id": _number("last_id"),
}


def _within(part: str, getters: Mapping[str, Getter]) -> dict[str, Getter]:
    return {name: _of(part, getter) for name, getter in getters.items()}


def _some(field: str, getter: Getter) -> Getter:
    """*getter* of records that have *field*: those of an account are of several kinds."""
    return lambda record: getter(record) if hasattr(record, field) else None


def _present(*fields: str, of: Callable[[str], Getter]) -> dict[str, Getter]:
    """Columns by the names of their fields; empty in records that lack them."""
    return {field.removesuffix("_text"): _some(field, of(field)) for field in fields}


def _amounts(record: Any) -> Cell:
    """Of balances, free and locked of each asset; of a deposit, what it brings."""
    if balances := getattr(record, "balances", None):
        parts = (
            f"{untrusted(each.asset)}:{trim(each.free_text)}:{trim(each.locked_text)}"
            for each in balances
        )
        return " ".join(parts)
    if hasattr(record, "delta_text"):
        return f"{untrusted(record.asset)}:{trim(record.delta_text)}"
    return None


def _names(record: Any) -> Cell:
    """The client order id by which an order was placed; of a list, its own."""
    name: str = getattr(record, "order_client_id", "") or getattr(record, "client_id", "")
    return untrusted(name) or None


_EVENTS: Final = {
    "AccountPosition": "balances",
    "BalanceUpdate": "transfer",
    "ExternalLock": "external_lock",
    "ListStatus": "list",
}


def _event(record: Any) -> Cell:
    """What happened: of an order, how the venue calls it (new, trade, canceled, replaced, …)."""
    execution = getattr(record, "execution", "")
    return untrusted(execution).lower() if execution else _EVENTS.get(type(record).__name__)


def _asset(record: Any) -> Cell:
    return untrusted(getattr(record, "commission_asset", None) or "") or None


def _reason(record: Any) -> Cell:
    """Why an order was rejected or expired, where it was."""
    reason = getattr(record, "reason", "NONE")
    if reason == "NONE":
        reason = getattr(record, "expiry_reason", "")
    return untrusted(reason) or None


_ACCOUNT: Final[dict[str, Getter]] = {
    "time": _moment("time"),
    "event": _event,
    "client_order_id": _names,
    **_present("side", "status", of=_word),
    **_present("last_quantity_text", "last_price_text", of=_given),
    **_present("executed_text", of=_digits),
    "trade_id": _some("trade_id", _number("trade_id")),
    "reason": _reason,
    "balances": _amounts,
    "reconciled": lambda record: getattr(record, "reconciled", False),
}
_MORE_ACCOUNT: Final[dict[str, Getter]] = {
    "order_id": _some("order_id", _number("order_id")),
    **_present("order_type", "time_in_force", of=_word),
    **_present("quantity_text", of=_digits),
    **_present(
        *("price_text", "stop_price_text", "executed_quote_text", "commission_text"), of=_given
    ),
    "commission_asset": _asset,
    "list_id": _some("list_id", _number("list_id")),
    **_present("contingency", "status_type", "order_status", of=_word),
    "maker": lambda record: getattr(record, "is_maker", None),
    "on_book": lambda record: getattr(record, "is_on_book", None),
    "order_time": _some("order_time", _moment("order_time")),
    **_EVENT_TIME,
}
_COLUMNS: Final[dict[str, tuple[dict[str, Getter], dict[str, Getter]]]] = {
    "trade": (_TRADE, {"order_type": _word("order_type"), **_EVENT_TIME}),
    "aggTrade": (
        _TRADE,
        {"first_id": _number("first_id"), "last_id": _number("last_id"), **_EVENT_TIME},
    ),
    "blockTrade": (_TRADE, _EVENT_TIME),
    "kline": (_within("candle", _CANDLE), {**_within("candle", _MORE_CANDLE), **_EVENT_TIME}),
    "miniTicker": (
        {
            **_LAST,
            "open": _given("open_text"),
            "high": _given("high_text"),
            "low": _given("low_text"),
            "volume": _digits("volume_text"),
        },
        {"quote_volume": _digits("quote_volume_text")},
    ),
    "ticker": (
        {**_LAST, **_CHANGE},
        {
            **_STATISTICS,
            "last_quantity": _digits("last_quantity_text"),
            "bid": _given("bid_text"),
            "ask": _given("ask_text"),
        },
    ),
    "rollingTicker": ({**_LAST, **_CHANGE}, _STATISTICS),
    "bookTicker": (
        {
            "update_id": _number("update_id"),
            "bid": _given("bid_text"),
            "bid_quantity": _digits("bid_quantity_text"),
            "ask": _given("ask_text"),
            "ask_quantity": _digits("ask_quantity_text"),
        },
        {"time": _moment("time"), **_EVENT_TIME},
    ),
    "depth": (
        {
            "first_update_id": _number("first_id"),
            "last_update_id": _number("last_id"),
            "time": _moment("event_ms"),
            "bids": _levels("bids"),
            "asks": _levels("asks"),
        },
        {},
    ),
    "partialDepth": (
        {
            "update_id": _number("last_update_id"),
            "bids": _levels("bids"),
            "asks": _levels("asks"),
        },
        _EVENT_TIME,
    ),
    "avgPrice": (
        {"time": _moment("event_ms"), "price": _given("price_text")},
        {"interval": _word("interval"), "last_trade": _moment("last_trade_ms")},
    ),
    "referencePrice": ({"time": _moment("time"), "price": _given("price_text")}, {}),
    "markPrice": (
        {
            "time": _moment("event_ms"),
            "mark": _given("mark_text"),
            "index": _given("index_text"),
            "funding_rate": _digits("funding_rate_text"),
            "next_funding": _moment("next_funding_ms"),
        },
        {"settle": _given("settle_text")},
    ),
    "liquidation": (
        _within(
            "order",
            {
                "time": _moment("time"),
                "side": lambda order: untrusted(order.side).lower(),
                "price": _given("price_text"),
                "average": _given("average_text"),
                "quantity": _digits("quantity_text"),
                "filled": _digits("filled_text"),
            },
        ),
        {
            **_within("order", {"order_type": _word("order_type"), "status": _word("status")}),
            **_EVENT_TIME,
        },
    ),
    "account": (_ACCOUNT, _MORE_ACCOUNT),
}
"""By kind: what is shown by default, and what else there is."""
KINDS: Final = tuple(_COLUMNS)


def columns(kind: str, *, all_symbols: bool) -> tuple[list[str], list[str]]:
    """Names of the default columns and of all; a stream of all symbols names each record's."""
    usual, more = _COLUMNS[kind]
    default = ["symbol", *usual] if all_symbols else list(usual)
    return default, [*default, *more, *([] if all_symbols else ["symbol"] * _named(kind))]


def rows(kind: str, records: Iterable[Event], names: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *records*."""
    usual, more = _COLUMNS[kind]
    getters = [{**_SYMBOL, **usual, **more}[name] for name in names]
    return [[get(record) for get in getters] for record in records]


def _named(kind: str) -> bool:
    """Whether records of *kind* name their symbol."""
    return kind != "partialDepth"
