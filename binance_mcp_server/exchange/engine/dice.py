"""Randomness in integers: the same on every machine and Python, since no binary float takes part."""

from random import Random
from struct import unpack

NORMAL_SIGMA = 37837
"""Standard deviation of :meth:`Dice.normal`: that of four uniform 16-bit numbers, 2**16 * sqrt(4 / 12)."""

NORMAL_MEAN = 2 * 0xFFFF
"""What is taken off the sum of four such numbers."""


class Dice:
    """A stream of random integers, fixed by its seed words."""

    def __init__(self, *seed: str | int) -> None:
        self.bits = Random("/".join(map(str, seed))).getrandbits
        """``bits(k)``: an integer of k random bits."""

    def words(self, count: int) -> tuple[int, ...]:
        """*count* random 16-bit numbers, an even count: those that draws of 32, 64, 96… bits are made of, in
        order, the lowest first."""
        return unpack(f"<{count}H", self.bits(16 * count).to_bytes(2 * count, "little"))

    def below(self, limit: int) -> int:
        """Uniform in ``0 <= x < limit``."""
        return self.bits(64) * limit >> 64

    def near(self, limit: int) -> int:
        """In ``0 <= x < limit``, the smaller the likelier: a product of two uniform numbers."""
        return self.bits(32) * self.bits(32) * limit >> 64

    def happens(self, millionths: int) -> bool:
        """True with a probability of *millionths* / 1e6."""
        return self.bits(32) * 1_000_000 >> 32 < millionths

    def count(self, millionths: int) -> int:
        """How often something of this mean happens: the mean's whole part, and the rest by chance."""
        whole, part = divmod(millionths, 1_000_000)
        return whole + self.happens(part)

    def normal(self) -> int:
        """About normal, mean 0, standard deviation :data:`NORMAL_SIGMA`, never beyond 3.5 of them."""
        bits = self.bits(64)
        total = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return total - NORMAL_MEAN
