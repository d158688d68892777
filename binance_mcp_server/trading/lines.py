"""The journal's lines about an intent, made of what the desk knows of it. Pure."""

from binance_mcp_server.models.exact import plain
from binance_mcp_server.trading.guard import Verdict
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.journal import Approved, Intended
from binance_mcp_server.trading.previews import Approval, Leave
from binance_mcp_server.trading.requests import target_of
from binance_mcp_server.trading.scope import Scope


def intended(scope: Scope, intent: Intent, leave: Leave, verdict: Verdict, now_ms: int) -> Intended:
    """That *intent*, which has its name, is to be carried out."""
    target_id, target_client_id = target_of(intent)
    return Intended(
        at=now_ms,
        venue=scope.venue,
        account=scope.account,
        id=intent.client_id,
        token=leave.token or "",
        principal=leave.principal,
        action=intent.kind,
        symbol=intent.symbol,
        canonical=intent.canonical().decode(),
        client_ids=intent.client_ids,
        target_id=target_id,
        target_client_id=target_client_id,
        notional=plain(verdict.notional) if verdict.notional is not None else "0",
        orders=intent.orders,
        allowed_by=leave.approval.by if leave.approval else "policy",
    )


def approved(scope: Scope, intent: Intent, approval: Approval, now_ms: int) -> Approved:
    """What a person said about *intent*."""
    return Approved(
        at=now_ms,
        venue=scope.venue,
        id=approval.id,
        canonical=intent.canonical().decode(),
        verdict="granted" if approval.granted else "declined",
        by=approval.by,
    )
