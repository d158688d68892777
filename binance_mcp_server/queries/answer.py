"""A result that says where it came from and when."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Origin = Literal["rest", "mirror", "ws_api", "cache", "live book"]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """Data with its evidence."""

    data: T
    as_of_ms: int
    """Venue time at which the venue said so, ms since the epoch."""
    source: Origin = "rest"
    partial: str = ""
    """What is missing, in words; empty when nothing is."""
    not_trading: tuple[str, ...] = ()
    """Symbols whose figures are of a time when they still traded."""
