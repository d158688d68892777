"""The filters: what of an order's numbers a symbol, the exchange and an asset admit. Pure.

Source: filters.md and errors.md "Filter failures", read 2026-11-24. They are asked about in that page's order; the
venue does not say which of several failures it reports. What is too precise for an integer of 1e-8 (-1111) is refused
where text is read.
"""

from collections.abc import Mapping
from typing import NamedTuple

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType
from binance_mcp_server.exchange.engine.refusals import (
    AMEND,
    NEW_ORDER,
    RefusedError,
    filter_failure,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import (
    NO_EXCHANGE_RULES,
    Deltas,
    ExchangeRules,
)
from binance_mcp_server.exchange.numbers import SCALE

_ABOVE = frozenset(
    (
        (Side.BUY, OrderType.STOP_LOSS),
        (Side.BUY, OrderType.STOP_LOSS_LIMIT),
        (Side.SELL, OrderType.TAKE_PROFIT),
        (Side.SELL, OrderType.TAKE_PROFIT_LIMIT),
    )
)
"""Stops that wait for a higher price."""


class Open(NamedTuple):
    """What an account has open."""

    orders: int = 0
    algo: int = 0
    """Orders with a stop, waiting ones."""
    icebergs: int = 0
    lists: int = 0

    def plus(self, order: NewOrder) -> "Open":
        """With *order* open too: for the next leg of a list."""
        return self._replace(
            orders=self.orders + 1,
            algo=self.algo + order.type.is_contingent,
            icebergs=self.icebergs + bool(order.iceberg_qty),
        )


_NOTHING = Open()


class Facts(NamedTuple):
    """What the filters need to know of the account and of the market. Prices and quantities in units of 1e-8."""

    on_symbol: Open = _NOTHING
    on_exchange: Open = _NOTHING
    position: int = 0
    """Of the base asset: free, locked, and what open BUY orders ask for."""
    reference: int | None = None
    average: int = 0
    last: int | None = None
    max_asset: Mapping[str, int] | None = None
    """MAX_ASSET by asset, where the account has such filters."""
    exchange: ExchangeRules = NO_EXCHANGE_RULES

    def price(self, rules: SymbolRules) -> int:
        """What a price is compared with: the reference price, else the average or the last one; 0: there is none."""
        if self.reference is not None:
            return self.reference
        return (self.average if rules.trading.average_minutes else self.last) or 0


def check_order(order: NewOrder, rules: SymbolRules, facts: Facts, price: int = 0) -> None:
    """Raises :class:`~.refusals.RefusedError` when a filter does not admit *order*.

    *price*: the limit price where it is not the one asked for, as of a pegged order. A quantity of 0 (to be decided
    later, as of the pending orders of an OPO list) is not examined.
    """
    price = price or order.price
    if price:
        _check_price(price, rules)
        _check_percent(order.side, price, rules, facts)
    if order.stop_price:
        _check_price(order.stop_price, rules)
    check_qty(order, rules, facts, price)
    _check_counts(order, rules, facts)
    if rules.trading.max_position and order.side is Side.BUY:
        _check_position(order, rules, facts)
    if order.trailing_delta and rules.trading.deltas:
        _check_delta(order, rules.trading.deltas)


def check_qty(order: NewOrder, rules: SymbolRules, facts: Facts, price: int = 0) -> None:
    """The filters that quantities meet, alone: for an amendment, and once an OPO list knows what it has to sell."""
    price = price or order.price
    if order.qty:
        _check_lot(order.qty, rules)
    if order.iceberg_qty:
        _check_lot(order.iceberg_qty, rules)
    _check_notional(order, rules, facts, price)
    if order.iceberg_qty and order.qty:
        _check_iceberg(order, rules)
    if order.qty and order.type is OrderType.MARKET:
        _check_market_lot(order.qty, rules)
    if facts.max_asset:
        _check_assets(order, rules, facts, price, facts.max_asset)


def check_list(rules: SymbolRules, facts: Facts) -> None:
    """Whether one more order list may be open. Raises :class:`~.refusals.RefusedError`."""
    if _is_full(facts.on_symbol.lists, rules.trading.max_lists):
        raise filter_failure("MAX_NUM_ORDER_LISTS")
    if _is_full(facts.on_exchange.lists, facts.exchange.max_lists):
        raise filter_failure("EXCHANGE_MAX_NUM_ORDER_LISTS")


def check_amends(rules: SymbolRules, amends: int) -> None:
    """Whether an order that was amended *amends* times may be once more. Raises :class:`~.refusals.RefusedError`."""
    if _is_full(amends, rules.trading.max_amends):
        raise RefusedError(AMEND, filter_failure("MAX_NUM_ORDER_AMENDS").text)


def _check_price(price: int, rules: SymbolRules) -> None:
    if (
        price < rules.min_price
        or (rules.max_price and price > rules.max_price)
        or (rules.tick and price % rules.tick)
    ):
        raise filter_failure("PRICE_FILTER")


def _check_percent(side: Side, price: int, rules: SymbolRules, facts: Facts) -> None:
    band, around = rules.trading.percent, facts.price(rules)
    if band and around and not band.admits(side, price, around):
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _check_lot(qty: int, rules: SymbolRules) -> None:
    if (
        qty < rules.min_qty
        or (rules.max_qty and qty > rules.max_qty)
        or (rules.step and qty % rules.step)
    ):
        raise filter_failure("LOT_SIZE")


def _notional(order: NewOrder, rules: SymbolRules, facts: Facts, price: int) -> int | None:
    """What *order* is worth, in units of 1e-16; ``None`` where nobody can say."""
    if order.quote_qty:
        return order.quote_qty * SCALE
    return (price or facts.price(rules)) * order.qty or None


def _check_notional(order: NewOrder, rules: SymbolRules, facts: Facts, price: int) -> None:
    worth, trading = _notional(order, rules, facts, price), rules.trading
    if worth is None:
        return
    too_little = worth < rules.min_notional * SCALE and (price or trading.min_notional_on_market)
    too_much = worth > rules.max_notional * SCALE and (price or trading.max_notional_on_market)
    if too_little or (too_much and rules.max_notional):
        raise filter_failure("NOTIONAL")


def _check_iceberg(order: NewOrder, rules: SymbolRules) -> None:
    if order.iceberg_qty > order.qty:
        raise RefusedError(NEW_ORDER, "IcebergQty exceeds QTY.")
    if -(-order.qty // order.iceberg_qty) > rules.trading.iceberg_parts:
        raise filter_failure("ICEBERG_PARTS")


def _check_market_lot(qty: int, rules: SymbolRules) -> None:
    trading = rules.trading
    if (
        qty < trading.min_market_qty
        or (rules.max_market_qty and qty > rules.max_market_qty)
        or (trading.market_step and qty % trading.market_step)
    ):
        raise filter_failure("MARKET_LOT_SIZE")


def _check_assets(
    order: NewOrder, rules: SymbolRules, facts: Facts, price: int, limits: Mapping[str, int]
) -> None:
    base, quote = limits.get(rules.base), limits.get(rules.quote)
    worth = _notional(order, rules, facts, price) or 0
    if (base is not None and _base_qty(order, rules, facts) > base) or (
        quote is not None and worth > quote * SCALE
    ):
        raise filter_failure("MAX_ASSET")


def _check_counts(order: NewOrder, rules: SymbolRules, facts: Facts) -> None:
    trading, exchange = rules.trading, facts.exchange
    here, everywhere = facts.on_symbol, facts.on_exchange
    if _is_full(here.orders, trading.max_orders):
        raise filter_failure("MAX_NUM_ORDERS")
    if _is_full(everywhere.orders, exchange.max_orders):
        raise filter_failure("EXCHANGE_MAX_NUM_ORDERS")
    if order.type.is_contingent:
        if _is_full(here.algo, trading.max_algo_orders):
            raise filter_failure("MAX_NUM_ALGO_ORDERS")
        if _is_full(everywhere.algo, exchange.max_algo_orders):
            raise filter_failure("EXCHANGE_MAX_NUM_ALGO_ORDERS")
    if order.iceberg_qty:
        if _is_full(here.icebergs, trading.max_iceberg_orders):
            raise filter_failure("MAX_NUM_ICEBERG_ORDERS")
        if _is_full(everywhere.icebergs, exchange.max_iceberg_orders):
            raise filter_failure("EXCHANGE_MAX_NUM_ICEBERG_ORDERS")


def _is_full(count: int, limit: int) -> bool:
    return bool(limit) and count >= limit


def _check_position(order: NewOrder, rules: SymbolRules, facts: Facts) -> None:
    if facts.position + _base_qty(order, rules, facts) > rules.trading.max_position:
        raise filter_failure("MAX_POSITION")


def _base_qty(order: NewOrder, rules: SymbolRules, facts: Facts) -> int:
    """Its quantity; of an order by quote quantity about what it comes to."""
    price = facts.price(rules)
    return order.qty or (order.quote_qty * SCALE // price if price else 0)


def _check_delta(order: NewOrder, deltas: Deltas) -> None:
    above = (order.side, order.type) in _ABOVE
    least = deltas.min_above if above else deltas.min_below
    most = deltas.max_above if above else deltas.max_below
    if not least <= order.trailing_delta <= most:
        raise filter_failure("TRAILING_DELTA")
