"""Limit orders through the exchange's engine: the book alone, and the venue with accounts, locks, fees and events.

Half of the orders cross. The same orders go to each engine; medians of the rounds, CPU time. ``obook``, a matching
engine in Go behind a C interface, stands beside where it is installed: as fast as a Python program can call it.
"""

import importlib
import importlib.util
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.report import Row
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.events import Event
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.matching import OrderBook
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, Stp
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import TradingRules
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE

ORDERS = 50_000
VENUE_ORDERS = 10_000
ROUNDS = 5
SYMBOL = "BTCUSDT"
NOW = 1_700_000_000_000
ACCOUNTS = 10

Placed = tuple[Side, int, int]
"""Side, price and quantity; prices in cents."""


def orders(number: int, seed: int = 1) -> list[Placed]:
    dice = random.Random(seed)
    sides = (Side.BUY, Side.SELL)
    return [
        (dice.choice(sides), dice.randrange(6_099_000, 6_101_000), dice.randrange(1, 50))
        for _ in range(number)
    ]


def _rate(run: Callable[[], object], number: int) -> float:
    """Thousands of orders a second of CPU time."""
    begun = time.process_time()
    run()
    return number / (time.process_time() - begun) / 1000


def _book(placed: list[Placed]) -> Callable[[], None]:
    book = OrderBook()

    def run() -> None:
        limit = book.limit
        for number, (side, price, qty) in enumerate(placed):
            limit(Order(number, side, price, qty))

    return run


def _obook(placed: list[Placed], obook: Any) -> Callable[[], None]:
    book = obook.Book()
    buy, sell = obook.BUY, obook.SELL

    def run() -> None:
        submit = book.submit
        for number, (side, price, qty) in enumerate(placed):
            submit(number, buy if side is Side.BUY else sell, price, qty)

    return run


def _venue(placed: list[Placed]) -> Callable[[], None]:
    rules = SymbolRules(
        symbol=SYMBOL,
        base="BTC",
        quote="USDT",
        tick=SCALE // 100,
        step=SCALE // 1000,
        min_price=SCALE // 100,
        max_price=0,
        min_qty=SCALE // 1000,
        max_qty=0,
        max_market_qty=0,
        min_notional=0,
        max_notional=0,
        trading=TradingRules(max_orders=0, stp=Stp.NONE),
    )
    venue = Venue({SYMBOL: rules})
    for uid in range(ACCOUNTS):
        venue.open_account(Account(uid=uid, name=str(uid)))
        for asset in ("BTC", "USDT"):
            venue.deposit(uid, asset, 10**9 * SCALE, NOW)
    told: list[Event] = []
    venue.listeners.append(told.append)
    asked = [
        NewOrder(
            symbol=SYMBOL,
            side=side,
            type=OrderType.LIMIT,
            qty=qty * SCALE // 1000,
            price=price * SCALE // 100,
        )
        for side, price, qty in placed
    ]

    def run() -> None:
        for number, order in enumerate(asked):
            venue.place(number % ACCOUNTS, order, NOW)
            told.clear()

    return run


def alone() -> Row:
    placed = orders(ORDERS)
    rate = median(_rate(_book(placed), ORDERS) for _ in range(ROUNDS))
    beside = "obook is not installed"
    if importlib.util.find_spec("obook") is not None:
        obook = importlib.import_module("obook")
        other = median(_rate(_obook(placed, obook), ORDERS) for _ in range(ROUNDS))
        beside = f"obook (Go): {other:.0f} k/s"
    return Row(
        what="limit orders through the exchange's matching engine",
        ours=f"{rate:.0f} k/s",
        beside=beside,
        figure=rate,
        target=100,
        sense=">=",
        unit="k/s",
    )


def with_accounts(alone_rate: float) -> Row:
    placed = orders(VENUE_ORDERS)
    rate = median(_rate(_venue(placed), VENUE_ORDERS) for _ in range(ROUNDS))
    return Row(
        what="limit orders of accounts: checked, matched, settled, told",
        ours=f"{rate:.1f} k/s",
        beside=f"matched alone: {alone_rate:.0f} k/s",
        figure=rate,
        target=10,
        sense=">=",
        unit="k/s",
    )


def run() -> list[Row]:
    first = alone()
    return [first, with_accounts(first.figure)]
