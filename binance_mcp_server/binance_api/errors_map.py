"""What an answer that is no success means: status, headers and body → one error of ours. Pure.

HTTP statuses: rest-api.md "HTTP Return Codes" and "IP Limits"; codes: errors.md of Binance's spot documents
(2026-07-21), "Error Codes" of the USDⓈ-M and COIN-M documents, read 2026-11-22. Of the codes that market data can meet
none means another thing on futures; those of trading do, and here they mean what they mean on spot (read 2026-11-24).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.binance_api.decode import decode_error
from binance_mcp_server.errors import (
    BinanceMcpError,
    FirewallError,
    RegionError,
    RejectedError,
    ThrottledError,
    TransportError,
    UnavailableError,
    VenueError,
)
from binance_mcp_server.models.errors import ErrorBody

MAX_TEXT: Final = 200
"""Characters of other people's text in a message of ours."""
TOO_MANY: Final = -1003
ORDER_LIMITS: Final = frozenset({-1015, -2021, -2022})
"""Codes that come with 429 when an *account* placed too many orders; the address is not meant."""
SHORTEST_BAN: Final = 120.0
"""Seconds, where a 418 does not say: bans last from 2 minutes to 3 days (rest-api.md "IP Limits")."""
WINDOW: Final = 60.0
"""Seconds, where a 429 does not say."""

TEMPORARY: Final = frozenset({-1001, -1006, -1007, -1008, -1016})
"""Codes by which the venue says that it failed, not the request."""
SICK: Final = frozenset({500, 502, 503, 504})
"""Statuses after which a read is worth another try."""

ADVICE: Final[Mapping[int, str]] = {
    -1000: "Try again; if it stays, the venue has a fault.",
    -1001: "Try again in a moment.",
    -1002: "This endpoint needs a permission that the key does not have.",
    -1003: "Wait, then ask less often or for less at once.",
    -1006: "Try again in a moment.",
    -1007: "Try again in a moment.",
    -1008: "The venue is overloaded; try again in a few minutes.",
    -1016: "The venue is shutting this service down; try again later.",
    -1020: "The venue does not support this operation.",
    -1021: "This machine's clock is off: synchronise it (NTP).",
    -1022: "The signature is wrong: check the secret that belongs to the key.",
    -1100: "A parameter has characters that the venue does not take; check the symbol's spelling.",
    -1101: "A parameter was sent twice or one too many.",
    -1102: "A mandatory parameter is missing or malformed.",
    -1103: "The venue does not know one of the parameters.",
    -1104: "The venue did not read all parameters.",
    -1105: "A parameter is empty.",
    -1106: "A parameter was sent where it is not allowed.",
    -1108: "A number is too large.",
    -1111: "Too many decimals: round to what get_symbol_rules says.",
    -1112: "There are no orders in this book now.",
    -1120: "Use one of 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M (case matters).",
    -1121: "Check the symbol: search_symbols(query) finds it.",
    -1122: "Use TRADING, HALT or BREAK; of a contract: it does not trade now.",
    -1127: "Ask for a shorter range.",
    -1128: "These parameters do not go together; leave one out.",
    -1130: "A parameter's value is not valid.",
    -1135: "A list is not valid JSON.",
    -1139: "Use FULL or MINI.",
    -1151: "Name each symbol once.",
    -1194: "Use MILLISECOND or MICROSECOND.",
    -1220: "The symbol has another trading status; leave symbolStatus out.",
    -1013: "The order breaks a filter of the symbol: get_symbol_rules shows them.",
    -1015: "Too many orders were placed: wait. Orders that stand can be cancelled meanwhile.",
    -1114: "This order type takes no timeInForce.",
    -1115: "Use GTC, IOC or FOK.",
    -1116: "The venue does not know this order type, or does not take it here.",
    -1117: "Use BUY or SELL.",
    -1145: "Use ONLY_NEW or ONLY_PARTIALLY_FILLED.",
    -2010: "The venue's words say why: often too little balance, or a price that would trade at once.",
    -2011: "There is no such open order: it may be filled or cancelled already. Ask for the order.",
    -2013: "There is no such order on this symbol.",
    -2014: "The API key is malformed.",
    -2015: "The key, its IP list or its permissions do not allow this; is it a key of this venue?",
    -2021: "One half was done, the other was not: `data` says which.",
    -2022: "Nothing was changed.",
    -2026: "The order was cancelled or expired without a trade more than 90 days ago.",
    -2038: "The order cannot be amended; the venue's words say why.",
    -2039: "Order id and client order id belong to different orders.",
    -2043: "This symbol has no reference price; use get_average_price or get_price.",
}
"""What to do about a code, in the words of this server's tools."""

FIREWALL_ADVICE: Final = (
    "The venue's web firewall refused it: too many requests from this address, a blocked network, or"
    " words in a parameter that look like SQL. Do not repeat it; wait some minutes. Public market data of"
    " spot is also on https://data-api.binance.vision (BINANCE_MCP_REST_URL)."
)
REGION_ADVICE: Final = (
    "Binance does not serve this from here. Public market data of spot is also on"
    " https://data-api.binance.vision (BINANCE_MCP_REST_URL); in the USA use venue `us`; offline use"
    " venue `sim`."
)

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TAGS: Final = re.compile(
    r"<(?:script|style)\b.*?(?:</(?:script|style)>|$)|<[^>]*(?:>|$)", re.IGNORECASE | re.DOTALL
)
_BLANKS: Final = re.compile(r"\s+")
_UNTIL: Final = re.compile(r"banned until (\d{12,14})\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no success, with what its meaning may hang on."""

    status: int
    body: bytes
    host: str
    retry_after: str | None = None
    location: str | None = None


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Other people's text as one line of data: no control, bidirectional or invisible characters, at most *limit*."""
    shown = "".join(
        " " if c in "\t\n\r\v\f" else c
        for c in text[: 50 * limit]
        if c in "\t\n\r\v\f" or unicodedata.category(c) not in _HIDDEN
    )
    line = _BLANKS.sub(" ", shown).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def excerpt(body: bytes) -> str:
    """The beginning of a body that is not what was asked for, readable."""
    text = body[: 50 * MAX_TEXT].decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        text = _TAGS.sub(" ", text)
    return clean(text)


def seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` as seconds; ``None`` when absent or anything but a plain number."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def throttled_for(answer: Answer) -> float:
    """How long a 429 asks to wait, seconds."""
    said = seconds(answer.retry_after)
    return WINDOW if said is None else said


def banned_for(answer: Answer, venue_now_ms: int) -> float | None:
    """How long the venue banned this address, seconds; ``None`` when the answer is no ban."""
    until = _UNTIL.search(answer.body[:1000].decode("utf-8", "replace"))
    if answer.status != 418 and not (until and error_code(answer) == TOO_MANY):
        return None
    said = seconds(answer.retry_after)
    if said is not None:
        return said
    return max(0.0, (int(until[1]) - venue_now_ms) / 1000) if until else SHORTEST_BAN


def error_code(answer: Answer) -> int | None:
    """The venue's own code, if the body has one."""
    error = decode_error(answer.body)
    return error.code if error else None


def is_order_limit(error: VenueError) -> bool:
    """Whether it is new orders that the venue wants fewer of (rest-api.md "Unfilled Order Count", read 2026-11-24)."""
    return error.status == 429 and error.code in ORDER_LIMITS


def error_of(answer: Answer) -> BinanceMcpError:
    """The error that *answer* means. Bans are the caller's business (``banned_for``)."""
    body = decode_error(answer.body)
    found = _error_of(answer, body)
    if isinstance(found, VenueError) and body is not None:
        found.data = bytes(body.data)
    return found


def _error_of(answer: Answer, error: ErrorBody | None) -> BinanceMcpError:
    status = answer.status
    if 300 <= status < 400:
        return _redirected(answer)
    code = error.code if error else None
    if status == 429 or code == TOO_MANY:
        return ThrottledError(
            f"HTTP {status}, too many requests: {_words(answer, error)}",
            status=status,
            code=code,
            advice=ADVICE[code if code in ADVICE and code is not None else TOO_MANY],
            retry_after=throttled_for(answer),
        )
    if status >= 500 or code in TEMPORARY:
        return UnavailableError(
            f"HTTP {status}: {_words(answer, error)}",
            status=status,
            code=code,
            advice=ADVICE.get(code or 0, "The venue has a fault; try again later."),
            retry_after=seconds(answer.retry_after),
        )
    return _refused(answer, error)


def _refused(answer: Answer, error: ErrorBody | None) -> BinanceMcpError:
    """4xx, or a success that carries an error."""
    status, words = answer.status, _words(answer, error)
    if status == 451:
        return RegionError(
            f"HTTP 451, refused for where the request came from: {words}",
            status=status,
            code=error.code if error else None,
            advice=REGION_ADVICE,
        )
    if error is not None and error.code < 0:
        return RejectedError(
            f"{answer.host} refused it: {words}",
            status=status,
            code=error.code,
            advice=ADVICE.get(error.code, ""),
        )
    if status == 403:
        return FirewallError(f"HTTP 403: {words}", status=status, advice=FIREWALL_ADVICE)
    failure = TransportError(
        f"HTTP {status} from {answer.host}, not in the venue's form: {words}",
        advice=_ELSEWHERE.get(status, "Is this the right address, and is nothing in between?"),
    )
    failure.retryable = status == 408
    return failure


_ELSEWHERE: Final[Mapping[int, str]] = {
    404: "The venue does not have this endpoint.",
    407: "The proxy in HTTPS_PROXY wants other credentials.",
    408: "Try again in a moment.",
    410: "The venue retired this endpoint.",
}


def _redirected(answer: Answer) -> TransportError:
    match = re.match(
        r"\s*(?:https?:)?//(?:[^/@?#]*@)?([^/?#]+)", answer.location or "", re.IGNORECASE
    )
    where = clean(match[1], 80) if match else "another path"
    error = TransportError(
        f"{answer.host} redirects to {where} (HTTP {answer.status}); redirects are not followed.",
        advice="Something answers for the venue: a portal, a proxy or a wrong address.",
    )
    error.retryable = False
    return error


def _words(answer: Answer, error: ErrorBody | None) -> str:
    """The venue's code and words, else what can be read of the body."""
    if error is not None:
        return f"{clean(error.msg) or 'no text'} (code {error.code})"
    return excerpt(answer.body) or "empty answer"
