"""Finding symbols by what people type. Pure: a list of symbols in, a ranked list out."""

import re
from collections.abc import Iterable, Mapping, Sequence

from binance_mcp_server.models.info import SymbolInfo

QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "TUSD", "EUR", "TRY", "BRL")
"""Quote assets in the order in which most people mean them."""
_QUOTE_RANK = {quote: rank for rank, quote in enumerate(QUOTES)}

NAMES: dict[str, str] = {
    "AAVE": "AAVE",
    "ALGORAND": "ALGO",
    "APTOS": "APT",
    "ARBITRUM": "ARB",
    "AVALANCHE": "AVAX",
    "BINANCECOIN": "BNB",
    "BITCOIN": "BTC",
    "BITCOINCASH": "BCH",
    "CARDANO": "ADA",
    "CHAINLINK": "LINK",
    "COSMOS": "ATOM",
    "DOGECOIN": "DOGE",
    "ETHER": "ETH",
    "ETHEREUM": "ETH",
    "ETHEREUMCLASSIC": "ETC",
    "FILECOIN": "FIL",
    "HEDERA": "HBAR",
    "INTERNETCOMPUTER": "ICP",
    "LITECOIN": "LTC",
    "MONERO": "XMR",
    "OPTIMISM": "OP",
    "POLKADOT": "DOT",
    "POLYGON": "POL",
    "RIPPLE": "XRP",
    "SHIBA": "SHIB",
    "SHIBAINU": "SHIB",
    "SOLANA": "SOL",
    "STELLAR": "XLM",
    "TETHER": "USDT",
    "TONCOIN": "TON",
    "TRON": "TRX",
    "UNISWAP": "UNI",
    "XBT": "BTC",
}
"""Words for coins that are not their ticker."""
_MAJORS = ("BTC", "ETH", "BNB", "SOL", "XRP", "DOGE", "ADA", "TRX", "AVAX", "LINK", "LTC", "DOT")
_MAJOR_RANK = {asset: rank for rank, asset in enumerate(_MAJORS)}

_DATED = re.compile(r"_[0-9]+$")
_NO_MATCH = 99


def preference(info: SymbolInfo) -> tuple[bool, int, int, int, str]:
    """Sort key among equals: what has no delivery date, trading before halted, the usual quote assets first, then the
    major coins."""
    return (
        _DATED.search(info.symbol) is not None,
        0 if info.status == "TRADING" else 1,
        _QUOTE_RANK.get(info.quote_asset, len(QUOTES)),
        _MAJOR_RANK.get(info.base_asset, len(_MAJORS)),
        info.symbol,
    )


def find(infos: Iterable[SymbolInfo], words: Sequence[str]) -> list[SymbolInfo]:
    """Symbols that match *words* (as the venue writes letters), best first.

    Exact symbol, then base asset, beginning of the symbol, any part of it; nearly so only where nothing matches well.
    Of several words, those after the first may name the quote asset. Without words: all, the usual ones first.
    """
    everything = list(infos)
    if not words:
        return sorted(everything, key=preference)
    terms = [NAMES.get(word, word) for word in words]
    joined = NAMES.get("".join(words), "".join(terms))
    found = _ranked(everything, joined)
    if not found and len(terms) > 1:
        quotes = {info.quote_asset for info in everything}
        wanted = [term for term in terms[1:] if term in quotes]
        pool = [info for info in everything if not wanted or info.quote_asset in wanted]
        found = _ranked(pool, terms[0])
    if found:
        return found
    near = nearest(joined, everything, limit=20)
    return near or nearest_bases(joined, everything)


def _ranked(infos: Iterable[SymbolInfo], term: str) -> list[SymbolInfo]:
    scored = [(score, info) for info in infos if (score := _score(info, term)) != _NO_MATCH]
    scored.sort(key=lambda pair: (pair[0], preference(pair[1])))
    return [info for _, info in scored]


def _score(info: SymbolInfo, term: str) -> int:
    symbol = info.symbol.replace("_", "")  # as words come, without separators
    if symbol == term:
        return 0
    if info.base_asset == term:
        return 1
    if symbol.startswith(term):
        return 2
    if info.quote_asset == term:
        return 3
    return 4 if term in symbol else _NO_MATCH


def nearest(name: str, infos: Iterable[SymbolInfo], *, limit: int = 5) -> list[SymbolInfo]:
    """Symbols that *name* may be a slip of: an asset or a coin alone, a pair the wrong way round, up to two edits.

    *name* itself is never among them.
    """
    others = [info for info in infos if info.symbol != name]
    assets = {name, *coins_like(name)}
    scored: list[tuple[int, SymbolInfo]] = []
    mask = _mask(name)
    most = 1 if len(name) < 5 else 2
    for info in others:
        if info.base_asset in assets or info.quote_asset + info.base_asset == name:
            scored.append((0, info))
        # An edit changes two letters at most of the set of letters: most symbols end here.
        elif (_mask(info.symbol) ^ mask).bit_count() <= 2 * most:
            distance = edit_distance(name, info.symbol, most)
            if distance <= most:
                scored.append((distance, info))
    scored.sort(key=lambda pair: (pair[0], preference(pair[1])))
    return [info for _, info in scored[:limit]]


def coins_like(word: str) -> list[str]:
    """Assets of the coins that *word* names, or nearly names: ``BITCION`` → ``BTC``."""
    if word in NAMES:
        return [NAMES[word]]
    most = 0 if len(word) < 5 else 1 if len(word) < 7 else 2
    return [NAMES[name] for name in NAMES if edit_distance(word, name, most) <= most]


def nearest_bases(name: str, infos: Iterable[SymbolInfo], *, limit: int = 5) -> list[SymbolInfo]:
    """Symbols whose base asset is one or two edits from *name*."""
    if len(name) < 3:
        return []
    most = 1 if len(name) < 6 else 2
    kept = [info for info in infos if edit_distance(name, info.base_asset, most) <= most]
    return sorted(kept, key=preference)[:limit]


def _mask(text: str) -> int:
    mask = 0
    for character in text:
        mask |= 1 << (ord(character) & 63)
    return mask


def edit_distance(left: str, right: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; ``most + 1`` when more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last = row, before
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def complete(symbols: Mapping[str, SymbolInfo], prefix: str, *, limit: int = 100) -> list[str]:
    """Names that begin with *prefix*, the likeliest first."""
    fitting = [info for name, info in symbols.items() if name.replace("_", "").startswith(prefix)]
    return [info.symbol for info in sorted(fitting, key=preference)[:limit]]
