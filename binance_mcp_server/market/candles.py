"""Which candles can change no more."""

from collections.abc import Sequence

from binance_mcp_server.models.market import Kline

SAFETY_MS = 2000
"""How far venue time must be past a candle's end: the time of a reply is known to the second at worst."""


def closed_count(rows: Sequence[Kline], venue_ms: int) -> int:
    """How many of the first *rows* (ascending) are closed, on evidence: a later candle stands behind them in the same
    reply, or *venue_ms*, the venue's time at the reply, is safely past their end."""
    if not rows:
        return 0
    last_is_closed = rows[-1].close_time < venue_ms - SAFETY_MS
    return len(rows) if last_is_closed else len(rows) - 1
