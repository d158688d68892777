"""Lines of the journal for tests."""

from binance_mcp_server.trading.journal import Fate, Intended, Seen, State

NOW = 1_795_000_000_000


def intended(
    name: str, *, at: int = NOW, token: str = "", notional: str = "10", orders: int = 1
) -> Intended:
    return Intended(
        at=at,
        venue="sim",
        account="a",
        id=name,
        token=token,
        principal="process 1",
        action="order",
        symbol="BTCUSDT",
        canonical='["order",{"symbol":"BTCUSDT"}]',
        client_ids=(f"mcp-{name}",),
        notional=notional,
        orders=orders,
    )


def outcome(name: str, state: State, *, at: int = NOW, status: str = "") -> Fate:
    orders = (Seen("BTCUSDT", name, f"mcp-{name}", status),) if status else ()
    return Fate(at=at, intent=name, state=state, source="answer", orders=orders)
