"""The owner's limits and what is used of them, the kill switch, and what is still being found out."""

from decimal import Decimal
from typing import Final

from binance_mcp_server.commands.views.base import rounded, untrusted
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.trading.guard import DAY_MS, MINUTE_MS, GuardState
from binance_mcp_server.trading.journal import Intended
from binance_mcp_server.trading.kill_switch import Engaged
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.reconcile import Reconciliation

MOST: Final = 20
_PLACES: Final = 8
_LONGEST: Final = 200


def policy(allowed: Policy) -> Facts:
    """What the owner allows."""
    facts: Facts = {"trading": "on" if allowed.enabled else f"off: {allowed.why_disabled}"}
    limits = {f"limit_{name}": text for name, text in allowed.described() if text != "no limit"}
    person = limits.pop("limit_person", "none")
    return {**facts, **(limits or {"limits": "none"}), "needs_person": person}


def used(state: GuardState, allowed: Policy, now_ms: int) -> Facts:
    """What counts against the limits now."""
    worth = sum(
        (each.notional for each in state.placed if each.at_ms > now_ms - DAY_MS), Decimal(0)
    )
    orders = sum(each.orders for each in state.placed if each.at_ms > now_ms - MINUTE_MS)
    return {
        "used_day_notional": f"{rounded(worth, _PLACES)} {untrusted(allowed.currency)}",
        "used_orders_per_minute": orders,
    }


def kill_switch(engaged: Engaged | None) -> Facts:
    """Who stopped trading, and why; the reason is somebody's text."""
    if engaged is None:
        return {"kill_switch": "released"}
    reason = f": {untrusted(engaged.reason, _LONGEST)}" if engaged.reason else ""
    by = untrusted(engaged.by)
    return {"kill_switch": f"engaged since {format_time(engaged.at)} by {by}{reason}"}


def unsettled(entries: tuple[Intended, ...]) -> Facts:
    """Intents of which nobody knows yet what became of them."""
    if not entries:
        return {}
    return {
        "fate_open": [
            f"{untrusted(each.id)} {each.action} {untrusted(each.symbol)} since {format_time(each.at)}"
            for each in entries[:MOST]
        ]
    }


def at_start(found: Reconciliation | None) -> Facts:
    """What was otherwise at the venue than the journal had it."""
    texts = found.differences.texts if found else ()
    return {"found_at_start": [untrusted(each, _LONGEST) for each in texts[:MOST]]} if texts else {}
