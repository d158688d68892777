"""Where in a queue an order stands when others leave it: a recording tells how much stands at a price, not whose it is.

A trade at a price takes those who came first: that is known. A quantity that goes without a trade was cancelled by
somebody, before us or behind us. Nobody can tell which, so a model decides:

- ``risk_averse``: behind us, as long as there is anybody. We are never better off than in the real queue.
- ``prob``: shared, a longer part losing more than in proportion to its length. The chance that it was behind is
  ``f(behind) / (f(before) + f(behind))`` with ``f(x) = x ** power``.

Both are models of hftbacktest's documentation ("Queue models", read 2026-11-24), here on integers, quantities in units
of 1e-8.
"""

from collections.abc import Mapping
from typing import Protocol


class QueueModel(Protocol):
    """Who leaves."""

    def left_before(self, before: int, behind: int, gone: int) -> int:
        """What is left of the quantity *before* an order when *gone* of it and of that *behind* was cancelled,
        ``gone <= before + behind``.

        At least what must be left (``before - gone``), at most what can be (``before``, and ``before + behind -
        gone``); where it was more before, not less is left.
        """
        ...


class RiskAverse:
    """Who leaves stood behind us, if anybody did."""

    def left_before(self, before: int, behind: int, gone: int) -> int:
        return min(before, before + behind - gone)


class Probable:
    """Who leaves stood before us or behind us, by the lengths of both parts; a fraction of a unit stays before us.

    When many leave they do so in shares of the queue, each by the lengths that the one before it left: all at once,
    who stood in the middle could fall behind somebody who stood further back.
    """

    def __init__(self, power: int = 2) -> None:
        """Raises ``ValueError`` on a *power* below 1."""
        if power < 1:
            raise ValueError(f"a power of {power} would favour the shorter part")
        self._power = power

    def left_before(self, before: int, behind: int, gone: int) -> int:
        while before and gone:
            some = min(gone, max((before + behind) // self._power, 1))
            ours: int = before**self._power
            theirs: int = behind**self._power
            share = some * ours // (ours + theirs)
            ahead = min(before, max(share, some - behind))
            before, behind, gone = before - ahead, behind - (some - ahead), gone - some
        return before


MODELS: Mapping[str, QueueModel] = {"risk_averse": RiskAverse(), "prob": Probable()}
"""By the names that the command line takes; the first is the usual one."""
