"""What one can wait for in a market: a condition, checked for sense, and the watch that looks until it holds.

Pure. Prices are in the quote asset, quantities in the base asset (COIN-M: contracts), spreads in percent of mid or in
the quote asset, imbalance in percent (the bids' share of the quantity in the best levels). "Above" and "below" include
the value itself: waiting for 65,000 ends at 65,000.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import Any, Final, Literal, get_args

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.intervals import parse_interval
from binance_mcp_server.models.events import (
    AggTradeEvent,
    BookTickerEvent,
    Gap,
    KlineEvent,
    Levels,
    PartialDepthEvent,
    Record,
    TradeEvent,
)
from binance_mcp_server.models.exact import number, plain

# fmt: off
Name = Literal[
    "price_above", "price_below", "spread_above", "spread_below", "imbalance_above", "imbalance_below",
    "volume_above", "trade_above", "candle_close",
]
# fmt: on
NAMES: Final[tuple[Name, ...]] = get_args(Name)
Unit = Literal["percent", "absolute"]
LONGEST_WINDOW: Final = 3600
"""Seconds of volume."""
MOST_LEVELS: Final = 20
"""As deep as partial depth goes."""
_EXACT: Final = Context(prec=60)
_HUNDRED: Final = Decimal(100)
_WIDEST_SPREAD: Final = Decimal(200)
"""Percent of mid: bid 0."""
_STREAMS: Final = {
    "price": "trade",
    "trade": "trade",
    "spread": "bookTicker",
    "imbalance": "partialDepth",
    "volume": "aggTrade",  # its ids continue those of REST, where the window's past comes from
    "candle": "kline",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds or does not."""

    name: Name
    value: Decimal | None = None
    unit: Unit = "percent"
    """Of a spread."""
    window: int = 60
    """Seconds of volume."""
    levels: int = 10
    """Of each side of the book, for imbalance."""
    interval: str = ""
    """Of a candle."""

    @property
    def subject(self) -> str:
        """price, spread, imbalance, volume, trade or candle."""
        return self.name.partition("_")[0]

    @property
    def kind(self) -> str:
        """The stream that tells."""
        return _STREAMS[self.subject]

    def holds(self, figure: Decimal) -> bool:
        if self.value is None:
            return False
        return figure <= self.value if self.name.endswith("below") else figure >= self.value


def parse(
    name: str,
    value: Decimal | None,
    *,
    unit: Unit | None = None,
    window: int | None = None,
    levels: int | None = None,
    interval: str | None = None,
) -> Condition:
    """The condition that is meant. Raises :class:`InputError` for one that makes no sense or can never hold."""
    known = next((each for each in NAMES if each == name.strip().lower()), None)
    if known is None:
        raise InputError(
            f"Unknown condition {name[:30]!r}.", advice=f"Conditions: {', '.join(NAMES)}."
        )
    subject = known.partition("_")[0]
    _only(
        subject,
        known,
        {"unit": unit, "window_seconds": window, "levels": levels, "interval": interval},
    )
    if subject == "candle":
        return _candle(known, value, interval)
    if value is None:
        raise InputError(f"{known} needs a value.", advice="Give value, e.g. a price.")
    _possible(known, subject, value, unit or "percent")
    _from_to("window_seconds", window, LONGEST_WINDOW)
    _from_to("levels", levels, MOST_LEVELS)
    return Condition(known, value, unit or "percent", window or 60, levels or 10)


_TAKES: Final = {
    "spread": "unit",
    "volume": "window_seconds",
    "imbalance": "levels",
    "candle": "interval",
}


def _only(subject: str, name: str, given: Mapping[str, object]) -> None:
    """What a condition does not take would be ignored silently otherwise."""
    for option, value in given.items():
        if value is not None and option != _TAKES.get(subject):
            takes = _TAKES.get(subject)
            raise InputError(
                f"{name} has no {option}.",
                advice=f"It takes {takes}." if takes else "Leave it out.",
            )


def _candle(name: Name, value: Decimal | None, interval: str | None) -> Condition:
    if value is not None:
        raise InputError(
            "candle_close takes no value.",
            advice="Leave value out; the reply has the candle's prices.",
        )
    return Condition(name, interval=parse_interval((interval or "1m").strip()))


def _possible(name: str, subject: str, value: Decimal, unit: Unit) -> None:
    """Raise for a value that no market reaches."""
    least, most = Decimal(0), None
    if subject == "imbalance":
        most = _HUNDRED
    elif name == "spread_above":
        most = _WIDEST_SPREAD if unit == "percent" else None
    elif value <= 0:
        raise _never(name, value, "it has to be more than 0")
    if value < least:
        raise _never(name, value, "it cannot be negative")
    if most is not None and value > most:
        raise _never(name, value, f"it is in percent, at most {plain(most)}")


def _from_to(name: str, value: int | None, most: int) -> None:
    if value is not None and not 1 <= value <= most:
        shown = value if abs(value) < 10**12 else "out of range"
        raise InputError(f"{name} is {shown}.", advice=f"Use 1 to {most}.")


def check_rules(condition: Condition, filters: Sequence[Mapping[str, Any]]) -> None:
    """Raise :class:`InputError` where a symbol's *filters* (as the venue writes them) keep *condition* from ever
    holding: no order, and so no trade, has a price or a quantity beyond them."""
    value = condition.value
    if value is None:
        return
    for entry in filters:
        kind = entry.get("filterType")
        if condition.subject == "price" and kind == "PRICE_FILTER":
            low, high = _limit(entry, "minPrice"), _limit(entry, "maxPrice")
            if condition.name == "price_above" and high and value > high:
                raise _never(condition.name, value, f"orders end at a price of {plain(high)}")
            if condition.name == "price_below" and low and value < low:
                raise _never(condition.name, value, f"orders begin at a price of {plain(low)}")
        if condition.name == "trade_above" and kind == "LOT_SIZE":
            most = _limit(entry, "maxQty")
            if most and value > most:
                raise _never(condition.name, value, f"orders end at a quantity of {plain(most)}")


def _limit(entry: Mapping[str, Any], key: str) -> Decimal | None:
    """A limit of a filter; ``None`` where it is off or has another shape than we know."""
    text = entry.get(key)
    return (number(text) or None) if isinstance(text, str) else None


def _never(name: str, value: Decimal, why: str) -> InputError:
    shown = plain(value) if abs(value.adjusted()) < 30 else "that"
    return InputError(
        f"{name} {shown} can never hold: {why}.", advice="Wait for something that can happen."
    )


@dataclass(slots=True)
class Watch:
    """Looks at the records of a condition's stream, in order, until it holds. Decides nothing afterwards."""

    condition: Condition
    met: bool = False
    already: bool = False
    """It held when the watch began."""
    records: int = 0
    """Looked at, without gaps."""
    seen: Decimal | None = None
    """The figure last seen; of trade sizes the largest."""
    at: int = 0
    """Venue time of that, ms; 0 where the venue gives none."""
    evidence: Record | None = None
    """The record that made it true."""
    gaps: list[Gap] = field(default_factory=list)
    _held: list[Record] | None = None
    _window: deque[tuple[int, Decimal]] = field(default_factory=deque)
    _volume: Decimal = Decimal(0)
    _last_id: int = -1

    def feed(self, records: Sequence[Record]) -> bool:
        """Look at the next *records*; whether the condition holds, or held before. Of times past the first counts."""
        if self._held is not None:
            self._held.extend(records)
            return self.met
        with localcontext(_EXACT):
            for record in records:
                if self.met:
                    break
                if isinstance(record, Gap):
                    self.gaps.append(record)
                else:
                    self._look(record)
        return self.met

    def present(self, figure: Decimal, at: int) -> None:
        """What the market was like when the watch began; newer records win."""
        if self.met or self.records:
            return
        self.seen, self.at = figure, at
        self.met = self.already = self.condition.holds(figure)

    def hold(self) -> None:
        """Keep what is fed until :meth:`release`: the past comes first."""
        self._held = []

    def release(self, past: Sequence[Record] = ()) -> None:
        """Look at the *past*, then at what was kept; records of both count once. What the past comes to at its end
        decides whether the condition held already: on the way there it was another window."""
        kept, self._held = self._held or [], None
        with localcontext(_EXACT):
            for record in past:
                if (figure := self._figure(record)) is not None:
                    self.seen, self.at = figure, time_of(record)
        if self.seen is not None:
            self.met = self.already = self.condition.holds(self.seen)
        self.feed(kept)

    def _look(self, record: Record) -> None:
        figure = self._figure(record)
        closed = isinstance(record, KlineEvent) and record.candle.closed
        if figure is None:
            return
        self.records += 1
        largest = self.condition.subject == "trade"
        if not largest or self.seen is None or figure > self.seen:
            self.seen, self.at = figure, time_of(record)
        if closed or self.condition.holds(figure):
            self.met, self.evidence = True, record

    def _figure(self, record: Record) -> Decimal | None:
        """What *record* says of the condition's subject; ``None`` for nothing."""
        match record:
            case AggTradeEvent() if self.condition.subject == "volume":
                return self._traded(record)
            case TradeEvent() | AggTradeEvent():
                price = number(record.price_text)
                size = self.condition.subject == "trade"
                return (number(record.quantity_text) if size else price) if price else None
            case BookTickerEvent():
                return spread(record.bid_text, record.ask_text, self.condition.unit)
            case PartialDepthEvent():
                return imbalance(record.bids, record.asks, self.condition.levels)
            case KlineEvent():
                return number(record.candle.close_text)
        return None

    def _traded(self, trade: AggTradeEvent) -> Decimal | None:
        """Volume of the window that ends with *trade*."""
        if trade.id <= self._last_id:
            return None
        self._last_id = trade.id
        quantity = number(trade.quantity_text) if number(trade.price_text) else Decimal(0)
        self._window.append((trade.time, quantity))
        self._volume += quantity
        begin = trade.time - self.condition.window * 1000
        while self._window[0][0] <= begin:
            self._volume -= self._window.popleft()[1]
        return self._volume


def time_of(record: Record) -> int:
    """Venue time of *record*, ms: when it was traded, else when it was told; 0 where it says none."""
    if isinstance(record, TradeEvent | AggTradeEvent):
        return record.time
    return 0 if isinstance(record, Gap) else record.event_ms


def spread(bid_text: str, ask_text: str, unit: Unit) -> Decimal | None:
    """Ask − bid, in the quote asset or to six decimals in percent of mid; ``None`` where a side is empty."""
    bid, ask = number(bid_text), number(ask_text)
    if not bid or not ask:
        return None
    with localcontext(_EXACT):
        if unit == "absolute":
            return ask - bid
        return ((ask - bid) * 200 / (ask + bid)).quantize(Decimal("0.000001"))


def imbalance(bids: Levels, asks: Levels, levels: int) -> Decimal | None:
    """The bids' share of the quantity in the best *levels* of each side, percent to two decimals, if there is any."""
    with localcontext(_EXACT):
        bid = sum((number(quantity) for _, quantity in bids[:levels]), Decimal(0))
        ask = sum((number(quantity) for _, quantity in asks[:levels]), Decimal(0))
        return (bid * 100 / (bid + ask)).quantize(Decimal("0.01")) if bid + ask else None
