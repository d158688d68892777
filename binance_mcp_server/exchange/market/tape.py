"""The trades of one symbol in order of their ids, and their aggregates.

The venue aggregates trades of one taker order at one time and price (rest-api.md "Compressed/Aggregate trades list",
read 2026-11-22), on futures those within 100 ms ("Compressed/Aggregate Trades List" of both products, in the official
connector of 2026-08-21, read 2026-11-24). A tape does not name the taker order, so here consecutive trades of the
same time, price and side are one aggregate; aggregates are numbered 0, 1, 2… from the beginning of the tape.

Trades are kept in columns of machine integers, 41 bytes each, and the oldest leave once there are too many.
"""

from array import array
from bisect import bisect_left, bisect_right

from binance_mcp_server.exchange.market.types import AggTrade, Trade

CAPACITY = 1_000_000
"""Trades kept for sure."""


class Tape:
    """Trades by id and by time. Ids rise; a trade that does not come after the last one is ignored."""

    def __init__(
        self, capacity: int = CAPACITY, *, contract: int = 0, aggregate_ms: int = 1
    ) -> None:
        """*contract*: as :class:`Trade` has it; *aggregate_ms*: what begins so much later is another aggregate."""
        self._capacity = capacity
        self._contract = contract
        self._aggregate_ms = aggregate_ms
        self._ids = array("q")
        self._prices = array("q")
        self._quantities = array("q")
        self._times = array("q")
        self._reached = array(
            "q"
        )  # the latest time up to each trade: searchable, also if a time went back
        self._makers = bytearray()
        self._dropped = 0  # trades that have left
        self._firsts = array("q")  # where aggregates begin: numbers of trades since the tape began
        self._firsts_dropped = 0  # aggregates that have left

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, trade: Trade) -> bool:
        """Put a trade at the end; ``False`` when it was there already."""
        if self._ids and trade.id <= self._ids[-1]:
            return False
        if not self._continues_aggregate(trade):
            self._firsts.append(self._dropped + len(self._ids))
        self._reached.append(max(trade.time, self._reached[-1]) if self._ids else trade.time)
        self._ids.append(trade.id)
        self._prices.append(trade.price)
        self._quantities.append(trade.qty)
        self._times.append(trade.time)
        self._makers.append(trade.buyer_is_maker)
        if len(self._ids) > self._capacity * 5 // 4:
            self._drop(len(self._ids) - self._capacity)
        return True

    def first(self) -> Trade | None:
        """The oldest trade kept."""
        return self._at(0) if self._ids else None

    def last(self) -> Trade | None:
        """The newest trade."""
        return self._at(len(self._ids) - 1) if self._ids else None

    def recent(self, limit: int) -> list[Trade]:
        """The newest *limit* trades, oldest first."""
        return self._slice(max(0, len(self._ids) - limit), len(self._ids))

    def since_id(self, from_id: int, limit: int) -> list[Trade]:
        """At most *limit* trades with an id of *from_id* or more."""
        first = bisect_left(self._ids, from_id)
        return self._slice(first, min(first + limit, len(self._ids)))

    def between(self, start_ms: int, end_ms: int) -> list[Trade]:
        """Trades with ``start_ms <= time < end_ms``."""
        return self._slice(bisect_left(self._reached, start_ms), bisect_left(self._reached, end_ms))

    def before(self, end_ms: int) -> Trade | None:
        """The last trade earlier than *end_ms*."""
        place = bisect_left(self._reached, end_ms)
        return self._at(place - 1) if place else None

    def first_since(self, start_ms: int) -> Trade | None:
        """The first trade at *start_ms* or later."""
        place = bisect_left(self._reached, start_ms)
        return self._at(place) if place < len(self._ids) else None

    def count_since(self, start_ms: int) -> int:
        """How many of the trades kept are of *start_ms* or later."""
        return len(self._ids) - bisect_left(self._reached, start_ms)

    def aggregates(
        self,
        *,
        from_id: int | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int,
        growing: bool = False,
    ) -> list[AggTrade]:
        """Aggregates in a range (both times inclusive): the oldest *limit* if it has a beginning, else the newest.

        *growing*: the next trade may belong to the newest aggregate, so that one is left out.
        """
        firsts = self._firsts
        low, high = 0, max(0, len(firsts) - growing)
        if from_id is not None:
            low = max(low, from_id - self._firsts_dropped)
        if start_ms is not None:  # an aggregate has one time: that of its first trade
            low = max(low, bisect_left(firsts, start_ms, key=self._time_of))
        if end_ms is not None:
            high = min(high, bisect_right(firsts, end_ms, key=self._time_of))
        if from_id is None and start_ms is None:
            low = max(low, high - limit)
        return [self._aggregate(place) for place in range(low, min(high, low + limit))]

    def _time_of(self, sequence: int) -> int:
        return self._reached[sequence - self._dropped]

    def _aggregate(self, place: int) -> AggTrade:
        first = self._firsts[place] - self._dropped
        is_last = place + 1 == len(self._firsts)
        following = len(self._ids) if is_last else self._firsts[place + 1] - self._dropped
        return AggTrade(
            self._firsts_dropped + place,
            self._prices[first],
            sum(self._quantities[first:following]),
            self._ids[first],
            self._ids[following - 1],
            self._times[first],
            bool(self._makers[first]),
        )

    def _continues_aggregate(self, trade: Trade) -> bool:
        if not self._ids:
            return False
        alike = (self._prices[-1], bool(self._makers[-1])) == (trade.price, trade.buyer_is_maker)
        began = self._times[self._firsts[-1] - self._dropped]
        return alike and 0 <= trade.time - began < self._aggregate_ms

    def _at(self, place: int) -> Trade:
        return Trade(
            self._ids[place],
            self._prices[place],
            self._quantities[place],
            self._times[place],
            bool(self._makers[place]),
            self._contract,
        )

    def _slice(self, first: int, last: int) -> list[Trade]:
        return [self._at(place) for place in range(first, last)]

    def _drop(self, count: int) -> None:
        """Let the oldest *count* trades go, a little fewer so that no aggregate is cut."""
        gone = bisect_right(self._firsts, self._dropped + count) - 1
        count = self._firsts[gone] - self._dropped
        for column in (self._ids, self._prices, self._quantities, self._times, self._reached):
            del column[:count]
        del self._makers[:count]
        del self._firsts[:gone]
        self._firsts_dropped += gone
        self._dropped += count
