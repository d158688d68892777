"""Which of the venue's markets something recorded comes from: nothing in a frame says so outright.

Marks of futures frames, as recorded in 2024 and 2026 and as web-socket-streams of both products have them (read
2026-11-22): ``pu`` in depth updates, ``X`` in trades, ``ps`` on COIN-M alone until the two were joined in 2026-06, and
``st`` (1 USDⓈ-M, 2 COIN-M) since. A trade of spot has ``M`` instead.
"""

import re
from functools import lru_cache

import msgspec

from binance_mcp_server.exchange.engine.rules import Product

_COINM = re.compile(r".+USD_(?:PERP|[0-9]{6})")
_DATED = re.compile(r".+_[0-9]{6}")


class Marks(msgspec.Struct, gc=False):
    """The fields of an event that tell its market."""

    s: str = ""
    U: int | None = None
    pu: int | None = None
    ps: str | None = None
    st: int | None = None
    M: bool | None = None
    X: str | None = None


def product_of(event: Marks) -> Product | None:
    """The market that an event is of; ``None`` when it does not show."""
    named = product_named(event.s)
    if named or event.st in {1, 2}:
        return named or ("usdm" if event.st == 1 else "coinm")
    if event.ps is not None:
        return "coinm"
    if event.pu is not None or event.X is not None:
        return "usdm"
    if event.U is not None or event.M is not None:
        return "spot"
    return None


@lru_cache(maxsize=1024)
def product_named(symbol: str) -> Product | None:
    """The market that has symbols of this form: BTCUSD_PERP, BTCUSD_240927, BTCUSDT_240927; else ``None``."""
    if _COINM.fullmatch(symbol):
        return "coinm"
    return "usdm" if _DATED.fullmatch(symbol) else None
