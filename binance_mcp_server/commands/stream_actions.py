"""What the stream tools do: open a subscription, sum one up, wait for the market."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from binance_mcp_server.binance_ws_api import kinds
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.commands.views import stream_summary, streams, waits
from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.errors import InputError
from binance_mcp_server.feeds.waiting import Report, Wait
from binance_mcp_server.market import conditions
from binance_mcp_server.market.conditions import Condition, time_of
from binance_mcp_server.market.stream_stats import Stats, stats_of
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.events import Record
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.services import Services
from binance_mcp_server.venues import Market

FIRST_FRAME_SECONDS: Final = 2.0
_SELDOM: Final = frozenset({"blockTrade", "liquidation", "referencePrice", kinds.ACCOUNT})
"""Kinds whose next event may be hours away."""
_SLICE: Final = 2000
"""Records summed up at once; other calls get their turn in between."""
_UNTIMED: Final = "the venue tells no times here: seconds is left aside, all kept records count"
LONGEST_WINDOW: Final = 7 * 86400
"""Seconds of a summary; a ring hardly holds more."""
LONGEST_TIMEOUT: Final = 3600
"""Seconds of a wait."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a stream of some kinds can be asked besides; empty where it was left out."""

    interval: str | None = None
    levels: int | None = None
    speed: str | None = None
    window: str | None = None
    time_zone: str | None = None

    def spec(self, market: Market, kind: str, symbol: str | None) -> kinds.Spec:
        """The stream that is meant. Raises ``InputError`` for what does not exist."""
        return kinds.spec(
            market,
            kind,
            symbol,
            interval=(self.interval or "").strip(),
            levels=self.levels or 0,
            speed=(self.speed or "").strip(),
            window=(self.window or "").strip(),
            time_zone=(self.time_zone or "").strip(),
        )


async def subscribe(
    services: Services, market: Market, kind: str, symbol: str | None, options: Options, buffer: int
) -> Facts:
    """Open a subscription. The venue acknowledges a stream of a symbol that it does not know, and then stays silent:
    so the symbol is looked up first. Raises ``InputError`` before anything is sent for what cannot be."""
    options.spec(market, kind, symbol)
    queries = services.product(market)
    info = (await queries.symbols.get(symbol)).data if symbol else None
    if info is None:
        await queries.symbols.any_listed()
    spec = options.spec(market, kind, info.symbol if info else None)
    subscription = await services.hub.subscribe(spec, buffer=buffer)
    try:
        if spec.kind == "depth":
            await services.books.follow(subscription)
        if spec.kind not in _SELDOM and (info is None or info.status == "TRADING"):
            await _first_frame(subscription)
    except BaseException:  # whoever asked will never learn its id
        if not subscription.closed:
            await services.hub.unsubscribe(subscription.id)
        raise
    as_of = subscription.stream.last_event_ms or queries.venue_now_ms()
    return {
        **streams.opened(subscription, info),
        "venue": services.venue_of(market),
        "as_of": format_time(as_of),
    }


async def _first_frame(subscription: Subscription) -> None:
    """Wait a moment for data: an acknowledgement promises none."""
    if not subscription.stream.first_frame:
        nowhere = Place(0, subscription.stream.ring.next)
        await subscription.wait(nowhere, FIRST_FRAME_SECONDS)


async def unsubscribe(services: Services, id: str) -> Facts:
    """End a subscription; its last counters."""
    subscription = await services.hub.unsubscribe(id.strip())
    queries = services.product(subscription.spec.market)
    as_of = subscription.stream.last_event_ms or queries.venue_now_ms()
    return {
        **streams.closed(subscription),
        "venue": services.venue_of(subscription.spec.market),
        "as_of": format_time(as_of),
    }


async def summarise(services: Services, id: str, seconds: int | None) -> Facts:
    """Figures over the last *seconds* of venue time that a subscription keeps, or over all of it.

    Spot tells no times of best prices and partial depth: there all that is kept is summed up, and a note says so.
    """
    if seconds is not None and not 1 <= seconds <= LONGEST_WINDOW:
        raise InputError("seconds is out of range.", advice=f"Use 1 to {LONGEST_WINDOW}.")
    subscription = services.hub.subscription(id.strip())
    subscription.touch()
    spec, stream = subscription.spec, subscription.stream
    stats = stats_of(spec.kind, inverse=spec.market == "coinm")
    untimed = bool(seconds and subscription.kept and not stream.last_event_ms)
    window = None if untimed else seconds
    await sum_up(stats, stream.tail(window, subscription.kept))
    as_of = stream.last_event_ms or services.product(spec.market).venue_now_ms()
    return {
        "id": subscription.id,
        "stream": untrusted(spec.name, 80),
        "venue": services.venue_of(spec.market),
        "as_of": format_time(as_of),
        **({"seconds": window} if window else {}),
        **({"note": _UNTIMED} if untimed else {}),
        **stream_summary.facts(stats),
        **_cut_short(subscription, window),
        "dropped": subscription.dropped,
        **streams.caveats(subscription),
    }


def _cut_short(subscription: Subscription, seconds: int | None) -> Facts:
    """That a window begins before the oldest record kept."""
    if seconds is None:
        return {}
    stream = subscription.stream
    oldest = next(iter(stream.tail(most=subscription.kept)), None)
    if oldest is not None and time_of(oldest) < stream.last_event_ms - seconds * 1000:
        return {}
    if subscription.overflowed:
        return {"partial": "older records are not kept any more"}
    if subscription.age < seconds:
        return {"partial": "the subscription is younger than seconds"}
    return {}


async def sum_up(stats: Stats, records: Iterator[Record]) -> None:
    """Add *records* in slices: a million of them must not hold up everybody else."""
    while batch := list(islice(records, _SLICE)):
        stats.add(batch)
        await asyncio.sleep(0)


async def wait(
    services: Services,
    market: Market,
    symbol: str,
    condition: Condition,
    timeout: float,
    report: Report,
) -> Facts:
    """Wait until *condition* holds for *symbol*, at most *timeout* seconds.

    Raises ``InputError``, before anything is subscribed, for what can never hold.
    """
    if not 1 <= timeout <= LONGEST_TIMEOUT:
        raise InputError("timeout_seconds is out of range.", advice=f"Use 1 to {LONGEST_TIMEOUT}.")
    queries = services.product(market)
    info = (await queries.symbols.get(symbol)).data
    _trades(info)
    conditions.check_rules(condition, info.filters)
    options = Options(interval=condition.interval)
    spec = options.spec(market, condition.kind, info.symbol)
    one = Wait(queries, services.clock, spec, condition, report)
    await one.run(services.hub, timeout)
    as_of = one.newest_ms or one.watch.at or queries.venue_now_ms()
    return {**waits.facts(one), "venue": services.venue_of(market), "as_of": format_time(as_of)}


def _trades(info: SymbolInfo) -> None:
    if info.status != "TRADING":
        raise InputError(
            f"{untrusted(info.symbol)} does not trade now (status {untrusted(info.status)}):"
            " nothing can happen there.",
            advice="get_exchange_status and get_symbol_rules say more.",
        )
