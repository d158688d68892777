"""What an answer of the WebSocket API that is no success means, in the same words as one of REST. Pure.

Bans and throttles say when to come back by the venue's clock (web-socket-api.md "IP limits", 2026-07-21, read
2026-11-24).
"""

import math
import re
from dataclasses import replace
from typing import Final

from binance_mcp_server.binance_api import errors_map
from binance_mcp_server.binance_api.errors_map import excerpt, is_order_limit
from binance_mcp_server.binance_ws_api.api_messages import Answer
from binance_mcp_server.errors import BinanceMcpError, ThrottledError, TransportError

_SIGNATURE: Final = re.compile(rb"(?i)\b(signature)(=|\"\s*:\s*\")[^&\s\"'<>]+")


def without(answer: Answer, api_key: str) -> Answer:
    """*answer* fit to be quoted: something in between may have put our own request into it."""
    body = answer.body.replace(api_key.encode(), b"***")
    return replace(answer, body=_SIGNATURE.sub(rb"\1\2***", body))


def used(answer: Answer) -> int | None:
    """The venue's count of our weight, where it says it."""
    told = (limit.used for limit in answer.limits if limit.kind == "REQUEST_WEIGHT")
    return next(told, None)


def ban_in(answer: Answer, venue_now_ms: int) -> float | None:
    """How long the venue banned this address, seconds; ``None`` where it did not."""
    return errors_map.banned_for(_as_rest(answer, ""), venue_now_ms)


def refusal_of(answer: Answer, host: str) -> tuple[BinanceMcpError, float | None]:
    """The error that it means, and for how long, in seconds, nothing more may be asked at all."""
    error = errors_map.error_of(_as_rest(answer, host))
    if not isinstance(error, ThrottledError) or is_order_limit(error):
        return error, None
    return error, errors_map.throttled_for(_as_rest(answer, host))


def unreadable(answer: Answer, host: str) -> TransportError:
    """A success that holds something else than was asked for."""
    error = TransportError(
        f"{host} answered in another shape than documented: {excerpt(answer.body)}",
        advice="The venue may have changed its API; look for a newer version of this server.",
    )
    error.retryable = False
    return error


def _as_rest(answer: Answer, host: str) -> errors_map.Answer:
    """With seconds to wait in the place of a moment of the venue's clock."""
    wait = None
    if answer.retry_at_ms is not None and answer.server_ms is not None:
        wait = str(max(0, math.ceil((answer.retry_at_ms - answer.server_ms) / 1000)))
    return errors_map.Answer(answer.status, answer.body, host, wait)
