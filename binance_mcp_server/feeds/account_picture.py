"""What is known of an account: its balances, its orders, the trades it was told of. No I/O.

It is made of REST's answers and kept by the events of the user data stream. By it one sees what an answer of REST knows
that no event has told, and what an event tells that is known already: both interfaces speak of the same things, and
none of their messages says which of the other it stands for (user-data-stream.md, rest-api.md of Binance's spot
documents, 2026-07-21, read 2026-11-24). Amounts are ``Decimal``, times ms of the venue's clock.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from binance_mcp_server.models.account import (
    Account,
    AccountEvent,
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ListStatus,
)
from binance_mcp_server.models.exact import number
from binance_mcp_server.models.orders import Fill, Order, OrderList

MOST_ORDERS: Final = 10_000
"""Closed orders and trades that are remembered."""
TRADE: Final = "TRADE"
REPLACED: Final = "REPLACED"
_RANKS: Final = {"PENDING_NEW": 0, "NEW": 1, "PARTIALLY_FILLED": 2, "PENDING_CANCEL": 2}
_CLOSED: Final = 3

Key = tuple[str, int]
"""Symbol and id: ids of orders, and of trades, are those of a symbol."""
Assets = Callable[[str], tuple[str, str] | None]
"""Base and quote asset of a symbol, where they are known."""


class Amounts(NamedTuple):
    """One asset."""

    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


NOTHING: Final = Amounts(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an order has come. Nothing in it ever goes back."""

    client_id: str
    """By which it was placed."""
    list_id: int
    status: str
    quantity: Decimal
    """Only ever amended to less."""
    executed: Decimal
    executed_quote: Decimal
    prevented: Decimal
    is_working: bool

    @property
    def rank(self) -> int:
        return _RANKS.get(self.status, _CLOSED)

    @property
    def is_open(self) -> bool:
        return self.rank < _CLOSED

    def is_behind(self, other: "Standing") -> bool:
        """Whether *other* knows of anything later."""
        return (
            other.rank > self.rank
            or other.executed > self.executed
            or other.prevented > self.prevented
            or (self.is_open and other.quantity < self.quantity)
            or (self.is_open and other.is_working and not self.is_working)
        )


def standing_of(order: Order) -> Standing:
    """As REST says it."""
    return Standing(
        order.client_id,
        order.list_id,
        order.status,
        order.quantity,
        order.executed,
        order.executed_quote,
        number(order.prevented_text),
        order.is_working,
    )


def told_by(report: ExecutionReport, before: Standing | None) -> Standing:
    """As an event says it, after what was known *before*."""
    is_working = report.is_on_book or (before is not None and before.is_working)
    named = report.client_id if report.execution == REPLACED else report.order_client_id
    return Standing(
        named,
        report.list_id,
        report.status,
        report.quantity,
        report.executed,
        report.executed_quote,
        report.prevented,
        is_working,
    )


class Picture:
    """One account."""

    def __init__(self, account: Account, open_orders: Iterable[Order]) -> None:
        self.balances: dict[str, Amounts] = {}
        self.orders: OrderedDict[Key, Standing] = OrderedDict()
        self.lists: dict[int, tuple[str, str]] = {}
        """Kind of the last change, and status."""
        self.symbols: dict[str, None] = {}
        """Where anything happened, the latest last."""
        self.newest_ms = 0
        """Of everything known."""
        self._trades: OrderedDict[Key, None] = OrderedDict()
        self._expected: dict[str, Decimal] = {}
        """Totals by what was traded since the balances were last told."""
        self._told_ms = 0
        self._all_told_ms = 0
        self._told_at: dict[str, int] = {}
        """When the balance of an asset was last told: what was traded before is in it."""
        self._is_blind = False
        """A trade on a symbol whose assets are not known: nobody can tell what it moved."""
        self.set_balances(account)
        for order in open_orders:
            self.put(order)
        self.began_ms = self.newest_ms
        """Before this nothing was promised."""

    # -- what REST says

    def set_balances(self, account: Account) -> None:
        self.balances = amounts_of(account)
        self._expected = {asset: each.total for asset, each in self.balances.items()}
        self._told_ms = max(self._told_ms, account.update_time)
        self._told_at.clear()
        self._all_told_ms = account.update_time
        self._is_blind = False
        self.newest_ms = max(self.newest_ms, account.update_time)

    def put(self, order: Order) -> None:
        """The order is as REST says it."""
        self.newest_ms = max(self.newest_ms, order.update_time)
        self._keep((order.symbol, order.id), standing_of(order))

    def put_list(self, its: OrderList) -> None:
        self.lists[its.id] = its.status_type, its.order_status

    def known(self, order: Order) -> Standing | None:
        """What is known of it without this answer."""
        return self.orders.get((order.symbol, order.id))

    def has_trade(self, symbol: str, trade_id: int) -> bool:
        return (symbol, trade_id) in self._trades

    def open_keys(self) -> list[Key]:
        return [key for key, standing in self.orders.items() if standing.is_open]

    def agrees(self, account: Account, open_orders: Iterable[Order]) -> bool:
        """Whether the answers of REST hold nothing else than what is known."""
        rows = {(order.symbol, order.id): standing_of(order) for order in open_orders}
        if rows.keys() != set(self.open_keys()):
            return False
        if any(self.orders[key].is_behind(row) for key, row in rows.items()):
            return False
        return _without_nothing(self.balances) == _without_nothing(amounts_of(account))

    def unexplained(
        self, account: Account, fills: Iterable[Fill], assets: Assets
    ) -> dict[str, Decimal]:
        """By how much totals differ from what the trades known, and *fills*, make of them, where they do."""
        expected = dict(self._expected)
        is_blind = self._is_blind
        for fill in fills:
            pair = assets(fill.symbol)
            is_blind = is_blind or pair is None
            for asset, by in _moves(fill, pair):
                if fill.time > self._told_at.get(asset, self._all_told_ms):
                    expected[asset] = expected.get(asset, Decimal(0)) + by
        if is_blind:
            return {}
        totals = {asset: amounts.total for asset, amounts in amounts_of(account).items()}
        every = dict.fromkeys([*totals, *expected])
        zero = Decimal(0)
        moved = {asset: totals.get(asset, zero) - expected.get(asset, zero) for asset in every}
        return {asset: by for asset, by in moved.items() if by}

    def traded(self, fill: Fill) -> None:
        """A trade that no event told of."""
        self._note_trade(fill.symbol, fill.id)
        self.newest_ms = max(self.newest_ms, fill.time)

    # -- what events say

    def is_known(self, event: AccountEvent, *, closely: bool) -> bool:
        """Whether *event* tells only what is known. *closely*: where REST was asked meanwhile, and may have told it."""
        if isinstance(event, ExecutionReport) and event.execution == TRADE:
            return self.has_trade(event.symbol, event.trade_id)
        if not closely:
            return False
        if isinstance(event, ExecutionReport):
            before = self.orders.get((event.symbol, event.order_id))
            return before is not None and not before.is_behind(told_by(event, before))
        if isinstance(event, AccountPosition):
            return event.time < self._told_ms
        if isinstance(event, ListStatus):
            return self.lists.get(event.list_id) == (event.status_type, event.order_status)
        return False

    def take(self, event: AccountEvent, assets: tuple[str, str] | None) -> None:
        """*event* happened. *assets*: of its symbol, base first, where they are known."""
        self.newest_ms = max(self.newest_ms, event.time)
        match event:
            case ExecutionReport():
                self._take_report(event, assets)
            case AccountPosition():
                self._told_ms = max(self._told_ms, event.time)
                for each in event.balances:
                    self.balances[each.asset] = Amounts(each.free, each.locked)
                    self._told_at[each.asset] = event.time
                    self._expected[each.asset] = each.free + each.locked
            case BalanceUpdate():
                self._move(event.asset, event.delta)
            case ListStatus():
                self.lists[event.list_id] = event.status_type, event.order_status
                self._use(event.symbol)

    def _take_report(self, report: ExecutionReport, assets: tuple[str, str] | None) -> None:
        key = report.symbol, report.order_id
        before = self.orders.get(key)
        now = told_by(report, before)
        if before is None or before.is_behind(now):
            self._keep(key, now)
        if report.execution != TRADE:
            return
        self._note_trade(report.symbol, report.trade_id)
        if report.time >= self._told_ms:  # else the balances that were told have it in them
            sign = 1 if report.side == "BUY" else -1
            self._exchange(assets, sign * report.last_quantity, -sign * report.last_quote)
            if report.commission_asset:
                self._move(report.commission_asset, -report.commission)

    def _exchange(self, assets: tuple[str, str] | None, base: Decimal, quote: Decimal) -> None:
        if assets is None:
            self._is_blind = True
            return
        self._move(assets[0], base)
        self._move(assets[1], quote)

    def _move(self, asset: str, by: Decimal) -> None:
        self._expected[asset] = self._expected.get(asset, Decimal(0)) + by

    def _note_trade(self, symbol: str, trade_id: int) -> None:
        self._use(symbol)
        self._trades[symbol, trade_id] = None
        if len(self._trades) > MOST_ORDERS:
            self._trades.popitem(last=False)

    def _keep(self, key: Key, standing: Standing) -> None:
        self._use(key[0])
        self.orders[key] = standing
        self.orders.move_to_end(key)
        if len(self.orders) > MOST_ORDERS:
            old = next((each for each, its in self.orders.items() if not its.is_open), None)
            if old is not None:
                del self.orders[old]

    def _use(self, symbol: str) -> None:
        self.symbols.pop(symbol, None)
        self.symbols[symbol] = None


def _moves(fill: Fill, pair: tuple[str, str] | None) -> list[tuple[str, Decimal]]:
    """What a trade moves: by asset."""
    sign = 1 if fill.is_buyer else -1
    fee = (fill.commission_asset, -fill.commission)
    if pair is None:
        return [fee]
    return [(pair[0], sign * fill.quantity), (pair[1], -sign * fill.quote), fee]


def amounts_of(account: Account) -> dict[str, Amounts]:
    return {each.asset: Amounts(each.free, each.locked) for each in account.balances}


def _without_nothing(balances: Mapping[str, Amounts]) -> dict[str, Amounts]:
    return {asset: each for asset, each in balances.items() if any(each)}
