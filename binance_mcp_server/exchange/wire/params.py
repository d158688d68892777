"""A request's parameters, read by the venue's rules.

Order of the checks, as the live venue shows it: a parameter sent twice, more parameters than the endpoint has, an
empty one, then each parameter as it is read, and last those that nobody read. The legal ranges of ``symbol`` and
``symbols`` are those of its answers since Unicode symbols exist (Java's syntax: letters, digits, ``_-.``, without
a-z).
"""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.wire import errors

INTEGER_RANGE = "^[0-9]{1,20}$"
SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
SYMBOLS_RANGE = r'^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$'
STATUSES = ("TRADING", "HALT", "BREAK")
TICKER_TYPES = ("FULL", "MINI")
LARGEST_LONG = 2**63 - 1
MICROSECONDS_FROM = 10**15
"""A time parameter this large is in microseconds, a smaller one in milliseconds."""

_ONE = r"(?:(?![a-z])[\w\-.]){1,50}"
_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_SYMBOL = re.compile(_ONE)
_SYMBOLS = re.compile(rf'\[(?:"{_ONE}"(?:,"{_ONE}")*)?\]')
_QUOTED = re.compile(r'"([^"]*)"')


def parse_query(raw: bytes) -> dict[str, str]:
    """A query string → its parameters. Raises -1100 (not UTF-8) and -1101 (a name twice)."""
    try:
        pairs = _pairs(raw.decode())
    except UnicodeDecodeError:
        raise errors.undecodable() from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise errors.duplicate(name)
        values[name] = value
    return values


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values in their order. Most queries have nothing that is encoded, and are only cut."""
    if "%" in text or "+" in text:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    cut = (pair.partition("=") for pair in text.split("&") if pair)
    return [(name, value) for name, _, value in cut]


def quoted(text: str) -> list[str]:
    """The strings of a JSON array of plain strings, e.g. ``["BTCUSDT","ETHUSDT"]``."""
    return _QUOTED.findall(text)


class Query:
    """The parameters of one request to an endpoint that knows those named in *accepts*. *counted*: too many are refused
    before anything is read, as on REST."""

    def __init__(
        self, values: Mapping[str, str], accepts: Collection[str], *, counted: bool = True
    ) -> None:
        if counted and len(values) > len(accepts):
            raise errors.too_many(len(accepts), len(values))
        self._values = values
        self._known = [name for name in accepts if name in values]
        for name in self._known:
            if not values[name]:
                raise errors.empty(name)

    def finish(self) -> None:
        """Raises -1104 when something was sent that the endpoint does not know."""
        if len(self._known) < len(self._values):
            raise errors.unread(len(self._known), len(self._values))

    def has(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        return self._values.get(name)

    def mandatory(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            raise errors.mandatory(name)
        return value

    def integer(self, name: str) -> int | None:
        """A whole number ≥ 0; raises -1100 on other characters, -1108 past 2^63 - 1."""
        value = self._values.get(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise errors.illegal_characters(name, INTEGER_RANGE)
        number = int(value)
        if number > LARGEST_LONG:
            raise errors.overflow(name)
        return number

    def limit(self, default: int, maximum: int) -> int:
        """How many rows; more than *maximum* is cut to it without a word, 0 raises -1130."""
        number = self.integer("limit")
        if number is None:
            return default
        if number == 0:
            raise errors.invalid("limit")
        return min(number, maximum)

    def time_ms(self, name: str, *, up: bool) -> int | None:
        """A time in ms, sent in ms or µs; *up* rounds a part of a millisecond up (a start), else down (an end)."""
        number = self.integer(name)
        if number is None or number < MICROSECONDS_FROM:
            return number
        return -(-number // 1000) if up else number // 1000

    def status(self) -> str | None:
        value = self._values.get("symbolStatus")
        if value is not None and value not in STATUSES:
            raise errors.bad_status()
        return value

    def is_mini(self) -> bool:
        value = self._values.get("type", "FULL")
        if value not in TICKER_TYPES:
            raise errors.bad_ticker_type()
        return value == "MINI"

    def symbol(self, rules: Mapping[str, SymbolRules]) -> str:
        """The one symbol, which exists and has the ``symbolStatus`` asked for."""
        symbol = self.mandatory("symbol")
        if not _SYMBOL.fullmatch(symbol):
            raise errors.illegal_characters("symbol", SYMBOL_RANGE)
        status = self.status()
        if symbol not in rules:
            raise errors.bad_symbol()
        if status not in (None, rules[symbol].status):
            raise errors.status_mismatch()
        return symbol

    def symbols(self, rules: Mapping[str, SymbolRules]) -> list[str]:
        """The symbols of a JSON array, each of which exists, none twice."""
        text = self.mandatory("symbols")
        if not _SYMBOLS.fullmatch(text):
            raise errors.illegal_characters("symbols", SYMBOLS_RANGE)
        names = quoted(text)
        if not names:
            raise errors.empty("symbols")
        if len(set(names)) < len(names):
            raise errors.duplicate_symbols()
        if not all(name in rules for name in names):
            raise errors.bad_symbol()
        return names
