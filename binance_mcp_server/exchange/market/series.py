"""Candles of one width, built trade by trade and kept packed: an exchange may run for months.

A candle of Python's integers takes about 430 bytes, a packed one 112. The newest is not packed, since nearly every
trade belongs to it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from struct import Struct

from binance_mcp_server.exchange.market.candles import Candle
from binance_mcp_server.exchange.market.types import Trade

_RECORD = Struct("<5q16s16s16s16s")
"""Open, high, low, close, trades; volume, quote volume, taker's base and quote, which may pass 2**63, in 128 bits."""
_WIDE_BYTES = 16


class Series:
    """Candles of one fixed width in ms; only those with trades are kept."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._opens = array("q")  # of the packed ones, rising
        self._records = bytearray()
        self._newest: Candle | None = None

    def add(self, trade: Trade) -> None:
        """Take in a trade; its time decides the candle, the order of calls decides open and close.

        Raises ``OverflowError`` when a candle that is over has larger sums than any venue's.
        """
        opens = trade.time - trade.time % self.width
        newest = self._newest
        if newest is not None and opens < newest.open_time:
            self._add_late(opens, trade)
            return
        if newest is None or opens > newest.open_time:
            if newest is not None:
                self._records += _packed(newest)
                self._opens.append(newest.open_time)
            newest = self._newest = _opened(opens, trade)
        newest.add(trade)

    def between(self, start_ms: int, end_ms: int) -> Sequence[Candle]:
        """Candles with ``start_ms <= open_time < end_ms``, in order; to be read, not to be changed."""
        first = bisect_left(self._opens, start_ms)
        last = bisect_left(self._opens, end_ms, first)
        found = [self._at(place) for place in range(first, last)]
        if self._newest is not None and start_ms <= self._newest.open_time < end_ms:
            found.append(self._newest)
        return found

    def before(self, end_ms: int) -> Candle | None:
        """The last candle that opens before *end_ms*."""
        if self._newest is not None and self._newest.open_time < end_ms:
            return self._newest
        place = bisect_left(self._opens, end_ms)
        return self._at(place - 1) if place else None

    def _add_late(self, opens: int, trade: Trade) -> None:
        """A trade of a candle that is over: times of recorded trades now and then step back."""
        place = bisect_left(self._opens, opens)
        at = place * _RECORD.size
        if place < len(self._opens) and self._opens[place] == opens:
            candle = self._at(place)
            candle.add(trade)
            self._records[at : at + _RECORD.size] = _packed(candle)
        else:
            candle = _opened(opens, trade)
            candle.add(trade)
            self._records[at:at] = _packed(candle)
            self._opens.insert(place, opens)

    def _at(self, place: int) -> Candle:
        opened, high, low, close, trades, *wide = _RECORD.unpack_from(
            self._records, place * _RECORD.size
        )
        volume, quote, taker_base, taker_quote = (int.from_bytes(it, "little") for it in wide)
        return Candle(
            self._opens[place],
            *(opened, high, low, close),
            *(volume, quote, trades, taker_base, taker_quote),
        )


def _opened(opens: int, trade: Trade) -> Candle:
    """The candle that begins with *trade*, before it is taken in."""
    return Candle.flat(opens, trade.price)


def _packed(candle: Candle) -> bytes:
    wide = (candle.volume, candle.quote, candle.taker_base, candle.taker_quote)
    return _RECORD.pack(
        *(candle.open, candle.high, candle.low, candle.close, candle.trades),
        *(number.to_bytes(_WIDE_BYTES, "little") for number in wide),
    )
