"""A venue with one symbol and a few accounts, and words to trade on it: amounts are texts, as in the documents."""

from typing import Any

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.events import Event, ExecType, Execution, ListChange
from binance_mcp_server.exchange.engine.ladder import Order, Side
from binance_mcp_server.exchange.engine.orders import (
    ListKind,
    NewList,
    NewOrder,
    OrderList,
    OrderType,
    SpotOrder,
    Stp,
    TimeInForce,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import TradingRules
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE, parse, show

NOW = 1_700_000_000_000
SYMBOL = "BTCUSDT"
ANN, BEN, CID = 1, 2, 3
FREE = CommissionRates(standard=Rates())
"""No commission, as in most of the documents' examples."""
LAX: dict[str, Any] = {
    "percent": None,
    "price_range": None,
    "deltas": None,
    "stp": Stp.NONE,
    "stp_modes": tuple(Stp),
}
"""A symbol on which the filters forbid nothing."""


def amount(text: str) -> int:
    return parse(text)


def rules_of(
    symbol: str = SYMBOL, base: str = "BTC", quote: str = "USDT", **more: Any
) -> SymbolRules:
    """Ticks and lots of 1e-8; *more*: fields of the trading rules."""
    return SymbolRules(
        symbol=symbol,
        base=base,
        quote=quote,
        tick=1,
        step=1,
        min_price=1,
        max_price=0,
        min_qty=1,
        max_qty=0,
        max_market_qty=0,
        min_notional=0,
        max_notional=0,
        trading=TradingRules(**{**LAX, **more}),
    )


class Facts:
    """What a test says of the market."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.reference: dict[str, int] = {}

    def average_price(self, symbol: str, now: int) -> int:
        assert now >= NOW
        return self.last.get(symbol, 0)

    def last_price(self, symbol: str) -> int | None:
        return self.last.get(symbol)

    def reference_price(self, symbol: str) -> int | None:
        return self.reference.get(symbol)


class Stage:
    def __init__(self, rules: SymbolRules | None = None, *, rates: CommissionRates = FREE) -> None:
        self.rules = rules or rules_of()
        self.facts = Facts()
        self.venue = Venue({self.rules.symbol: self.rules}, market=self.facts)
        self.now = NOW
        self.events: list[Event] = []
        for uid, name in ((ANN, "ann"), (BEN, "ben"), (CID, "cid")):
            self.venue.open_account(Account(uid=uid, name=name, rates=rates))
            for asset in (self.rules.base, self.rules.quote):
                self.venue.deposit(uid, asset, 1_000_000 * SCALE, NOW)
        self.venue.listeners.append(self.events.append)
        self._anonymous = 0

    # --- orders

    def order(self, words: str, **more: Any) -> NewOrder:
        """``"BUY LIMIT 1 @ 2.5"``, ``"SELL MARKET 3"``; *more*: fields, amounts as texts."""
        side, kind, qty, *price = words.replace("@", "").split()
        fields: dict[str, Any] = {"qty": amount(qty)}
        if price:
            fields["price"] = amount(price[0])
        for name, value in more.items():
            is_amount = name in ("stop_price", "iceberg_qty", "quote_qty", "price")
            fields[name] = amount(value) if is_amount else value
        symbol = self.rules.symbol
        return NewOrder(symbol=symbol, side=Side(side), type=OrderType(kind), **fields)

    def place(self, words: str, uid: int = ANN, **more: Any) -> SpotOrder:
        self.now += 1
        return self.venue.place(uid, self.order(words, **more), self.now)

    def place_list(self, kind: ListKind, *orders: NewOrder, uid: int = ANN) -> OrderList:
        self.now += 1
        asked = NewList(symbol=self.rules.symbol, kind=kind, orders=orders)
        self.venue.place_list(uid, asked, self.now)
        return self.venue.lists(uid)[-1]

    def cancel(self, order: SpotOrder, **more: Any) -> SpotOrder | OrderList:
        self.now += 1
        return self.venue.cancel(order.uid, order.symbol, self.now, order_id=order.id, **more)

    def amend(self, order: SpotOrder, qty: str, **more: Any) -> SpotOrder:
        self.now += 1
        new_qty = amount(qty)
        said = (order.uid, order.symbol, self.now, new_qty)
        return self.venue.amend(*said, order_id=order.id, **more)[0]

    # --- the market

    def crowd(self, words: str) -> None:
        """An anonymous limit order: ``"SELL 1 @ 100"``."""
        side, qty, price = words.replace("@", "").split()
        self._anonymous += 1
        order = Order(self._anonymous, Side(side), amount(price), amount(qty))
        assert not self.venue.book(self.rules.symbol).limit(order), "the crowd keeps to itself"

    def traded(self, *prices: str) -> None:
        """Public trades."""
        for price in prices:
            self.now += 1
            self.venue.traded(self.rules.symbol, amount(price), self.now)

    # --- what is seen

    def balance(self, uid: int, asset: str) -> tuple[str, str]:
        """Free and locked, without idle zeros."""
        its = self.venue.ledger.balance(uid, asset)
        return short(its.free), short(its.locked)

    def told(self, uid: int = ANN) -> list[str]:
        """Executions as ``"1 TRADE PARTIALLY_FILLED"``, lists as ``"list 1 ALL_DONE"``."""
        words: list[str] = []
        for event in self.events:
            if isinstance(event, Execution) and event.uid == uid:
                words.append(f"{event.order.id} {event.kind} {event.order.status}")
            elif isinstance(event, ListChange) and event.uid == uid:
                words.append(f"list {event.list.id} {event.list.status}")
        return words

    def executions(self, kind: ExecType, uid: int = ANN) -> list[Execution]:
        found = (each for each in self.events if isinstance(each, Execution))
        return [each for each in found if each.uid == uid and each.kind is kind]

    def queue(self, side: Side) -> list[tuple[str, str, int]]:
        """(price, what shows, order id; 0 for the crowd's) of a side, first to last."""
        book = self.venue.book(self.rules.symbol)
        return [
            (short(level.price), short(each.left), max(each.id - (1 << 48), 0))
            for level in book.side(side)
            for each in level.orders.values()
        ]

    def check(self) -> None:
        """Nothing is lost, and what is locked is what open orders hold."""
        self.venue.ledger.check()
        for uid in self.venue.accounts:
            held: dict[str, int] = {}
            for order in self.venue.open_orders(uid):
                held[order.locked_asset] = held.get(order.locked_asset, 0) + order.locked
            for asset, balance in self.venue.ledger.balances(uid).items():
                assert balance.locked == held.get(asset, 0), (uid, asset)


def short(units: int) -> str:
    """Without idle zeros."""
    return show(units).rstrip("0").rstrip(".")


GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
