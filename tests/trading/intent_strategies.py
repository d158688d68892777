"""Hypothesis strategies for intents: every type, list and change, all of them as they can be."""

from decimal import Decimal
from functools import partial

from hypothesis import strategies as st

from binance_mcp_server.trading.intents import (
    LIMITS,
    STOPS,
    TIMED,
    AmendIntent,
    CancelAllIntent,
    CancelIntent,
    CancelListIntent,
    Intent,
    ListIntent,
    ListKind,
    OrderIntent,
    OrderType,
    ReplaceIntent,
    Side,
    StpMode,
    TimeInForce,
)

TYPES: tuple[OrderType, ...] = (
    *("LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT"),
    *("TAKE_PROFIT", "TAKE_PROFIT_LIMIT"),
)
SIDES: tuple[Side, ...] = ("BUY", "SELL")
FORCES: tuple[TimeInForce, ...] = ("GTC", "IOC", "FOK")
STP: tuple[StpMode | None, ...] = (None, "NONE", "EXPIRE_MAKER", "EXPIRE_BOTH")
LISTS: tuple[ListKind, ...] = ("OCO", "OTO", "OTOCO")

amounts = st.decimals("0.00000001", "100000", places=8)
small_amounts = st.sampled_from([Decimal(text) for text in ("1", "1.0", "2", "0.5", "10", "1E+1")])
"""Few enough that two orders often mean the same."""
symbols = st.sampled_from(["BTCUSDT", "ETHUSDT", "ETHBTC", "币安人生USDT"])
ids = st.integers(1, 2**63 - 1)


@st.composite
def orders(
    draw: st.DrawFn,
    symbol: str | None = None,
    kinds: tuple[OrderType, ...] = TYPES,
    numbers: st.SearchStrategy[Decimal] = amounts,
    side: Side | None = None,
    quantity: Decimal | None = None,
    *,
    alone: bool = True,
) -> OrderIntent:
    """*alone*: in no list, which has one self-trade prevention for all."""
    kind = draw(st.sampled_from(kinds))
    by_amount = kind == "MARKET" and quantity is None and draw(st.booleans())
    has_stop = kind in STOPS and draw(st.booleans())
    has_delta = kind in STOPS and (not has_stop or draw(st.booleans()))
    hides = kind in LIMITS and draw(st.integers(0, 4)) == 0
    force = "GTC" if hides else draw(st.sampled_from(FORCES))
    return OrderIntent(
        symbol or draw(symbols),
        draw(st.sampled_from(SIDES)) if side is None else side,
        kind,
        quantity=None if by_amount else quantity or draw(numbers),
        quote_quantity=draw(numbers) if by_amount else None,
        price=draw(numbers) if kind in LIMITS else None,
        stop_price=draw(numbers) if has_stop else None,
        trailing_delta=draw(st.integers(1, 5000)) if has_delta else None,
        iceberg_quantity=draw(numbers) if hides else None,
        time_in_force=force if kind in TIMED else None,
        self_trade_prevention=draw(st.sampled_from(STP)) if alone else None,
    )


@st.composite
def order_lists(draw: st.DrawFn, numbers: st.SearchStrategy[Decimal] = amounts) -> ListIntent:
    symbol, kind = draw(symbols), draw(st.sampled_from(LISTS))
    by_base = tuple(each for each in TYPES if each != "MARKET")
    legs: list[OrderIntent] = []
    one = partial(orders, symbol, numbers=numbers, alone=False)
    if kind != "OCO":
        legs.append(draw(one(kinds=("LIMIT", "LIMIT_MAKER"))))
    if kind == "OTO":
        legs.append(draw(one(kinds=by_base)))
    else:
        side, quantity = draw(st.sampled_from(SIDES)), draw(numbers)
        losses: tuple[OrderType, ...] = ("STOP_LOSS", "STOP_LOSS_LIMIT")
        gains: tuple[OrderType, ...] = ("LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
        pair = (gains, losses) if side == "SELL" else (losses, gains)
        legs += [draw(one(kinds=kinds, side=side, quantity=quantity)) for kinds in pair]
    return ListIntent(kind, symbol, tuple(legs), draw(st.sampled_from(STP)))


def intents(numbers: st.SearchStrategy[Decimal] = amounts) -> st.SearchStrategy[Intent]:
    """Any intent."""
    texts = st.sampled_from(["mine", "yours"])
    return st.one_of(
        orders(numbers=numbers),
        order_lists(numbers),
        st.builds(ReplaceIntent, orders(numbers=numbers), ids, st.none() | texts, st.booleans()),
        st.builds(AmendIntent, symbols, numbers, ids, st.none() | texts),
        st.builds(CancelIntent, symbols, ids, st.none() | texts),
        st.builds(CancelListIntent, symbols, ids, st.none() | texts),
        st.builds(CancelAllIntent, symbols),
    )
