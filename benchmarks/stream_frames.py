"""Frames of a busy market, synthetic: the venue's shapes and lengths, ids that follow each other.

``aggTrade``: one symbol, about 210 bytes. ``mix``: half aggregate trades, 30 % best prices, 15 % depth updates of 20 to
200 levels, 5 % candles, over 20 streams; about 560 bytes.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, Literal

Load = Literal["aggTrade", "mix"]
SYMBOLS: Final = ("btcusdt", "ethusdt", "solusdt", "bnbusdt", "xrpusdt")
KINDS: Final = ("aggTrade", "bookTicker", "depth@100ms", "kline_1m")
NAMES: Final = tuple(f"{symbol}@{kind}" for symbol in SYMBOLS for kind in KINDS)
_START: Final = 1_723_161_255_343


def names(load: Load) -> tuple[str, ...]:
    """The streams of a load."""
    return NAMES if load == "mix" else ("btcusdt@aggTrade",)


def frames(load: Load, count: int, seed: int = 1) -> Iterator[bytes]:
    """*count* combined-stream frames."""
    dice = random.Random(seed)
    numbers = dict.fromkeys(NAMES, 3_735_683_259)
    for moment in range(count):
        name = _name(load, dice)
        number = numbers[name] = numbers[name] + 1
        symbol, _, kind = name.partition("@")
        data = _MAKERS[kind](symbol.upper(), number, _START + moment, dice)
        yield f'{{"stream":"{name}","data":{data}}}'.encode()


def _name(load: Load, dice: random.Random) -> str:
    if load == "aggTrade":
        return "btcusdt@aggTrade"
    kind = dice.choices(KINDS, (50, 30, 15, 5))[0]
    return f"{dice.choice(SYMBOLS)}@{kind}"


def _agg_trade(symbol: str, number: int, moment: int, dice: random.Random) -> str:
    side = "true" if dice.random() < 0.5 else "false"
    return (
        f'{{"e":"aggTrade","E":{moment},"s":"{symbol}","a":{number},"p":"{_price(dice)}","q":"0.02000000"'
        f',"f":{number + 10**9},"l":{number + 10**9},"T":{moment},"m":{side},"M":true}}'
    )


def _book_ticker(symbol: str, number: int, _moment: int, dice: random.Random) -> str:
    return (
        f'{{"u":{number},"s":"{symbol}","b":"{_price(dice)}","B":"3.78826000"'
        f',"a":"{_price(dice)}","A":"1.54698000"}}'
    )


def _depth(symbol: str, number: int, moment: int, dice: random.Random) -> str:
    levels = min(200, 20 + int(dice.expovariate(1 / 60)))
    bids, asks = _levels(levels // 2, dice), _levels(levels - levels // 2, dice)
    first = number * 1000
    return f'{{"e":"depthUpdate","E":{moment},"s":"{symbol}","U":{first},"u":{first + 999},"b":[{bids}],"a":[{asks}]}}'


def _kline(symbol: str, number: int, moment: int, dice: random.Random) -> str:
    price, start = _price(dice), _START - _START % 60_000
    return (
        f'{{"e":"kline","E":{moment},"s":"{symbol}","k":{{"t":{start},"T":{start + 59_999},"s":"{symbol}","i":"1m"'
        f',"f":{number},"L":{number + 42},"o":"{price}","c":"{price}","h":"{price}","l":"{price}","v":"12.20000000"'
        ',"n":42,"x":false,"q":"1223344.12345678","V":"6.10000000","Q":"612345.12345678","B":"0"}}'
    )


def _levels(count: int, dice: random.Random) -> str:
    return ",".join(f'["{_price(dice)}","{dice.random():.8f}"]' for _ in range(count))


def _price(dice: random.Random) -> str:
    return f"{dice.uniform(61_000, 62_000):.8f}"


_MAKERS: Final[dict[str, Callable[[str, int, int, random.Random], str]]] = {
    "aggTrade": _agg_trade,
    "bookTicker": _book_ticker,
    "depth@100ms": _depth,
    "kline_1m": _kline,
}
