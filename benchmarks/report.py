"""A measurement beside its target, and the table of all of them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

BEGIN = "<!-- table: make bench -->"
END = "<!-- end of table -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement."""

    what: str
    ours: str
    """Our figure with its unit, for the reader; the ratio is what counts."""
    beside: str
    """The yardstick and its figure."""
    figure: float
    target: float
    sense: Literal["<=", ">="] = "<="
    unit: str = "×"

    @property
    def met(self) -> bool:
        return self.figure <= self.target if self.sense == "<=" else self.figure >= self.target

    def cells(self) -> tuple[str, ...]:
        sign = {"<=": "≤", ">=": "≥"}[self.sense]
        return (
            self.what,
            self.ours,
            self.beside,
            f"**{self.figure:.2f}** {self.unit}",
            f"{sign} {self.target:g} {self.unit}",
            "met" if self.met else "**missed**",
        )


def table(rows: Sequence[Row]) -> str:
    """*rows* as a Markdown table."""
    head = ("measurement", "ours", "yardstick", "result", "target", "")
    lines = [head, ("---",) * len(head), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def conditions() -> str:
    """What the figures depend on, in one line."""
    names = ("fastmcp", "aiohttp", "msgspec", "orjson")
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores; {', '.join(f'{name} {version(name)}' for name in names)}."
    )


def insert(page: str, text: str) -> str:
    """*page* with what stands between its two markers replaced by *text*. Raises ``ValueError`` without them."""
    before, found_begin, rest = page.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"
