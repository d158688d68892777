"""Which silence of a stream is strange: one that its own pace does not explain. Pure."""

from typing import Final

from binance_mcp_server.binance_ws_api.stream import Stream

NEVER_STRANGE: Final = 5.0
"""Seconds of silence that mean nothing."""
MISSING: Final = 30.0
"""Frames that should have come, by the pace before, in a silence that looks strange."""
MISSING_PERIODS: Final = 10.0
"""Times that the kind of stream is sent on a busy market, likewise."""


def is_silent(stream: Stream, now: float) -> bool:
    """Whether *stream* should have been heard of by *now*, monotonic seconds. Without a pace it may be quiet."""
    return bool(stream.rate) and now - stream.heard_at > patience(stream)


def patience(stream: Stream) -> float:
    """Seconds of silence that the stream's own pace, or that of its kind, explains."""
    by_pace = MISSING / stream.rate if stream.rate else 0.0
    return max(NEVER_STRANGE, by_pace, MISSING_PERIODS * stream.spec.period)
