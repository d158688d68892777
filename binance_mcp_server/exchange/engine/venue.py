"""The venue as accounts and the market meet it: every call is one atomic step, in which all that it causes happens.

Prices, quantities and balances are integers in units of 1e-8; *now* is what the venue says the time is, ms since the
epoch. Every method that takes an account raises ``KeyError`` for one that does not exist, every one that takes a symbol
for one that is not traded here; :class:`~.refusals.RefusedError` says that nothing has changed.
"""

from collections.abc import Callable, Mapping, Sequence

from binance_mcp_server.exchange.engine import amending, checks, ending, life, trades
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.desk import Desk
from binance_mcp_server.exchange.engine.events import BalanceUpdate, Event, ExecType, Printed
from binance_mcp_server.exchange.engine.house import House, MarketFacts, NoFacts, TradeIds
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.ledger import Ledger
from binance_mcp_server.exchange.engine.lists import Lists
from binance_mcp_server.exchange.engine.matching import ACCOUNTS, Fill, OrderBook
from binance_mcp_server.exchange.engine.orders import (
    ABSENT,
    Amendment,
    Expiry,
    NewList,
    NewOrder,
    OrderList,
    PreventedMatch,
    SpotOrder,
    Status,
)
from binance_mcp_server.exchange.engine.orders import Fill as OwnFill
from binance_mcp_server.exchange.engine.refusals import (
    AMEND,
    CANCEL,
    NO_SUCH_ORDER,
    RefusedError,
    no_such_order,
    unknown_order,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import NO_EXCHANGE_RULES, ExchangeRules


class Venue:
    def __init__(
        self,
        rules: Mapping[str, SymbolRules],
        *,
        books: Mapping[str, OrderBook] | None = None,
        ledger: Ledger | None = None,
        new_trade_id: Callable[[str], int] | None = None,
        market: MarketFacts | None = None,
        exchange: ExchangeRules = NO_EXCHANGE_RULES,
        seed: int = 0,
    ) -> None:
        """*books*: of symbols that have a market already. *new_trade_id* gives the next id of a symbol's trades.
        *seed*: of the client ids that the venue makes."""
        self.rules = rules
        """As given: of what is traded here."""
        self.ledger = ledger or Ledger()
        self._house = House(
            self.ledger,
            market or NoFacts(),
            new_trade_id or TradeIds(),
            exchange=exchange,
            seed=seed,
        )
        self.accounts = self._house.accounts
        """By uid; :meth:`open_account` adds one."""
        self.listeners: list[Callable[[Event], None]] = self._house.teller.listeners
        """Each hears every event, at once and in order."""
        self._desks: dict[str, Desk] = {}
        self._lists = Lists(self._house, self._desks.__getitem__)
        self._house.links = self._lists
        known = books or {}
        for symbol, its in rules.items():
            self._desks[symbol] = _desk(its, known.get(symbol) or OrderBook(), self._house)

    # --- accounts

    def open_account(self, account: Account) -> None:
        """Raises ``ValueError`` when there is one with its uid."""
        self.ledger.open(account.uid)
        self.accounts[account.uid] = account

    def deposit(self, uid: int, asset: str, amount: int, now: int) -> None:
        self.ledger.deposit(uid, asset, amount)
        self._moved(uid, asset, amount, now)

    def withdraw(self, uid: int, asset: str, amount: int, now: int) -> None:
        """Raises :class:`~.refusals.RefusedError` when less is free."""
        self.ledger.withdraw(uid, asset, amount)
        self._moved(uid, asset, -amount, now)

    def _moved(self, uid: int, asset: str, delta: int, now: int) -> None:
        teller = self._house.teller
        teller.tell(BalanceUpdate(uid, now, asset, delta))
        teller.touch(uid, asset)
        self._finish(now)

    # --- symbols

    def book(self, symbol: str) -> OrderBook:
        return self._desks[symbol].book

    def status(self, symbol: str) -> str:
        return self._desks[symbol].status

    def set_status(self, symbol: str, status: str, now: int) -> None:
        """TRADING, HALT, BREAK, CANCEL_ONLY or END_OF_DAY, which ends all orders. Raises ``ValueError`` otherwise."""
        if status not in checks.STATUSES:
            raise ValueError(f"no status of a symbol: {status!r}")
        desk = self._desks[symbol]
        desk.status = status
        if status == checks.END_OF_DAY:
            for order in desk.records.all_open():
                if not order.status.is_open:
                    continue
                if order.list_id == ABSENT:
                    ending.expire(desk, order, now, Expiry.EXCHANGE_CANCELED)
                else:
                    self._lists.expire(self._lists.by_id[order.list_id], now)
        self._finish(now)

    # --- the market

    def traded(self, symbol: str, price: int, now: int) -> None:
        """A public trade of the market: the last price, and what it triggers. Call it after :meth:`filled` and
        :meth:`fill_resting`, once for every trade of the same arrival."""
        self._desks[symbol].traded(price, now)
        self._finish(now)

    def filled(self, symbol: str, fill: Fill, trade_id: int, now: int) -> None:
        """The market's own taker has traded with a resting order of an account, as the book says
        (:attr:`.matching.Fill.is_of_account`): settles its side. What that causes waits for :meth:`traded`."""
        desk = self._desks[symbol]
        order = desk.records.orders[fill.maker_id - ACCOUNTS]
        trades.met(desk, order, fill.price, fill.qty, trade_id, now)

    def fill_resting(self, symbol: str, key: int, qty: int, trade_id: int, now: int) -> None:
        """Somebody who stands in no book takes *qty*, at most what shows, of the order that rests under *key*, at its
        price. What that causes waits for :meth:`traded`. Raises ``KeyError`` when it does not rest."""
        desk = self._desks[symbol]
        self._fill_resting(desk, desk.records.orders[key - ACCOUNTS], qty, trade_id, now)

    def _fill_resting(
        self, desk: Desk, order: SpotOrder, qty: int, trade_id: int, now: int
    ) -> None:
        standing = desk.book.orders[ACCOUNTS + order.id]
        ladder = desk.book.side(order.side)
        desk.book.revision += 1
        desk.book.trade(ladder, ladder.level_of(standing), standing, qty)
        trades.met(desk, order, standing.price, qty, trade_id, now)

    def fill_now(self, order: SpotOrder, now: int) -> None:
        """Somebody takes the whole of a resting *order*; nothing happens to one that does not rest."""
        desk = self._desks[order.symbol]
        while (standing := desk.on_book(order)) is not None:
            trade_id = self._house.new_trade_id(desk.symbol)
            price, qty = standing.price, standing.left
            self._fill_resting(desk, order, qty, trade_id, now)
            buys = order.side is Side.BUY
            self._house.teller.tell(Printed(desk.symbol, trade_id, price, qty, now, buys))
            desk.traded(price, now)
        self._finish(now)

    # --- orders come

    def test(self, uid: int, asked: NewOrder, now: int) -> None:
        """The checks that come before the matching engine has an order: all but its balance, its client id and what
        the market says of it (rest-api.md "Test new order")."""
        desk = self._desks[asked.symbol]
        life.examine(desk, uid, asked, desk.facts(uid, now))

    def place(self, uid: int, asked: NewOrder, now: int) -> SpotOrder:
        """The order after everything that its arrival has caused."""
        order = life.place(self._desks[asked.symbol], uid, asked, now)
        self._finish(now)
        return order

    def place_list(self, uid: int, asked: NewList, now: int) -> OrderList:
        """The list as its arrival left it: with the fills of its orders, but before any pending order entered the
        market (rest-api.md "New Order list - OTO")."""
        try:
            its = self._lists.place(self._desks[asked.symbol], uid, asked, now)
        except RefusedError:
            self._house.teller.forget()
            raise
        shown = its.snapshot()
        for copy, order in zip(shown.orders, its.orders, strict=True):
            copy.fills.extend(order.fills)
        self._finish(now)
        return shown

    def rejected(self, uid: int, asked: NewOrder, refused: RefusedError, now: int) -> None:
        """Tell the account that *asked* was refused in the middle of a cancel-replace, whose cancellation it knows of
        (enums.md "Execution types"). The order never was: its id is :data:`~.orders.ABSENT`."""
        desk = self._desks[asked.symbol]
        order = life.draft(desk, uid, asked, asked.price, now)
        order.id, order.status = ABSENT, Status.REJECTED
        desk.report(order, ExecType.REJECTED, now, reason=refused.reason)

    # --- and go

    def cancel(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
        only: Status | None = None,
    ) -> SpotOrder | OrderList:
        """An order of a list takes the whole list along. *only*: cancel in this status alone."""
        desk = self._changing(uid, symbol)
        order = desk.records.find(uid, order_id, client_id, unknown_order())
        if not order.status.is_open:
            raise unknown_order()
        if only is not None and order.status is not only:
            raise RefusedError(CANCEL, "Order was not canceled due to cancel restrictions.")
        gone = self._cancel(desk, order, new_client_id or self._house.names.new(), now)
        self._finish(now)
        return gone

    def cancel_all(self, uid: int, symbol: str, now: int) -> list[SpotOrder | OrderList]:
        """Raises -2011 when there is none."""
        desk = self._changing(uid, symbol)
        found = desk.records.open_of(uid)
        if not found:
            raise unknown_order()
        name = self._house.names.new()
        gone = [self._cancel(desk, each, name, now) for each in found if each.status.is_open]
        self._finish(now)
        return gone

    def cancel_list(
        self,
        uid: int,
        symbol: str,
        now: int,
        *,
        list_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
    ) -> OrderList:
        self._changing(uid, symbol)
        its = self._lists.find(uid, list_id, client_id, unknown_order())
        if its.symbol != symbol or not any(order.status.is_open for order in its.orders):
            raise unknown_order()
        self._lists.cancel(its, now, new_client_id or self._house.names.new())
        self._finish(now)
        return its

    def amend(
        self,
        uid: int,
        symbol: str,
        now: int,
        new_qty: int,
        *,
        order_id: int | None = None,
        client_id: str | None = None,
        new_client_id: str = "",
    ) -> tuple[SpotOrder, Amendment]:
        """Less of an order, which keeps its place."""
        desk = self._desks[symbol]
        order = desk.records.find(uid, order_id, client_id, unknown_order(AMEND))
        record = amending.amend(desk, self._lists, order, new_qty, new_client_id, now)
        self._finish(now)
        return order, record

    def _changing(self, uid: int, symbol: str) -> Desk:
        """Where an account may take orders back."""
        desk = self._desks[symbol]
        checks.check_account(self.accounts[uid], desk.rules, CANCEL)
        checks.check_changes(desk.status, CANCEL)
        return desk

    def _cancel(self, desk: Desk, order: SpotOrder, name: str, now: int) -> SpotOrder | OrderList:
        if order.list_id == ABSENT:
            ending.cancel(desk, order, now, name)
            return order
        its = self._lists.by_id[order.list_id]
        self._lists.cancel(its, now, name)
        return its

    # --- and are looked for

    def order(
        self, uid: int, symbol: str, *, order_id: int | None = None, client_id: str | None = None
    ) -> SpotOrder:
        """Raises -2013 when there is none."""
        return self._desks[symbol].records.find(uid, order_id, client_id, no_such_order())

    def open_orders(self, uid: int, symbol: str | None = None) -> Sequence[SpotOrder]:
        """By id; of all symbols, one symbol after the other, without one."""
        if symbol is not None:
            return self._desks[symbol].records.open_of(uid)
        return [order for desk in self._desks.values() for order in desk.records.open_of(uid)]

    def orders(self, uid: int, symbol: str) -> Sequence[SpotOrder]:
        """All there ever were, by id."""
        return self._desks[symbol].records.orders_of(uid)

    def fills(self, uid: int, symbol: str) -> Sequence[OwnFill]:
        """In the order of time."""
        return self._desks[symbol].records.fills_of(uid)

    def prevented(self, uid: int, symbol: str) -> Sequence[PreventedMatch]:
        return self._desks[symbol].records.prevented_of(uid)

    def amendments(self, uid: int, symbol: str, order_id: int) -> Sequence[Amendment]:
        records = self._desks[symbol].records
        order = records.orders.get(order_id)
        return records.amendments_of(order_id) if order is not None and order.uid == uid else ()

    def lists(self, uid: int) -> Sequence[OrderList]:
        return self._lists.of(uid)

    def open_lists(self, uid: int) -> Sequence[OrderList]:
        return self._lists.open_of(uid)

    def list_(
        self, uid: int, *, list_id: int | None = None, client_id: str | None = None
    ) -> OrderList:
        """Raises -2013 when there is none."""
        refusal = RefusedError(NO_SUCH_ORDER, "Order list does not exist.")
        return self._lists.find(uid, list_id, client_id, refusal)

    def _finish(self, now: int) -> None:
        """What trades have caused happens, then balances are told."""
        self._house.run_tasks(now)
        self._house.teller.tell_balances(now)


def _desk(rules: SymbolRules, book: OrderBook, house: House) -> Desk:
    desk = Desk(rules, book, house)
    desk.on_trigger = lambda order, now: life.trigger(desk, order, now)
    return desk
