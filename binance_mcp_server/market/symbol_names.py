"""Symbol names as people write them → as the venue writes them.

Names of contracts: "Common Definition" and exchangeInfo of the USDⓈ-M and COIN-M documents
(developers.binance.com/docs/derivatives), read 2026-11-22. A perpetual is ``BTCUSDT`` on USDⓈ-M and ``BTCUSD_PERP`` on
COIN-M; a contract with a delivery date ends with it on both: ``BTCUSDT_261225``.
"""

import re
import unicodedata

from binance_mcp_server.errors import InputError
from binance_mcp_server.venues import Market

LONGEST = 40
SEPARATORS = frozenset("/-_: ")
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DATED = re.compile(r"(.*[^0-9])([0-9]{6})")
_PERPETUAL = re.compile(r"(.+?)(?:PERP)+")
_SETTLED_IN = re.compile(r"(/[^/:]+):[^/:-]+(-|$)")
"""ccxt names the asset that a contract settles in: ``BTC/USDT:USDT``, ``BTC/USD:BTC-261225``."""
_SHAPE = (
    "A symbol is two asset names in one word, such as BTCUSDT (btc/usdt and BTC-USDT are"
    " understood); letters and digits of any script, at most 40 characters."
)


def normalise(text: str, market: Market = "spot") -> str:
    """A symbol of *market* as the venue writes it: ``btc/usdt``, ``BTC-USDT``, ``BTC:USDT`` → ``BTCUSDT``; on COIN-M
    ``btcusd`` and ``BTC/USD-perp`` → ``BTCUSD_PERP``.

    Unicode is composed (NFC); only ASCII letters change case, since a name in another script is what it is. Pure and
    idempotent. Raises :class:`InputError` for empty, long or foreign text and for anything that is no letter, mark or
    digit: line ends, controls, bidirectional and zero-width characters, ``../``, ``&``, ``=``.
    """
    if len(text) > LONGEST:
        raise InputError(f"A symbol of {len(text)} characters cannot exist.", advice=_SHAPE)
    upper = unicodedata.normalize("NFC", text).translate(_UPPER)
    if market != "spot":
        upper = _SETTLED_IN.sub(r"\1\2", upper)
    # Letters that a separator kept apart may compose now.
    name = unicodedata.normalize("NFC", "".join(c for c in upper if c not in SEPARATORS))
    if not name:
        raise InputError("The symbol is empty.", advice=_SHAPE)
    stranger = next((c for c in name if unicodedata.category(c)[0] not in "LMN"), None)
    if stranger is not None:
        raise InputError(
            f"A symbol cannot contain {_spell(stranger)}.",
            advice=_SHAPE,
        )
    if market != "spot":
        name = _contract(name, market)
    if len(name) > LONGEST:
        raise InputError(f"A symbol of {len(name)} characters cannot exist.", advice=_SHAPE)
    return name


def _contract(name: str, market: Market) -> str:
    """The contract that *name*, without separators, means."""
    dated = _DATED.fullmatch(name)
    if dated:
        return f"{dated[1]}_{dated[2]}"
    perpetual = _PERPETUAL.fullmatch(name)
    pair = perpetual[1] if perpetual else name
    if market == "usdm":
        return pair
    return f"{pair}_PERP" if perpetual or pair.endswith("USD") else name


def _spell(character: str) -> str:
    """A character by its picture if it has a harmless one, and always by its number."""
    number = f"U+{ord(character):04X}"
    return f"{character!r} ({number})" if character.isprintable() else number
