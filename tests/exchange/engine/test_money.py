"""Money through real matching: what accounts own is what they put in and what their fills say, to the last unit."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Stp, TimeInForce
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.engine.trading_rules import TradingRules
from binance_mcp_server.exchange.engine.unfilled import UnfilledOrders
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE

NOW = 1_700_000_000_000
UIDS = (1, 2)
START = {"ETH": 40 * SCALE, "BNB": 60 * SCALE, "USDT": 9_000 * SCALE}
RATES = CommissionRates(
    standard=Rates(100_000, 150_000, 7, 11), tax=Rates(3, 5, 0, 1), discount=75_000_000
)
FREE = TradingRules(percent=None, price_range=None, max_orders=0)
ETHBNB, BNBUSDT = "ETHBNB", "BNBUSDT"


def rules(base: str, quote: str) -> SymbolRules:
    """A tick times a lot is less than 1e-8: turnovers must be rounded."""
    return replace(
        LISTINGS[0].rules,
        symbol=base + quote,
        base=base,
        quote=quote,
        tick=1_000,
        step=100,
        min_qty=100,
        min_notional=1,
        trading=FREE,
    )


class Prices:
    """BNB is worth 600 USDT, and its last price on its own symbols is known too."""

    def average_price(self, symbol: str, now: int) -> int:
        return 0

    def last_price(self, symbol: str) -> int | None:
        return {BNBUSDT: 600 * SCALE, ETHBNB: 3 * SCALE}.get(symbol)

    def reference_price(self, symbol: str) -> int | None:
        return None


def venue(*, burns: bool) -> Venue:
    made = Venue({ETHBNB: rules("ETH", "BNB"), BNBUSDT: rules("BNB", "USDT")}, market=Prices())
    for uid in UIDS:
        made.open_account(Account(uid=uid, name=str(uid), rates=RATES, bnb_burn=burns))
        for asset, amount in START.items():
            made.deposit(uid, asset, amount, NOW)
    return made


def new_order(symbol: str, side: Side, qty: int, away: int = 0) -> NewOrder:
    price = (3 if symbol == ETHBNB else 600) * SCALE + away * 777_000
    return NewOrder(
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT,
        qty=qty,
        price=price,
        stp=Stp.EXPIRE_MAKER,
    )


def act(its: Venue, random: Random, put_in: dict[int, Counter[str]]) -> None:
    """Cancel something, or place something that may trade; take all free BNB out at times, or put some in."""
    uid = random.choice(UIDS)
    if random.random() < 0.2:
        free = its.ledger.balance(uid, "BNB").free
        put_in[uid]["BNB"] -= free
        its.withdraw(uid, "BNB", free, NOW)
    elif random.random() < 0.3:
        put_in[uid]["BNB"] += 5 * SCALE
        its.deposit(uid, "BNB", 5 * SCALE, NOW)
    open_ = its.open_orders(uid)
    if open_ and random.random() < 0.2:
        order = random.choice(open_)
        its.cancel(uid, order.symbol, NOW, order_id=order.id)
        return
    symbol, qty = random.choice((ETHBNB, BNBUSDT)), random.randint(1, 5_000_000) * 100
    new = new_order(symbol, random.choice(list(Side)), qty, random.randint(-3, 3))
    kind = random.random()
    if kind < 0.2:
        new = replace(new, type=OrderType.MARKET, price=0)
        new = replace(new, qty=0, quote_qty=qty) if kind < 0.1 else new
    else:
        new = replace(new, tif=random.choice(list(TimeInForce)))
    its.place(uid, new, NOW)


@pytest.mark.parametrize("burns", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_balances_are_what_the_fills_say(seed: int, burns: bool) -> None:
    its, random, refused = venue(burns=burns), Random(seed), 0
    put_in = {uid: Counter(START) for uid in UIDS}
    for _ in range(400):
        try:
            act(its, random, put_in)
        except RefusedError:
            refused += 1
        its.ledger.check()
    paid = [compare(its, uid, put_in[uid]) for uid in UIDS]
    assert its.ledger.fees == paid[0] + paid[1]
    assert refused
    assert its.ledger.fees["BNB"]


def compare(its: Venue, uid: int, owned: Counter[str]) -> Counter[str]:
    """An account's balances with what it put in, its fills and its open orders; what it paid."""
    paid, locked = Counter[str](), Counter[str]()
    for fill in (*its.fills(uid, ETHBNB), *its.fills(uid, BNBUSDT)):
        base, quote = ("ETH", "BNB") if fill.symbol == ETHBNB else ("BNB", "USDT")
        sign = 1 if fill.is_buyer else -1
        owned[base] += sign * fill.qty
        owned[quote] -= sign * (fill.quote // SCALE)
        paid[fill.commission_asset] += fill.commission
    for order in its.open_orders(uid):
        locked[order.locked_asset] += order.locked
    balances = its.ledger.balances(uid)
    assert {asset: sum(each) for asset, each in balances.items()} == {
        asset: owned[asset] - paid[asset] for asset in owned
    }
    assert {asset: each.locked for asset, each in balances.items()} == {
        asset: locked[asset] for asset in owned
    }
    return paid


def test_bnb_that_is_locked_pays_no_commission() -> None:
    its = venue(burns=True)
    for side, uid in ((Side.SELL, 1), (Side.BUY, 2)):
        if uid == 1:
            its.withdraw(1, "BNB", START["BNB"] - SCALE, NOW)
        its.place(uid, new_order(BNBUSDT, side, SCALE), NOW)
    (sold,), (bought,) = its.fills(1, BNBUSDT), its.fills(2, BNBUSDT)
    assert (sold.commission_asset, sold.commission) == ("USDT", 60_009_000)  # 0.100015 %
    assert bought.commission_asset == "BNB"
    its.ledger.check()


def test_a_maker_that_fills_makes_room_for_five_orders() -> None:
    its, orders = venue(burns=False), UnfilledOrders()
    its.listeners.append(orders.hear)
    for side, uid, count in ((Side.BUY, 1, 7), (Side.SELL, 2, 1)):
        orders.take(uid, count, NOW)
        its.place(uid, new_order(ETHBNB, side, 1_000_000), NOW)
    assert [orders.counts(uid, NOW)[0].used for uid in UIDS] == [2, 0]
