"""Reading a subscription: rows from a place on, what was lost on the way, and the place to go on from.

A gap is a fact, never a row: a program that takes column ``id`` of every row must not meet something that is no trade.
Each gap says before which row of the reply it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from fastmcp.tools import ToolResult

from binance_mcp_server.binance_ws_api.subscription import Batch, Place, Subscription
from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import stream_rows, streams
from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.errors import InputError
from binance_mcp_server.market.conditions import time_of
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support import cursors, tables
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.events import Event, Gap
from binance_mcp_server.services import Services

TOOL = "read_stream"
MOST = 10_000
"""Records of one reply."""
LONGEST_WAIT = 45
"""Seconds; many hosts end a call at 60."""
_EMPTY = "nothing new"
_LEFT_OUT = 40
"""Bytes of what is said only where rows did not fit."""
_RANGE_BYTES = 80
"""A range is half as long, so that ranges take at most half of a reply."""


def _cursor(subscription: Subscription, place: Place) -> str:
    """A cursor that goes on at *place* of this very subscription."""
    at: cursors.Place = place._asdict()
    return cursors.issue(TOOL, _question(subscription), at)


def _question(subscription: Subscription) -> dict[str, object]:
    # Ids begin anew with every server; the time of the subscription does not.
    return {"id": subscription.id, "created": subscription.created_ms}


def _place(subscription: Subscription, cursor: str | None) -> Place | None:
    """Where *cursor* goes on; ``None`` without one: at the oldest record kept.

    Raises ``CursorError`` for a cursor of another subscription.
    """
    if not cursor:
        return None
    found = cursors.redeem(cursor, TOOL, _question(subscription))
    return Place(*(cursors.number(found, name) for name in Place._fields))


async def read(
    services: Services,
    id: str,
    cursor: str | None,
    limit: int,
    wait_seconds: float,
    columns: str | list[str],
) -> "Page":
    """The next records of subscription *id*: at the first that is there, or none after *wait_seconds*.

    Raises ``InputError`` for a subscription that is not there any more.
    """
    args.limit(limit, MOST)
    if not 0 <= wait_seconds <= LONGEST_WAIT:
        raise InputError(
            "wait_seconds is out of range.", advice=f"Wait 0 to {LONGEST_WAIT} s; read again."
        )
    subscription = services.hub.subscription(id.strip())
    spec = subscription.spec
    default, every = stream_rows.columns(spec.kind, all_symbols=not spec.symbol)
    names = args.choose_columns(columns, default, every)
    batch = subscription.read(_place(subscription, cursor), limit)
    if not batch.records and wait_seconds:
        await subscription.wait(batch.next, wait_seconds)
        batch = subscription.read(batch.next, limit)
    as_of = subscription.stream.last_event_ms or services.product(spec.market).venue_now_ms()
    return Page(services.venue_of(spec.market), subscription, batch, names, as_of)


def _newest_ms(records: Sequence[Event | Gap]) -> int:
    """Venue time of the newest of *records*, ms; 0 where none tells one."""
    times = (time_of(record) for record in reversed(records))
    return next((time for time in times if time), 0)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a subscription, ready to be written."""

    venue: str
    subscription: Subscription
    batch: Batch
    columns: list[str]
    as_of_ms: int
    """Of the stream; rows that tell a time have their own."""

    def reply(self, format: tables.Format, max_bytes: int) -> ToolResult:
        """The page within *max_bytes*; rows that do not fit come with ``next``."""
        events = [record for record in self.batch.records if not isinstance(record, Gap)]
        rows = stream_rows.rows(self.subscription.spec.kind, events, self.columns)
        if format == "json":
            return self._json(rows, max_bytes)
        return self._csv(rows, max_bytes)

    def _csv(self, rows: list[list[Cell]], max_bytes: int) -> ToolResult:
        lines = [tables.csv_line(row) for row in rows]
        head = ",".join(self.columns)
        every = _in_words(self._facts(len(rows), len(rows), max_bytes))
        fixed = _size(tables.facts_lines(every)) + len(head) + _LEFT_OUT
        sizes = [len(line.encode()) + 1 for line in lines]
        kept = tables.fitting(sizes, max_bytes - fixed, from_end=False)
        facts = _in_words(self._facts(kept, len(rows), max_bytes))
        return tables.text_result("\n".join([*tables.facts_lines(facts), head, *lines[:kept]]))

    def _json(self, rows: list[list[Cell]], max_bytes: int) -> ToolResult:
        every = {**self._facts(len(rows), len(rows), max_bytes), "columns": self.columns}
        fixed = len(msgspec.json.encode({**every, "rows": []})) + _LEFT_OUT
        sizes = [len(msgspec.json.encode(row)) + 1 for row in rows]
        kept = tables.fitting(sizes, max_bytes - fixed, from_end=False)
        facts = self._facts(kept, len(rows), max_bytes)
        return tables.object_result({**facts, "columns": self.columns, "rows": rows[:kept]})

    def _facts(self, kept: int, total: int, max_bytes: int) -> Facts:
        """What is said of the first *kept* of *total* rows."""
        subscription, batch = self.subscription, self.batch
        shown_records = batch.records[: self._end(kept, total)]
        gaps = _gaps(shown_records)
        ranges = [list(each) for each in batch.dropped_ranges]
        shown = ranges[-max(1, max_bytes // _RANGE_BYTES) :]
        return {
            "id": subscription.id,
            "stream": untrusted(subscription.spec.name, 80),
            "venue": self.venue,
            "as_of": format_time(_newest_ms(shown_records) or self.as_of_ms),
            **streams.caveats(subscription),
            **({} if total or gaps else {"note": _EMPTY}),
            **({"gaps": gaps} if gaps else {}),
            **self._left_out(total - kept),
            "next": _cursor(subscription, self._place(kept, total)),
            "dropped": batch.dropped,
            "dropped_ranges": shown,
            **({"ranges_left_out": len(ranges) - len(shown)} if shown != ranges else {}),
            **({"ranges_merged": True} if batch.ranges_merged else {}),
            "gaps_unrepaired": batch.gaps_unrepaired,
        }

    def _left_out(self, cut: int) -> Facts:
        """What is there beyond this reply: *cut* rows that did not fit, and what came after the batch. Frames that
        hold many events are not opened to count them."""
        later = self.subscription.later(self.batch.next)
        if self.subscription.spec.many and later:
            return {**({"left_out": cut} if cut else {}), "more": True}
        return {"left_out": cut + later} if cut + later else {}

    def _place(self, kept: int, total: int) -> Place:
        """Where to go on after the first *kept* of *total* rows."""
        return self.batch.next if kept == total else self.batch.places[self._end(kept, total) - 1]

    def _end(self, kept: int, total: int) -> int:
        """How many records, gaps among them, the first *kept* rows are."""
        if kept == total:
            return len(self.batch.records)
        events = (
            number
            for number, record in enumerate(self.batch.records)
            if not isinstance(record, Gap)
        )
        return next(number for row, number in enumerate(events) if row == kept - 1) + 1


def _gaps(records: Sequence[Event | Gap]) -> list[dict[str, Any]]:
    """Every gap among *records*: its range, why, and before which row (from 0) it lies."""
    found, rows = [], 0
    for record in records:
        if isinstance(record, Gap):
            found.append(
                {
                    "from": record.first,
                    "to": record.last,
                    "cause": untrusted(record.cause),
                    "before_row": rows,
                }
            )
        else:
            rows += 1
    return found


def _in_words(facts: Facts) -> Facts:
    """The same facts for ``key: value`` lines: ranges as ``from-to``."""
    words = dict(facts)
    words["dropped_ranges"] = [f"{first}-{last}" for first, last in facts["dropped_ranges"]] or None
    if gaps := facts.get("gaps"):
        words["gaps"] = [
            f"{gap['from']}-{gap['to']} before row {gap['before_row']} ({gap['cause']})"
            for gap in gaps
        ]
    return words


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def listed(
    services: Services, limit: int, cursor: str | None, columns: str | list[str]
) -> tables.Table:
    """The subscriptions of this server, oldest first."""
    names = args.choose_columns(columns, streams.COLUMNS, streams.ALL_COLUMNS)
    first = cursors.number(cursors.redeem(cursor, "list_streams", {}), "from") if cursor else 0
    everything = services.hub.subscriptions()
    rows = [streams.row(each) for each in everything[first : first + limit]]
    markets = [each.spec.market for each in everything] or [
        "spot"
    ]  # a replay has a time of its own
    facts = {
        "venue": services.venue,
        "as_of": format_time(services.product(markets[0]).venue_now_ms() // 1000 * 1000),
        "subscriptions": len(everything),
    }
    after = args.by_offset("list_streams", {}, first, len(everything))
    return tables.Table(
        facts,
        names,
        [[row[name] for name in names] for row in rows],
        after,
        when_empty="no subscriptions; subscribe_stream opens one",
    )
