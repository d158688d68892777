"""A futures request's parameters, read by the rules of that gateway, which is laxer than spot's.

Parameters that the endpoint does not know are passed over (a recorded ``ticker/bookTicker?symbols=…`` of 2026-07 is
answered with all symbols), and symbols may be in lower case (measured 2026-10-07). A limit that is too large is
refused, not cut (-1130, measured 2026-09-15), and so is a start after the end (-1023, "Error Codes").
"""

from collections.abc import Mapping

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.futures import refusals
from binance_mcp_server.exchange.wire.params import LARGEST_LONG

INTERVALS = frozenset(
    ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
)
"""No seconds: ``1s`` is refused (-1120, measured 2026-09-15 and 2026-10-07)."""
DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
USUAL_LIMIT = 500


def whole(text: str | None) -> int | None:
    """A whole number of a sensible size; ``None`` for anything else."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 20:
        return None
    number = int(text)
    return number if number <= LARGEST_LONG else None


class Query:
    """The parameters of one request."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        return bool(self._values.get(name))

    def mandatory(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise errors.mandatory(name)
        return value

    def integer(self, name: str) -> int | None:
        """A whole number ≥ 0; raises -1130 for anything else."""
        text = self._values.get(name)
        if text is None:
            return None
        number = whole(text)
        if number is None:
            raise errors.invalid(name)
        return number

    def limit(self, maximum: int) -> int:
        """How many rows, 500 if it does not say; raises -1130 outside 1 … *maximum*."""
        number = self.integer("limit")
        if number is None:
            return USUAL_LIMIT
        if not 1 <= number <= maximum:
            raise errors.invalid("limit")
        return number

    def depth_limit(self) -> int:
        """How many levels: only some numbers are legal; raises -4021, and -1130 past all of them."""
        number = self.limit(DEPTH_LIMITS[-1])
        if number not in DEPTH_LIMITS:
            raise refusals.bad_depth_limit(number)
        return number

    def interval(self) -> str:
        text = self.mandatory("interval")
        if text not in INTERVALS:
            raise errors.bad_interval()
        return text

    def times(self) -> tuple[int | None, int | None]:
        """Start and end in ms; raises -1023 when they are the wrong way round."""
        start, end = self.integer("startTime"), self.integer("endTime")
        if start is not None and end is not None and start > end:
            raise refusals.start_after_end()
        return start, end

    def symbol(self, rules: Mapping[str, SymbolRules]) -> str:
        """The one symbol; raises -1121 for one that does not exist."""
        symbol = self.mandatory("symbol").upper()
        if symbol not in rules:
            raise errors.bad_symbol()
        return symbol

    def pair(self, rules: Mapping[str, SymbolRules]) -> list[str]:
        """The contracts of the pair asked for; raises -4144 when there are none."""
        pair = self.mandatory("pair").upper()
        found = [symbol for symbol in rules if symbol.partition("_")[0] == pair]
        if not found:
            raise refusals.bad_pair()
        return found
