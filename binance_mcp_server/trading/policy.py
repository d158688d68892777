"""What the owner of a venue's account allows. Pure; ``limits_file`` reads it from a file that no tool can change."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Self

from binance_mcp_server.models.exact import plain
from binance_mcp_server.venues import VenueName


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one venue. ``None`` where there is no limit."""

    venue: VenueName
    enabled: bool = False
    why_disabled: str = "trading is not enabled"
    """What the owner would have to do."""
    currency: str = "USDT"
    """The asset that all notionals are stated in."""
    symbols: frozenset[str] | None = None
    order_notional: Decimal | None = None
    """Most that one intent may be worth, all its orders that can happen together."""
    day_notional: Decimal | None = None
    """Most that the intents of the last 24 hours may be worth together."""
    open_orders: int | None = None
    """Most orders open at a time, all symbols together."""
    orders_per_minute: int | None = None
    """Most orders placed in the last 60 seconds."""
    price_band_percent: Decimal | None = None
    """How far a price may be from the market, in percent of it, either way."""
    person_from: Decimal | None = None
    """From which notional on a person has to agree; 0: to every order; ``None``: to none."""
    allow_withdrawal_key: bool = False
    """Whether a key that can withdraw may trade."""
    allow_unrestricted_key: bool = False
    """Whether a key without IP restriction may trade."""

    def described(self) -> list[tuple[str, str]]:
        """The limits in words, for the owner to read when the server starts and for the tools to show."""
        rows = (
            ("symbols", ", ".join(sorted(self.symbols)) if self.symbols is not None else None),
            ("order_notional", self._money(self.order_notional)),
            ("day_notional", self._money(self.day_notional)),
            ("open_orders", _text(self.open_orders)),
            ("orders_per_minute", _text(self.orders_per_minute)),
            ("price_band_percent", _text(self.price_band_percent)),
        )
        person = "none" if self.person_from is None else f"from {self._money(self.person_from)}"
        if self.person_from == 0:
            person = "every order"
        return [*((name, text or "no limit") for name, text in rows), ("person", person)]

    def disabled(self, why: str) -> Self:
        return replace(self, enabled=False, why_disabled=why)

    def _money(self, amount: Decimal | None) -> str | None:
        return None if amount is None else f"{plain(amount)} {self.currency}"


def _text(number: Decimal | int | None) -> str | None:
    return None if number is None else plain(Decimal(number))


MODEST: Final = Policy(
    venue="testnet",
    enabled=True,
    order_notional=Decimal(100),
    day_notional=Decimal(1000),
    open_orders=10,
    orders_per_minute=10,
    price_band_percent=Decimal(10),
)
"""What holds on ``testnet`` and ``demo`` without a file, and on ``live`` for what the file leaves out."""
