"""Random intents from a seed, a thousand times faster than they can be drawn by Hypothesis."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from binance_mcp_server.trading.intents import (
    LIMITS,
    STOPS,
    TIMED,
    AmendIntent,
    CancelIntent,
    Intent,
    ListIntent,
    OrderIntent,
    OrderType,
    ReplaceIntent,
    Side,
)
from tests.trading.intent_strategies import FORCES, LISTS, SIDES, TYPES

Number = Callable[[], Decimal]
_LOSSES: tuple[OrderType, ...] = ("STOP_LOSS", "STOP_LOSS_LIMIT")
_GAINS: tuple[OrderType, ...] = ("LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


def random_order(
    rng: Random,
    symbol: str,
    number: Number,
    kinds: tuple[OrderType, ...] = TYPES,
    side: Side | None = None,
    quantity: Decimal | None = None,
) -> OrderIntent:
    kind = rng.choice(kinds)
    by_amount = kind == "MARKET" and quantity is None and rng.random() < 0.5
    stops = rng.choice([(True, False), (False, True), (True, True)]) if kind in STOPS else ()
    return OrderIntent(
        symbol,
        rng.choice(SIDES) if side is None else side,
        kind,
        quantity=None if by_amount else quantity or number(),
        quote_quantity=number() if by_amount else None,
        price=number() if kind in LIMITS else None,
        stop_price=number() if stops and stops[0] else None,
        trailing_delta=rng.randint(1, 5000) if stops and stops[1] else None,
        time_in_force=rng.choice(FORCES) if kind in TIMED else None,
    )


def random_list(rng: Random, symbol: str, number: Number) -> ListIntent:
    kind = rng.choice(LISTS)
    working = [random_order(rng, symbol, number, ("LIMIT", "LIMIT_MAKER"))]
    if kind == "OTO":
        by_base = tuple(each for each in TYPES if each != "MARKET")
        return ListIntent(kind, symbol, (*working, random_order(rng, symbol, number, by_base)))
    side, quantity = rng.choice(SIDES), number()
    pair = (_GAINS, _LOSSES) if side == "SELL" else (_LOSSES, _GAINS)
    legs = [random_order(rng, symbol, number, kinds, side, quantity) for kinds in pair]
    return ListIntent(kind, symbol, tuple([*working, *legs] if kind == "OTOCO" else legs))


def random_intent(rng: Random, symbols: tuple[str, ...], number: Number) -> Intent:
    """Mostly orders, now and then a list or a change."""
    symbol, what = rng.choice(symbols), rng.random()
    if what < 0.6:
        return random_order(rng, symbol, number)
    if what < 0.85:
        return random_list(rng, symbol, number)
    if what < 0.92:
        return ReplaceIntent(random_order(rng, symbol, number), rng.randint(1, 99))
    if what < 0.96:
        return AmendIntent(symbol, number(), rng.randint(1, 99))
    return CancelIntent(symbol, rng.randint(1, 99))
