"""The arguments that tools share, described once. Descriptions are read by models on every call: keep them short."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.times import parse_time, parse_time_zone
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.futures import Contract
from binance_mcp_server.queries.market import MarketQueries

MAX_BYTES_LIMIT = 4_000_000
_LEAST_BYTES = 500
_CERTAIN_DIGITS = 15
"""Decimal digits that a JSON number keeps on its way through a binary float."""
_LONGEST_NUMBER = 40

Market = Annotated[
    Literal["spot", "usdm", "coinm"], Field(description="Product; usdm and coinm are futures")
]
Format = Annotated[Literal["csv", "json"], Field(description="Form of the table")]
Cursor = Annotated[str | None, Field(description="`next` of the previous reply")]
MaxBytes = Annotated[
    int | None,
    Field(
        description=f"Reply budget, 500 to {MAX_BYTES_LIMIT}", ge=_LEAST_BYTES, le=MAX_BYTES_LIMIT
    ),
]
Symbol = Annotated[str, Field(description="e.g. BTCUSDT (btc/usdt works too)")]
Time = Annotated[
    str | int | None,
    Field(description="Inclusive; ISO 8601 (a date is its midnight, UTC), ms or µs, or -24h, -7d"),
]
TimeZone = Annotated[
    str | None, Field(description="UTC offset of the boundaries, -12:00 to +14:00")
]


def _as_list(value: Any) -> Any:
    """Models often pass one symbol, or several in one string, where a list is meant."""
    if isinstance(value, str):
        text = value.strip().removeprefix("[").removesuffix("]")
        return [part.strip().strip("\"'") for part in text.split(",") if part.strip()]
    return value


def _as_columns(value: Any) -> Any:
    known = isinstance(value, str) and value in {"default", "all"}
    return value if known else _as_list(value)


def _columns(value: Any) -> Any:
    if value in {"default", "all"} if isinstance(value, str) else _are_names(value):
        return value
    raise ValueError("has to be names of columns")


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


Columns = Annotated[
    Literal["default", "all"] | list[str],
    BeforeValidator(_as_columns),
    Field(description='"all", or names of columns'),
]


Symbols = Annotated[
    list[str],
    BeforeValidator(_as_list),
    Field(description='Symbols, e.g. ["BTCUSDT","ETHUSDT"]', min_length=1, max_length=200),
]


def _as_text(value: Any) -> Any:
    """Models often pass a number where its digits are meant."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    text = repr(value)
    if isinstance(value, float) and sum(map(str.isdigit, text)) > _CERTAIN_DIGITS:
        raise ValueError("has more digits than a JSON number keeps: give them as text")
    return text


def _as_bytes(value: int) -> int:
    if not _LEAST_BYTES <= value <= MAX_BYTES_LIMIT:
        raise ValueError(f"has to be from {_LEAST_BYTES} to {MAX_BYTES_LIMIT}")
    return value


# Of tools that are listed for an account: the same as above, in fewer words. Columns: names with commas between.
Text = Annotated[str, BeforeValidator(_as_text)]
AnyTime = Text
ShortFormat = Literal["csv", "json"]
ShortColumns = Annotated[
    Any, BeforeValidator(_as_columns), AfterValidator(_columns), WithJsonSchema({"type": "string"})
]
ShortBytes = Annotated[int, AfterValidator(_as_bytes)]


def order_names(order_id: str, client_order_id: str) -> tuple[int | None, str | None]:
    """Both names of an order; exactly one is given. Raises ``InputError`` otherwise."""
    number, name = given(order_id), given(client_order_id)
    if (number is None) == (name is None):
        raise InputError(
            "One order is meant: give order_id or client_order_id.",
            advice="get_open_orders and get_order_history show order_id.",
        )
    if number is None:
        return None, name
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        raise InputError(
            "order_id is not an order id.", advice="An order id is a whole number ≥ 0."
        )
    return int(number), None


def limit(value: int, most: int) -> int:
    """*value* if it is a usable row limit.

    Raises ``InputError`` otherwise: a limit is never changed silently.
    """
    if not 1 <= value <= most:
        shown = f"limit is {value}" if abs(value) < 10**18 else "limit is out of range"
        raise InputError(
            f"{shown}; it has to be from 1 to {most}.",
            advice=f"Ask for at most {most} at once and go on with the `next` cursor.",
        )
    return value


def decimal(value: str | float | None, name: str) -> Decimal | None:
    """*value* as an exact number; ``None`` and an empty text stay out.

    Raises ``InputError`` for anything that is not a finite number.
    """
    if value is None or value == "":
        return None
    text = str(value).strip()
    try:
        number = Decimal(text if len(text) <= _LONGEST_NUMBER else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InputError(f"{name} is not a number.", advice=f'Give {name} as digits, e.g. "0.5".')
    return number


async def moment(value: str | None, queries: MarketQueries) -> int | None:
    """A :func:`given` time as ms since the epoch. "-24h" counts from the venue's present, which may need asking.

    Raises ``InputError`` for what is not a time.
    """
    if value is None:
        return None
    lower = value.lower()
    relative = lower == "now" or lower[0] == "-" or "ago" in lower
    return parse_time(value, now_ms=await queries.now_ms() if relative else None)


def given(value: str | int | None) -> str | None:
    """An optional argument as text; ``None`` where it was left out or blank, which models do not tell apart."""
    text = "" if value is None else str(value).strip()
    return text or None


def zone(value: str | None) -> str | None:
    """A time zone in one spelling; ``None`` for UTC. Raises ``InputError``."""
    return parse_time_zone(given(value))


def canonical(value: str | float | None, name: str) -> str:
    """A number in one spelling; empty where it was left out. Raises ``InputError``."""
    number = decimal(value, name)
    return "" if number is None else plain(number)


def zone_fact(time_zone: str | None) -> dict[str, str]:
    """A :func:`zone` as a fact, with its sign; nothing for UTC."""
    if time_zone is None:
        return {}
    return {"time_zone": time_zone if time_zone.startswith("-") else f"+{time_zone}"}


def idle_fact(queries: MarketQueries, symbol: str) -> dict[str, list[str]]:
    """That *symbol* does not trade, where the symbol list is in memory and says so."""
    return {"not_trading": [untrusted(symbol)]} if queries.symbols.idle(symbol) else {}


def unit_fact(queries: MarketQueries, what: str, symbol: str = "") -> dict[str, str]:
    """That *what* is counted in contracts, as COIN-M does; and their worth, where the symbol list is in memory."""
    if queries.product.market != "coinm":
        return {}
    info = queries.symbols.known(symbol)
    worth = ""
    if isinstance(info, Contract) and info.contract_size:
        worth = f" of {info.contract_size} {untrusted(info.quote_asset)}"
    return {f"{what}_unit": f"contracts{worth}"}


def choose_columns(wanted: str | list[str], default: list[str], every: list[str]) -> list[str]:
    """The columns to show, in the order asked for.

    Raises ``InputError`` for a name that does not exist.
    """
    if wanted == "default":
        return default
    if wanted == "all":
        return every
    names = [wanted] if isinstance(wanted, str) else wanted
    unknown = [name for name in names if name not in every]
    if unknown or not names:
        shown = ", ".join(repr(untrusted(name, 20)) for name in unknown[:5]) or "(none given)"
        raise InputError(
            f"unknown column {shown}.",
            advice=f"Columns are: {', '.join(every)}.",
        )
    return list(dict.fromkeys(names))


def by_offset(
    tool: str, question: Mapping[str, object], offset: int, total: int
) -> Callable[[int], str | None]:
    """Cursors over a list whose order the question fixes: go on after the rows shown."""

    def after(kept: int) -> str | None:
        reached = offset + kept
        return cursors.issue(tool, question, {"from": reached}) if reached < total else None

    return after
