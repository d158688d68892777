"""Symbols as another venue lists them: the body of its ``exchangeInfo`` → rules.

Shapes: rest-api.md "Exchange information" and filters.md (read 2026-11-24). Execution rules are listed elsewhere: here
they are as usual.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from binance_mcp_server.exchange.engine.orders import Stp
from binance_mcp_server.exchange.engine.rules import ORDER_TYPES, SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import (
    TRADING_RULES,
    Band,
    Deltas,
    TradingRules,
)
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.errors import ListingError

_UNBOUNDED = "9000000000"
"""What an order may be worth at the most where nothing says so."""


class _Filter(msgspec.Struct, rename="camel"):
    """Any of them; empty and 0 where a filter has no such field."""

    filter_type: str
    min_price: str = ""
    max_price: str = ""
    tick_size: str = ""
    min_qty: str = ""
    max_qty: str = ""
    step_size: str = ""
    min_notional: str = ""
    max_notional: str = ""
    apply_min_to_market: bool = True
    apply_to_market: bool = True
    apply_max_to_market: bool = False
    avg_price_mins: int = 0
    bid_multiplier_up: str = "0"
    bid_multiplier_down: str = "0"
    ask_multiplier_up: str = "0"
    ask_multiplier_down: str = "0"
    limit: int = 0
    min_trailing_above_delta: int = 0
    max_trailing_above_delta: int = 0
    min_trailing_below_delta: int = 0
    max_trailing_below_delta: int = 0
    max_position: str = "0"
    max_num_orders: int = 0
    max_num_algo_orders: int = 0
    max_num_iceberg_orders: int = 0
    max_num_order_lists: int = 0
    max_num_order_amends: int = 0


class _Symbol(msgspec.Struct, rename="camel"):
    symbol: str
    base_asset: str
    quote_asset: str
    filters: list[_Filter]
    status: str = "TRADING"
    order_types: tuple[str, ...] = ORDER_TYPES
    permission_sets: tuple[tuple[str, ...], ...] = (("SPOT",),)
    iceberg_allowed: bool = True
    oco_allowed: bool = True
    oto_allowed: bool = True
    opo_allowed: bool = True
    quote_order_qty_market_allowed: bool = True
    allow_trailing_stop: bool = True
    cancel_replace_allowed: bool = True
    amend_allowed: bool = True
    peg_instructions_allowed: bool = True
    default_self_trade_prevention_mode: str = TRADING_RULES.stp
    allowed_self_trade_prevention_modes: tuple[str, ...] = TRADING_RULES.stp_modes


class _Listing(msgspec.Struct, rename="camel"):
    symbols: list[_Symbol]
    server_time: int


class Listing:
    """A venue's symbols at a moment. Raises :class:`ListingError` when *body* is no such list."""

    def __init__(self, body: bytes) -> None:
        try:
            listing = msgspec.json.decode(body, type=_Listing)
        except msgspec.DecodeError as error:
            raise ListingError(f"this is no exchangeInfo: {error}") from error
        self.time_ms = listing.server_time
        """When the venue answered, ms since the epoch by its own clock."""
        self._symbols: Mapping[str, _Symbol] = {each.symbol: each for each in listing.symbols}

    def rules(self, symbols: Sequence[str]) -> Iterator[SymbolRules]:
        """Of *symbols*, in this order. Raises :class:`ListingError` for one that is not listed."""
        for symbol in symbols:
            if symbol not in self._symbols:
                raise ListingError(f"the venue lists no symbol {symbol}")
            said = self._symbols[symbol]
            try:
                yield _rules(said, _Filters(said.filters))
            except ValueError as error:
                raise ListingError(f"the filters of {symbol} cannot be read: {error}") from error


class _Filters:
    """The filters of a symbol by their type."""

    def __init__(self, filters: Sequence[_Filter]) -> None:
        self._by_type = {each.filter_type: each for each in filters}

    def needed(self, kind: str) -> _Filter:
        """Raises ``ValueError`` when there is none."""
        if kind not in self._by_type:
            raise ValueError(f"no {kind}")
        return self._by_type[kind]

    def get(self, *kinds: str) -> _Filter | None:
        """The first that there is."""
        return next((self._by_type[kind] for kind in kinds if kind in self._by_type), None)

    def of(self, kind: str) -> _Filter:
        """An empty one when there is none."""
        return self._by_type.get(kind) or _Filter("")


def _rules(said: _Symbol, filters: _Filters) -> SymbolRules:
    price, lot = filters.needed("PRICE_FILTER"), filters.needed("LOT_SIZE")
    market = filters.get("MARKET_LOT_SIZE") or lot
    notional = filters.get("NOTIONAL", "MIN_NOTIONAL") or _Filter("")
    return SymbolRules(
        symbol=said.symbol,
        base=said.base_asset,
        quote=said.quote_asset,
        tick=parse(price.tick_size),
        step=parse(lot.step_size),
        min_price=parse(price.min_price),
        max_price=parse(price.max_price),
        min_qty=parse(lot.min_qty),
        max_qty=parse(lot.max_qty),
        max_market_qty=parse(market.max_qty) or parse(lot.max_qty),
        min_notional=parse(notional.min_notional or "0"),
        max_notional=parse(notional.max_notional or _UNBOUNDED),
        status=said.status,
        permission_sets=said.permission_sets or (("SPOT",),),
        order_types=said.order_types,
        trading=_trading(said, filters, notional),
    )


def _trading(said: _Symbol, filters: _Filters, notional: _Filter) -> TradingRules:
    percent = filters.get("PERCENT_PRICE_BY_SIDE")
    deltas = filters.get("TRAILING_DELTA")
    market = filters.of("MARKET_LOT_SIZE")
    return TradingRules(
        percent=_band(percent) if percent else None,
        average_minutes=(percent or notional).avg_price_mins,
        min_notional_on_market=notional.apply_min_to_market and notional.apply_to_market,
        max_notional_on_market=notional.apply_max_to_market,
        min_market_qty=parse(market.min_qty or "0"),
        market_step=parse(market.step_size or "0"),
        iceberg_parts=filters.of("ICEBERG_PARTS").limit,
        deltas=_deltas(deltas) if deltas else None,
        max_position=parse(filters.of("MAX_POSITION").max_position),
        max_orders=filters.of("MAX_NUM_ORDERS").max_num_orders,
        max_algo_orders=filters.of("MAX_NUM_ALGO_ORDERS").max_num_algo_orders,
        max_iceberg_orders=filters.of("MAX_NUM_ICEBERG_ORDERS").max_num_iceberg_orders,
        max_lists=filters.of("MAX_NUM_ORDER_LISTS").max_num_order_lists,
        max_amends=filters.of("MAX_NUM_ORDER_AMENDS").max_num_order_amends,
        iceberg=said.iceberg_allowed,
        oco=said.oco_allowed,
        oto=said.oto_allowed,
        opo=said.opo_allowed,
        quote_qty_market=said.quote_order_qty_market_allowed,
        trailing_stop=said.allow_trailing_stop,
        cancel_replace=said.cancel_replace_allowed,
        amend=said.amend_allowed,
        peg=said.peg_instructions_allowed,
        stp=next(_modes([said.default_self_trade_prevention_mode]), Stp.NONE),
        stp_modes=tuple(_modes(said.allowed_self_trade_prevention_modes)),
    )


def _modes(names: Sequence[str]) -> Iterator[Stp]:
    """Those that are known here."""
    return (mode for name in names for mode in Stp if mode == name)


def _band(percent: _Filter) -> Band:
    return Band(
        parse(percent.bid_multiplier_up),
        parse(percent.bid_multiplier_down),
        parse(percent.ask_multiplier_up),
        parse(percent.ask_multiplier_down),
    )


def _deltas(said: _Filter) -> Deltas:
    return Deltas(
        said.min_trailing_above_delta,
        said.max_trailing_above_delta,
        said.min_trailing_below_delta,
        said.max_trailing_below_delta,
    )
