"""Numbers that stay as the venue wrote them until somebody calculates with them."""

from decimal import Decimal, InvalidOperation
from typing import Any

from binance_mcp_server.errors import TransportError

_LONGEST = 40
"""Digits before or behind the point; no market's number comes near."""


class Exact:
    """A record's text field read as :class:`~decimal.Decimal`, converted only when it is used.

    The digits stay in the ``…_text`` field; decoding thousands of prices that nobody calculates with costs nothing.
    """

    __slots__ = ("_field",)

    def __init__(self, field: str) -> None:
        self._field = field

    def __get__(self, record: Any, owner: type | None = None) -> Decimal:
        return number(getattr(record, self._field))


def number(text: str) -> Decimal:
    """The venue's *text* as a number.

    Raises :class:`TransportError` for anything else: words, infinity, an exponent that would fill a page.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and -_LONGEST <= value.adjusted() <= _LONGEST:
        return value
    raise TransportError(
        "The venue answered something that is not a number where a number belongs.",
        advice="Try again; if it stays, something in between changes the venue's answers.",
    )


def trim(text: str) -> str:
    """The same number without trailing zeros: ``"61837.63000000"`` → ``"61837.63"``; never an exponent."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(number: Decimal) -> str:
    """A Decimal as plain digits without trailing zeros and without an exponent; never ``-0``."""
    text = trim(format(number, "f"))
    return "0" if text == "-0" else text
