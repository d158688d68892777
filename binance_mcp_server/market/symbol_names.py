"""Symbol names as people write them → as the venue writes them."""

import unicodedata

from binance_mcp_server.errors import InputError

LONGEST = 40
SEPARATORS = frozenset("/-_: ")
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SHAPE = (
    "A symbol is two asset names in one word, such as BTCUSDT (btc/usdt and BTC-USDT are"
    " understood); letters and digits of any script, at most 40 characters."
)


def normalise(text: str) -> str:
    """A spot symbol as the venue writes it: ``btc/usdt``, ``BTC-USDT``, ``BTC:USDT`` → ``BTCUSDT``.

    Unicode is composed (NFC); only ASCII letters change case, since a name in another script is what it is. Pure and
    idempotent. Raises :class:`InputError` for empty, long or foreign text and for anything that is no letter, mark or
    digit: line ends, controls, bidirectional and zero-width characters, ``../``, ``&``, ``=``.
    """
    if len(text) > LONGEST:
        raise InputError(f"A symbol of {len(text)} characters cannot exist.", advice=_SHAPE)
    upper = unicodedata.normalize("NFC", text).translate(_UPPER)
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
    return name


def _spell(character: str) -> str:
    """A character by its picture if it has a harmless one, and always by its number."""
    number = f"U+{ord(character):04X}"
    return f"{character!r} ({number})" if character.isprintable() else number
