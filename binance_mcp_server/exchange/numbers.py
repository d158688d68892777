"""Money as integers.

Spot Binance prints prices and quantities with eight decimals, futures with fewer, so the exchange holds both as
integers in units of 1e-8. A product of the two (a quote quantity) is held exactly, in units of 1e-16, and cut only
when it is printed.
"""

DECIMALS = 8
SCALE: int = 10**DECIMALS


def parse(text: str) -> int:
    """``"61837.63"`` → 6183763000000. Raises ``ValueError`` on anything but plain digits with ≤ 8 decimals."""
    whole, _, fraction = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    digits = whole.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or (
        fraction and not (fraction.isascii() and fraction.isdigit())
    ):
        raise ValueError(f"not a plain decimal: {text!r}")
    if fraction[DECIMALS:].strip("0"):
        raise ValueError(f"more than {DECIMALS} decimals: {text!r}")
    return sign * (int(digits) * SCALE + int(fraction[:DECIMALS].ljust(DECIMALS, "0")))


def show(units: int, places: int = DECIMALS) -> str:
    """6183763000000 → ``"61837.63000000"``, the venue's form with eight decimals, or cut to fewer."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), SCALE)
    if places == DECIMALS:
        return f"{sign}{whole}.{fraction:08d}"
    return f"{sign}{whole}.{fraction:08d}"[: places - DECIMALS] if places else f"{sign}{whole}"


def show_quote(product: int, places: int = DECIMALS) -> str:
    """A price × quantity product (units of 1e-16), cut (not rounded) to at most eight decimals."""
    return show(abs(product) // SCALE * (1 if product >= 0 else -1), places)
