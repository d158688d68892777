"""Why an order may not be, as data: what the desk keeps and the tools word. Pure."""

from dataclasses import dataclass
from typing import Literal

# fmt: off
Rule = Literal[
    "disabled", "kill_switch", "symbol", "no_price", "no_rate", "order_notional", "day_notional", "open_orders",
    "orders_per_minute", "price_band",
]
# fmt: on


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule of the owner that an intent breaks."""

    rule: Rule
    text: str
    """What is wrong, in one sentence with the numbers."""
    advice: str = ""
    """What would pass, or who can change it."""
    value: str = ""
    """What the intent comes to, in plain digits; empty where it is no number."""
    limit: str = ""
    """What the owner allows, in plain digits."""

    def __str__(self) -> str:
        return f"{self.text} {self.advice}".strip()
