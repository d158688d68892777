"""Numbers that stay as the venue wrote them until somebody calculates with them."""

from decimal import Decimal
from typing import Any


class Exact:
    """A record's text field read as :class:`~decimal.Decimal`, converted only when it is used.

    The digits stay in the ``…_text`` field; decoding thousands of prices that nobody calculates with costs nothing.
    """

    __slots__ = ("_field",)

    def __init__(self, field: str) -> None:
        self._field = field

    def __get__(self, record: Any, owner: type | None = None) -> Decimal:
        return Decimal(getattr(record, self._field))


def trim(text: str) -> str:
    """The same number without trailing zeros: ``"61837.63000000"`` → ``"61837.63"``; never an exponent."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(number: Decimal) -> str:
    """A Decimal as plain digits without trailing zeros and without an exponent; never ``-0``."""
    text = trim(format(number, "f"))
    return "0" if text == "-0" else text
