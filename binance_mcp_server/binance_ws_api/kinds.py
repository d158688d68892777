"""Every kind of public stream: its name on the wire, what "next" means in it, and what becomes of it when nobody reads.

Names and speeds: web-socket-streams.md of the spot documents and the stream pages of USDⓈ-M and COIN-M futures, read
2026-11-22. Pure: a :class:`Spec` is all that the rest of this room needs to know of a stream.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.intervals import parse_interval
from binance_mcp_server.market.times import parse_time_zone
from binance_mcp_server.venues import Market

Rule = Literal["ids", "updates", "candles", "rising", "loose"]
"""How events of a stream follow each other: by ids without a hole; by ranges of update ids; by candles; by a number
that only rises; or by nothing that could be checked."""
Keyed = Literal["id", "update id", "time"]
"""What the numbers of a range in a stream are."""

ACCOUNT: Final = "account"
"""Orders and balances of the owner's account: its user data stream, which has no name at the venue."""
PARTIAL_LEVELS: Final = (5, 10, 20)
WINDOWS: Final = ("1h", "4h", "1d")
_EAST_8: Final = "08:00"
"""The one time zone that streams of candles have besides UTC (web-socket-streams.md, "Kline/Candlestick Streams with
timezone offset", read 2026-11-24)."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One stream. The same name at the same place is the same stream, however it was asked for."""

    market: Market
    kind: str = field(compare=False)
    symbol: str = field(compare=False)
    """In the venue's spelling; empty for all symbols of the market."""
    name: str
    """On the wire."""
    route: str = ""
    """USDⓈ-M only: ``public`` or ``market``. The wrong one acknowledges and stays silent."""
    rule: Rule = field(default="rising", compare=False)
    marker: bytes = field(default=b"", compare=False)
    """What stands before the number that the rule looks at."""
    period: float = field(default=0.0, compare=False)
    """Seconds between events of a busy market; 0 where events come when something happens."""
    interval: str = field(default="", compare=False)
    """With ``@`` and an offset from UTC behind it where that is not zero."""
    levels: int = field(default=0, compare=False)
    speed: str = field(default="", compare=False)
    """As asked for, as the three others: the name says what they came to."""
    window: str = field(default="", compare=False)

    @property
    def conflates(self) -> bool:
        """Whether a newer event says all that an older one said."""
        return self.rule in {"candles", "rising"}

    @property
    def keyed(self) -> Keyed:
        if self.rule == "ids":
            return "id"
        by_update = self.rule == "updates" or self.marker in {_UPDATE, _LAST_UPDATE}
        return "update id" if by_update else "time"

    @property
    def is_private(self) -> bool:
        """Whether it tells of the owner's account, and comes with a key alone."""
        return self.kind == ACCOUNT

    @property
    def many(self) -> bool:
        """Whether one frame holds a list of events."""
        return self.name.startswith("!") and "@arr" in self.name

    def __repr__(self) -> str:
        return f"<{self.market} {self.name}>"


@dataclass(frozen=True, slots=True)
class _Options:
    """What a caller asked for besides kind and symbol; empty where it was left out."""

    interval: str
    levels: int
    speed: str
    window: str
    time_zone: str


_UPDATE: Final = b'"u":'
_LAST_UPDATE: Final = b'"lastUpdateId":'
_EVENT: Final = b'"E":'

_Suffix = Callable[[Market, _Options], str]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of stream in one market or several."""

    suffix: _Suffix
    rule: Rule
    marker: bytes
    period: float
    markets: frozenset[Market]
    route: str = "market"
    """Of USDⓈ-M."""
    takes: frozenset[str] = frozenset()
    """Options that mean something to it."""
    alone: bool = True
    """Whether there is a stream of one symbol."""
    everything: Mapping[Market, str] | None = None
    """The stream of all symbols, by market; braces are filled from the options."""


def _fixed(text: str) -> _Suffix:
    return lambda _market, _options: text


def _depth(market: Market, options: _Options) -> str:
    speeds = ("100ms", "1000ms") if market == "spot" else ("100ms", "250ms", "500ms")
    speed = _one_of("speed", options.speed or "100ms", speeds)
    # The slow default has no suffix.
    return "depth" if speed in {"1000ms", "250ms"} else f"depth@{speed}"


def _partial_depth(market: Market, options: _Options) -> str:
    levels = _one_of("levels", str(options.levels or 20), tuple(map(str, PARTIAL_LEVELS)))
    return _depth(market, options).replace("depth", f"depth{levels}", 1)


def _kline(market: Market, options: _Options) -> str:
    interval = parse_interval(options.interval or "1m")
    if market != "spot" and interval == "1s":
        raise InputError("Futures have no candles of a second.", advice="Use 1m or longer.")
    zone = parse_time_zone(options.time_zone or None)
    if zone is None:
        return f"kline_{interval}"
    if market != "spot":
        raise InputError("Candles of futures have no time zone.", advice="Leave time_zone out.")
    if zone != _EAST_8:  # another is acknowledged, and silent
        raise InputError(
            "Streams of candles begin at UTC or at UTC+8.",
            advice="Use time_zone 8, or none; get_candles takes every time zone.",
        )
    return f"kline_{interval}@+{zone}"


def _rolling(_market: Market, options: _Options) -> str:
    return f"ticker_{_one_of('window', options.window or '1h', WINDOWS)}"


def _mark_price(_market: Market, options: _Options) -> str:
    speed = _one_of("speed", options.speed or "1000ms", ("1000ms", "3000ms"))
    return "markPrice@1s" if speed == "1000ms" else "markPrice"


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(
            f"{what} {value[:20]!r} does not exist for this stream.",
            advice=f"Use one of {', '.join(allowed)}.",
        )
    return value


_SPOT: Final = frozenset[Market]({"spot"})
_FUTURES: Final = frozenset[Market]({"usdm", "coinm"})
_ALL: Final = _SPOT | _FUTURES


def _same(text: str, markets: frozenset[Market] = _ALL) -> Mapping[Market, str]:
    return dict.fromkeys(markets, text)


KINDS: Final[Mapping[str, _Kind]] = {
    "trade": _Kind(_fixed("trade"), "ids", b'"t":', 0, _ALL, "public"),
    "aggTrade": _Kind(_fixed("aggTrade"), "ids", b'"a":', 0, _ALL),
    "blockTrade": _Kind(_fixed("blockTrade"), "ids", b'"t":', 0, _SPOT),
    "kline": _Kind(_kline, "candles", b'"t":', 2, _ALL, takes=frozenset({"interval", "time_zone"})),
    "miniTicker": _Kind(
        _fixed("miniTicker"), "rising", _EVENT, 1, _ALL, everything=_same("!miniTicker@arr")
    ),
    "ticker": _Kind(
        _fixed("ticker"), "rising", _EVENT, 1, _ALL, everything=_same("!ticker@arr", _FUTURES)
    ),
    "rollingTicker": _Kind(
        _rolling,
        "rising",
        _EVENT,
        1,
        _SPOT,
        takes=frozenset({"window"}),
        everything=_same("!ticker_{window}@arr", _SPOT),
    ),
    "bookTicker": _Kind(
        _fixed("bookTicker"),
        "rising",
        _UPDATE,
        0,
        _ALL,
        "public",
        everything=_same("!bookTicker", _FUTURES),
    ),
    "depth": _Kind(_depth, "updates", b'"U":', 0.1, _ALL, "public", takes=frozenset({"speed"})),
    "partialDepth": _Kind(
        _partial_depth,
        "rising",
        _LAST_UPDATE,
        0.1,
        _ALL,
        "public",
        takes=frozenset({"levels", "speed"}),
    ),
    "avgPrice": _Kind(_fixed("avgPrice"), "rising", _EVENT, 1, _SPOT),
    "referencePrice": _Kind(_fixed("referencePrice"), "rising", b'"t":', 0, _SPOT),
    "markPrice": _Kind(
        _mark_price,
        "rising",
        _EVENT,
        1,
        _FUTURES,
        takes=frozenset({"speed"}),
        everything=_same("!markPrice@arr@1s", _FUTURES),
    ),
    "liquidation": _Kind(
        _fixed("forceOrder"),
        "loose",
        b"",
        0,
        _FUTURES,
        everything=_same("!forceOrder@arr", _FUTURES),
    ),
    ACCOUNT: _Kind(
        _fixed(ACCOUNT), "loose", b"", 0, _SPOT, alone=False, everything=_same(ACCOUNT, _SPOT)
    ),
}

_ALIASES: Final = {
    "trades": "trade",
    "aggtrades": "aggTrade",
    "aggregate": "aggTrade",
    "aggregatetrade": "aggTrade",
    "blocktrades": "blockTrade",
    "candle": "kline",
    "candles": "kline",
    "klines": "kline",
    "candlestick": "kline",
    "24hrticker": "ticker",
    "24hrminiticker": "miniTicker",
    "rolling": "rollingTicker",
    "tickerrolling": "rollingTicker",
    "windowticker": "rollingTicker",
    "book": "depth",
    "diffdepth": "depth",
    "depthdiff": "depth",
    "depthupdate": "depth",
    "orderbook": "depth",
    "partialbook": "partialDepth",
    "partialbookdepth": "partialDepth",
    "booktickers": "bookTicker",
    "averageprice": "avgPrice",
    "funding": "markPrice",
    "fundingrate": "markPrice",
    "forceorder": "liquidation",
    "forceorders": "liquidation",
    "liquidations": "liquidation",
    "userdata": ACCOUNT,
    "userdatastream": ACCOUNT,
}
_BY_PLAIN_NAME: Final = {name.lower(): name for name in KINDS} | _ALIASES
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def kinds_of(market: Market) -> list[str]:
    """The kinds of stream that *market* has."""
    return [name for name, kind in KINDS.items() if market in kind.markets]


def spec(
    market: Market,
    kind: str,
    symbol: str | None = None,
    *,
    interval: str = "",
    levels: int = 0,
    speed: str = "",
    window: str = "",
    time_zone: str = "",
) -> Spec:
    """The stream of *kind* for *symbol* (in the venue's spelling), or for all symbols without one.

    Raises :class:`InputError` for what does not exist, naming what does.
    """
    name, found_levels, found_window, found_interval = _read(kind)
    if name not in KINDS or market not in KINDS[name].markets:
        raise InputError(
            f"There is no stream of kind {kind[:40]!r} on {market}.",
            advice=f"Kinds: {', '.join(kinds_of(market))}.",
        )
    if symbol and not KINDS[name].alone:
        raise InputError(
            f"A stream of kind {name} has no symbol.", advice="Leave symbol out: it tells of all."
        )
    options = _Options(
        interval or found_interval, levels or found_levels, speed, window or found_window, time_zone
    )
    _check_options(name, options)
    known = KINDS[name]
    suffix = known.suffix(market, options)
    wire = _whole_market(market, name, options) if not symbol else f"{_lower(symbol)}@{suffix}"
    rule, marker = _following(market, name, wire)
    zone = parse_time_zone(options.time_zone or None)
    return Spec(
        market,
        name,
        symbol or "",
        wire,
        known.route if market == "usdm" else "",
        rule,
        marker,
        _period(known.period, suffix),
        (options.interval or "1m") + (f"@{zone}" if zone else "") if name == "kline" else "",
        (options.levels or 20) if name == "partialDepth" else 0,
        options.speed,
        (options.window or "1h") if name == "rollingTicker" else "",
    )


def _read(kind: str) -> tuple[str, int, str, str]:
    """A kind as people and the wire write it: name, levels, window, interval."""
    plain = re.sub(r"[\s_\-!]", "", kind).lower().removesuffix("@arr")
    if match := re.fullmatch(r"(?:partial)?(?:book)?depth(5|10|20)", plain):
        return "partialDepth", int(match[1]), "", ""
    if match := re.fullmatch(r"(?:rolling)?ticker(1h|4h|1d)", plain):
        return "rollingTicker", 0, match[1], ""
    if match := re.fullmatch(r"\s*kline_?([0-9]+[smhdwM])\s*", kind):
        return "kline", 0, "", match[1]
    return _BY_PLAIN_NAME.get(plain, ""), 0, "", ""


def _check_options(name: str, options: _Options) -> None:
    """An option that a kind does not take would be ignored silently otherwise."""
    given = {
        "interval": options.interval,
        "levels": options.levels,
        "speed": options.speed,
        "window": options.window,
        "time_zone": options.time_zone,
    }
    takes = KINDS[name].takes
    for option, value in given.items():
        if value and option not in takes:
            raise InputError(
                f"A {name} stream has no {option}.",
                advice=f"It takes {', '.join(sorted(takes))}." if takes else "Leave it out.",
            )


def _whole_market(market: Market, name: str, options: _Options) -> str:
    """The name of a stream of all symbols."""
    everything = KINDS[name].everything or {}
    if market not in everything:
        kinds = ((kind, known) for kind, known in KINDS.items() if known.alone)
        has = [kind for kind, known in kinds if market in (known.everything or {})]
        raise InputError(
            f"A {name} stream needs a symbol.",
            advice=f"Name one, such as BTCUSDT. All symbols at once: {', '.join(has)}.",
        )
    return everything[market].format(window=options.window or "1h")


def _following(market: Market, name: str, wire: str) -> tuple[Rule, bytes]:
    """How events of the stream *wire* follow each other, and what stands before the number that shows it."""
    known = KINDS[name]
    if wire.startswith("!"):  # many symbols, each with times and ids of its own
        return "loose", b""
    if name == "partialDepth" and market != "spot":
        return known.rule, _UPDATE
    return known.rule, known.marker


def _period(usual: float, suffix: str) -> float:
    """Seconds between events: the suffix may say so."""
    match = re.search(r"@(\d+)ms$", suffix)
    if match:
        return int(match[1]) / 1000
    if suffix == "markPrice":
        return 3.0
    if suffix.startswith("kline_1s"):
        return 1.0
    return usual if not suffix.startswith("depth") else 1.0


def _lower(symbol: str) -> str:
    """Stream names are in lower case; letters of other scripts have none."""
    return symbol.translate(_LOWER)
