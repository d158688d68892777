"""Exchange information as spot Binance sends it. Shapes: rest-api.md and filters.md (2026-07-21), read 2026-11-22."""

from typing import Any, cast

import msgspec


class Empty(msgspec.Struct, frozen=True):
    """``GET /api/v3/ping``."""


class ServerTime(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /api/v3/time``; ms since the epoch."""

    server_time: int


class RateLimit(msgspec.Struct, frozen=True, rename="camel"):
    """One of the venue's limits: at most *limit* per *interval_num* × *interval*."""

    rate_limit_type: str
    """REQUEST_WEIGHT, RAW_REQUESTS, ORDERS, …"""
    interval: str
    """SECOND, MINUTE, HOUR or DAY."""
    limit: int
    interval_num: int = 1

    @property
    def seconds(self) -> int:
        """The window's length."""
        unit = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}.get(self.interval, 60)
        return unit * self.interval_num


class SymbolInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One symbol of ``exchangeInfo``. Filters and permissions stay raw until they are asked for."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    order_types: tuple[str, ...] = ()
    base_asset_precision: int = 8
    quote_asset_precision: int = 8
    iceberg_allowed: bool = False
    oco_allowed: bool = False
    oto_allowed: bool = False
    opo_allowed: bool = False
    quote_order_qty_market_allowed: bool = False
    allow_trailing_stop: bool = False
    cancel_replace_allowed: bool = False
    amend_allowed: bool = False
    peg_instructions_allowed: bool = False
    is_spot_trading_allowed: bool = False
    is_margin_trading_allowed: bool = False
    default_self_trade_prevention_mode: str = ""
    filters_raw: msgspec.Raw = msgspec.field(name="filters", default=msgspec.Raw(b"[]"))
    permission_sets_raw: msgspec.Raw = msgspec.field(
        name="permissionSets", default=msgspec.Raw(b"[]")
    )

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The symbol's filters, decoded now; numbers are the venue's strings."""
        return cast("list[dict[str, Any]]", msgspec.json.decode(self.filters_raw))

    @property
    def permission_sets(self) -> list[list[str]]:
        """Account permissions needed: every inner list must be met by one of its members."""
        return cast("list[list[str]]", msgspec.json.decode(self.permission_sets_raw))


class ExchangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /api/v3/exchangeInfo``."""

    server_time: int
    rate_limits: tuple[RateLimit, ...]
    symbols: tuple[SymbolInfo, ...]
    exchange_filters: tuple[dict[str, Any], ...] = ()


class ExecutionRule(msgspec.Struct, frozen=True, rename="camel"):
    """A band outside of which the symbol does not trade: multiples of its reference price."""

    rule_type: str
    bid_limit_mult_up: str | None = None
    bid_limit_mult_down: str | None = None
    ask_limit_mult_up: str | None = None
    ask_limit_mult_down: str | None = None


class SymbolExecutionRules(msgspec.Struct, frozen=True):
    """The execution rules of one symbol."""

    symbol: str
    rules: tuple[ExecutionRule, ...]


class ExecutionRules(msgspec.Struct, frozen=True, rename="camel"):
    """``GET /api/v3/executionRules``."""

    symbol_rules: tuple[SymbolExecutionRules, ...]
