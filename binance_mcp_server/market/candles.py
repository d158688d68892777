"""Which candles can change no more."""

from collections.abc import Sequence

from binance_mcp_server.models.market import Kline

SAFETY_MS = 2000
"""How far venue time must be past a candle's end: candles come from a database that may lag behind the clock."""


def closed_count(rows: Sequence[Kline], venue_ms: int) -> int:
    """How many of the first *rows* (ascending) are closed, on evidence: a later candle stands behind them in the same
    reply, or *venue_ms*, which the venue's clock had reached when it answered, is safely past their end."""
    if not rows:
        return 0
    last_is_closed = rows[-1].close_time < venue_ms - SAFETY_MS
    return len(rows) if last_is_closed else len(rows) - 1
