"""What came of a wait, as flat facts, and how things stand while it lasts."""

from typing import TYPE_CHECKING

from binance_mcp_server.commands.views.base import untrusted
from binance_mcp_server.market.conditions import Condition, Watch
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.events import AggTradeEvent, KlineEvent, Record, TradeEvent
from binance_mcp_server.models.exact import plain, trim

if TYPE_CHECKING:
    from binance_mcp_server.feeds.waiting import Wait

MISSED = "what happened in the gaps is not known: the condition may have held there"


def facts(wait: "Wait") -> Facts:
    """Met or not, what was seen, and what could not be."""
    watch = wait.watch
    shown: Facts = {
        "met": watch.met,
        "symbol": untrusted(wait.spec.symbol),
        **_asked(wait.condition),
        **({"seen": plain(watch.seen)} if watch.seen is not None else {}),
        **({"at": format_time(watch.at)} if watch.at else {}),
        **({"already": True} if watch.already else {}),
        **_evidence(watch.evidence),
        "records": watch.records,
        "waited_seconds": round(wait.seconds, 1),
    }
    if watch.gaps:
        shown["gaps"] = [[gap.first, gap.last] for gap in watch.gaps[-5:]]
        shown["note"] = MISSED
    if not watch.met and wait.state not in {"", "live"}:
        shown["state"] = wait.state
    if wait.partial:
        shown["partial"] = wait.partial
    return shown


def progress(watch: Watch) -> str:
    """How far the condition is away, in one line."""
    condition = watch.condition
    if condition.value is None:
        return f"waiting for a {condition.interval} candle to close"
    goal = f"{condition.name} {plain(condition.value)}"
    if watch.seen is None:
        return f"waiting for {goal}; nothing seen yet"
    distance = plain(abs(condition.value - watch.seen))
    return f"waiting for {goal}; now {plain(watch.seen)}, {distance} away"


def _asked(condition: Condition) -> Facts:
    """The condition as it was understood, defaults filled in."""
    shown: Facts = {"condition": condition.name}
    if condition.value is not None:
        shown["value"] = plain(condition.value)
    match condition.subject:
        case "spread":
            shown["unit"] = condition.unit
        case "volume":
            shown["window_seconds"] = condition.window
        case "imbalance":
            shown["levels"] = condition.levels
        case "candle":
            shown["interval"] = condition.interval
    return shown


def _evidence(record: Record | None) -> Facts:
    """What made it true, where that has a name of its own."""
    match record:
        case TradeEvent() | AggTradeEvent():
            return {"trade_id": str(record.id), "trade_price": trim(record.price_text)}
        case KlineEvent():
            candle = record.candle
            return {
                "open_time": format_time(candle.open_time),
                "open": trim(candle.open_text),
                "high": trim(candle.high_text),
                "low": trim(candle.low_text),
                "close": trim(candle.close_text),
                "volume": trim(candle.volume_text),
            }
    return {}
