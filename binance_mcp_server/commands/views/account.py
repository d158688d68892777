"""Balances and fills as rows; what a key may do, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from binance_mcp_server.commands.views.base import rounded, untrusted
from binance_mcp_server.market.profit import Book, Realised
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Cell, Facts
from binance_mcp_server.models.account import Account, ApiRestrictions, Balance, UnfilledCount
from binance_mcp_server.models.exact import plain, trim
from binance_mcp_server.models.orders import Fill

BALANCE_COLUMNS: Final = ["asset", "free", "locked", "value"]
ALL_BALANCE_COLUMNS: Final = [*BALANCE_COLUMNS, "total", "price"]
FILL_COLUMNS: Final = ["id", "time", "side", "price", "quantity", "commission", "profit"]
# fmt: off
ALL_FILL_COLUMNS: Final = [
    *FILL_COLUMNS, "order_id", "list_id", "quote_quantity", "commission_asset", "role", "unmatched",
]
# fmt: on
_VALUE_PLACES = 8


@dataclass(frozen=True, slots=True)
class Holding:
    """A balance, and what one unit is worth in the asset that values are given in."""

    balance: Balance
    rate: Decimal | None

    @property
    def value(self) -> Decimal | None:
        return None if self.rate is None else self.balance.total * self.rate


def holdings(held: Sequence[Holding], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of *held*."""
    return [[_holding(each, column) for column in columns] for each in held]


def total(held: Sequence[Holding]) -> Facts:
    """What all is worth together, and what no price is known of."""
    values = [each.value for each in held]
    unknown = [untrusted(each.balance.asset) for each in held if each.rate is None]
    facts: Facts = {"total_value": _value(sum((v for v in values if v is not None), Decimal(0)))}
    return {**facts, **({"without_price": unknown} if unknown else {})}


def account(found: Account) -> Facts:
    """What the venue says of the account: the right to trade where it is missing, the commission it states."""
    rates = found.commission_rates
    barred = [
        word
        for word, allowed in (
            ("trade", found.can_trade),
            ("withdraw", found.can_withdraw),
            ("deposit", found.can_deposit),
        )
        if not allowed
    ]
    return {
        "account_type": untrusted(found.account_type),
        **({"cannot": barred} if barred else {}),
        "commission_percent": f"maker {_percent(rates.maker)}, taker {_percent(rates.taker)}",
    }


def key(found: ApiRestrictions) -> Facts:
    """What the key may do."""
    rights = {
        "read": found.enable_reading,
        "trade": found.enable_spot_and_margin_trading,
        "withdraw": found.enable_withdrawals,
        "transfer": found.enable_internal_transfer or found.permits_universal_transfer,
        "margin": found.enable_margin,
        "futures": found.enable_futures,
        "options": found.enable_vanilla_options,
    }
    ends = found.trading_authority_expiration_time
    return {
        "key_may": [right for right, given in rights.items() if given],
        "key_ip_restricted": found.ip_restrict,
        **({"key_trades_until": format_time(ends)} if ends > 0 else {}),
    }


def unfilled(counts: Sequence[UnfilledCount]) -> Facts:
    """Orders that count against the venue's limits now."""
    return {
        f"orders_in_{each.seconds}s": f"{each.count} of {each.limit}"
        for each in counts
        if each.rate_limit_type == "ORDERS"
    }


def fills(shown: Sequence[tuple[Fill, Realised]], columns: Sequence[str]) -> list[list[Cell]]:
    """The chosen columns of fills with what each of them came to."""
    return [[_fill(fill, came_to, column) for column in columns] for fill, came_to in shown]


def result(book: Book) -> Facts:
    """Where the account stands on a symbol after all its fills."""
    base, quote = untrusted(book.base), untrusted(book.quote)
    facts: Facts = {"held": f"{plain(book.held)} {base}"}
    if book.held:
        facts["held_cost"] = f"{_value(book.cost)} {quote}"
        facts["average_cost"] = _value(book.cost / book.held)
    if book.unmatched:
        facts["sold_without_known_purchase"] = f"{plain(book.unmatched)} {base}"
    return facts


def _holding(held: Holding, column: str) -> Cell:
    match column:
        case "asset":
            return untrusted(held.balance.asset)
        case "free":
            return trim(held.balance.free_text)
        case "locked":
            return trim(held.balance.locked_text)
        case "total":
            return plain(held.balance.total)
        case "price":
            return None if held.rate is None else _value(held.rate)
    return None if held.value is None else _value(held.value)


def _fill(fill: Fill, came_to: Realised, column: str) -> Cell:  # noqa: PLR0911 - one a column
    match column:
        case "id":
            return str(fill.id)
        case "order_id":
            return str(fill.order_id)
        case "list_id":
            return str(fill.list_id) if fill.list_id >= 0 else None
        case "time":
            return format_time(fill.time)
        case "side":
            return "buy" if fill.is_buyer else "sell"
        case "role":
            return "maker" if fill.is_maker else "taker"
        case "quote_quantity":
            return trim(fill.quote_text)
        case "commission":
            return f"{trim(fill.commission_text)} {untrusted(fill.commission_asset)}"
        case "commission_asset":
            return untrusted(fill.commission_asset)
        case "unmatched":
            return plain(came_to.unmatched) if came_to.unmatched else None
        case "profit":
            return None if fill.is_buyer else _value(came_to.profit)
    return trim(str(getattr(fill, f"{column}_text")))


def _value(number: Decimal) -> str:
    return rounded(number, _VALUE_PLACES)


def _percent(part: Decimal) -> str:
    return plain(part * 100)
