"""An account of the venue: who it is, what it may do and what it pays. What it owns stands in the ledger."""

from dataclasses import dataclass, field

from binance_mcp_server.exchange.engine.commission import DEFAULT_RATES, CommissionRates


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One account; several keys may speak for it. Times are ms since the epoch."""

    uid: int
    name: str
    trade_group_id: int = -1
    """Accounts of one group do not trade with each other where self-trade prevention says so; -1: no group."""
    permissions: tuple[str, ...] = ("SPOT",)
    """Which symbols it may trade: one permission of each of a symbol's ``permissionSets``."""
    can_trade: bool = True
    can_withdraw: bool = True
    can_deposit: bool = True
    rates: CommissionRates = DEFAULT_RATES
    symbol_rates: dict[str, CommissionRates] = field(default_factory=dict)
    """Where a symbol has rates of its own."""
    bnb_burn: bool = False
    """Commission is paid in BNB while there is enough of it."""
    max_asset: dict[str, int] = field(default_factory=dict)
    """MAX_ASSET filters: the most of an asset in one order, 1e-8."""
    created_ms: int = 0
    update_time: int = 0
    """When its balances changed last."""

    def rates_on(self, symbol: str) -> CommissionRates:
        return self.symbol_rates.get(symbol, self.rates)

    def may_trade(self, permission_sets: tuple[tuple[str, ...], ...]) -> bool:
        """Whether a symbol with these sets is open to it: ``[[A, B], [C]]`` means (A or B) and C."""
        return all(any(each in self.permissions for each in names) for names in permission_sets)
