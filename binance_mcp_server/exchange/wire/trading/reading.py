"""Parameters of signed requests, one by one."""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, TypeVar

from binance_mcp_server.exchange.numbers import DECIMALS, SCALE
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading import refusals

DAY_HOURS = 24
LONGEST_SPAN_MS = DAY_HOURS * 3_600_000
_DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?", re.ASCII)
_CLIENT_ID = re.compile(r"[a-zA-Z0-9\-_]{1,36}", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False}

E = TypeVar("E", bound=Enum)


def amount(query: Query, name: str) -> int | None:
    """A price or quantity in units of 1e-8. Raises -1100 on other characters, -1111 past eight decimals, -1013 on 0."""
    text = query.text(name)
    if text is None:
        return None
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise errors.illegal_characters(name, refusals.DECIMAL_RANGE)
    fraction = found[2] or ""
    if fraction[DECIMALS:].strip("0"):
        raise refusals.too_precise(name)
    number = int(found[1]) * SCALE + int(fraction[:DECIMALS].ljust(DECIMALS, "0"))
    if number == 0:
        raise refusals.not_positive("price" if name.lower().endswith("price") else "quantity")
    return number


def client_id(query: Query, name: str) -> str | None:
    text = query.text(name)
    if text is not None and not _CLIENT_ID.fullmatch(text):
        raise errors.illegal_characters(name, refusals.CLIENT_ID_RANGE)
    return text


def one_of(
    query: Query, name: str, kind: type[E], refusal: Callable[[], errors.VenueError] | None = None
) -> E | None:
    """A value of the enum *kind*, if any was sent. Raises *refusal*, or else -1130, on another."""
    return required(query, name, kind, refusal) if query.has(name) else None


def required(
    query: Query, name: str, kind: type[E], refusal: Callable[[], errors.VenueError] | None = None
) -> E:
    """The same, which must be there. Raises -1102 when it was not sent."""
    try:
        return kind(query.mandatory(name))
    except ValueError:
        raise (refusal() if refusal else errors.invalid(name)) from None


def boolean(query: Query, name: str) -> bool:
    """``False`` when it was not sent."""
    text = query.text(name)
    if text is None:
        return False
    if text not in _BOOLEANS:
        raise errors.invalid(name)
    return _BOOLEANS[text]


def either(query: Query, number: str, text: str) -> tuple[int | None, str | None]:
    """An id and a client id, at least one of which was sent."""
    found = query.integer(number), client_id(query, text)
    if found == (None, None):
        raise errors.either(text, number)
    return found


def span(query: Query) -> tuple[int | None, int | None]:
    """``startTime`` and ``endTime`` in ms. Raises -1127 when they are more than a day apart."""
    start, end = query.time_ms("startTime", up=True), query.time_ms("endTime", up=False)
    if start is not None and end is not None and end - start > LONGEST_SPAN_MS:
        raise refusals.too_many_hours(DAY_HOURS)
    return start, end


def combination(query: Query, names: Iterable[str], legal: Iterable[tuple[str, ...]]) -> None:
    """Raises -1128 unless those of *names* that were sent are one of the *legal* sets."""
    sent = {name for name in names if query.has(name)}
    if not any(sent == set(each) for each in legal):
        raise errors.bad_combination()
