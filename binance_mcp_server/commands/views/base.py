"""What every reply says about itself."""

import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from binance_mcp_server.market.times import format_time
from binance_mcp_server.models.exact import plain
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.venues import Market

_MARKS = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def provenance(venue: str, answer: Answer[Any], market: Market = "spot") -> dict[str, Any]:
    """Venue, moment and origin of the data, and what is missing from it; and the product, where it is not spot."""
    facts: dict[str, Any] = {} if market == "spot" else {"market": market}
    facts |= {"venue": venue, "as_of": format_time(answer.as_of_ms // 1000 * 1000)}
    if answer.source != "rest":
        facts["source"] = answer.source
    if answer.partial:
        facts["partial"] = answer.partial
    if answer.not_trading:
        facts["not_trading"] = [untrusted(name) for name in answer.not_trading]
    return facts


def untrusted(text: str, most: int = 60) -> str:
    """Text that others wrote, safe to show: control, bidirectional and zero-width characters gone, length capped."""
    kept = "".join(char for char in text if unicodedata.category(char) not in _MARKS)
    return kept if len(kept) <= most else kept[: most - 1] + "…"


def rounded(number: Decimal, places: int) -> str:
    """A derived number (never a venue's own) with at most *places* decimals."""
    return plain(number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def ratio_percent(part: Decimal, whole: Decimal, places: int = 3) -> str:
    """*part* in percent of *whole*; empty when there is no whole."""
    return rounded(part * 100 / whole, places) if whole else ""
