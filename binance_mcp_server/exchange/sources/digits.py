"""A symbol's trading rules, as far as recorded numbers tell them.

- Base and quote: the name is split before the longest known quote asset that it ends with.
- Tick and step: the largest power of ten that divides every price, and every quantity, seen.
- The rest is of the usual size: prices to 1,000,000 and quantities to 90,000,000 (or ten times the largest seen,
  if that is more), an order worth 5 USDT or the like.
"""

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import DECIMALS, SCALE, parse

_MIN_NOTIONALS = {
    "FDUSD": "5",
    "USDT": "5",
    "USDC": "5",
    "TUSD": "5",
    "BUSD": "5",
    "USD1": "5",
    "USDP": "5",
    "DAI": "5",
    "EUR": "5",
    "GBP": "5",
    "AUD": "5",
    "USD": "5",
    "TRY": "10",
    "BRL": "10",
    "PLN": "10",
    "ZAR": "50",
    "MXN": "50",
    "UAH": "100",
    "JPY": "500",
    "ARS": "5000",
    "IDR": "20000",
    "BTC": "0.0001",
    "ETH": "0.001",
    "BNB": "0.01",
    "SOL": "0.05",
    "TRX": "20",
    "XRP": "10",
    "DOGE": "20",
}
"""Known quote assets, with the least that an order is worth in them."""

_QUOTES = sorted(_MIN_NOTIONALS, key=len, reverse=True)
_LARGEST_PRICE = 1_000_000 * SCALE
_LARGEST_QTY = 90_000_000 * SCALE
_MAX_NOTIONAL = 9_000_000 * SCALE


class Digits:
    """How many decimals numbers use at most, and the largest of them."""

    def __init__(self) -> None:
        self._zeros = "0" * DECIMALS  # what every number with eight decimals has ended with so far
        self.decimals = 0
        self.largest = 0

    def see(self, text: str) -> None:
        """Take in a number. Raises ``ValueError`` if it is not a plain decimal, or is negative."""
        if text.endswith(self._zeros) and text[-DECIMALS - 1 : -DECIMALS] == ".":
            whole = text[: -DECIMALS - 1] + text[-DECIMALS:]
            if whole.isdigit() and whole.isascii():  # the usual case, and nothing new
                return
        if parse(text) < 0:
            raise ValueError(f"negative: {text!r}")
        used = len(text.partition(".")[2].rstrip("0"))
        if used > self.decimals:
            self.decimals = used
            self._zeros = "0" * (DECIMALS - used)

    def see_largest(self, text: str) -> None:
        """Take in a number, its size too."""
        self.see(text)
        self.largest = max(self.largest, parse(text))

    def joined(self, other: "Digits") -> "Digits":
        """Both as one."""
        both = Digits()
        both.decimals = max(self.decimals, other.decimals)
        both.largest = max(self.largest, other.largest)
        both._zeros = "0" * (DECIMALS - both.decimals)
        return both

    @property
    def step(self) -> int:
        """The largest power of ten that divides all numbers seen, at most 1; in units of 1e-8."""
        return int("1" + self._zeros)


def rules_of(symbol: str, price: Digits, qty: Digits) -> SymbolRules:
    """Rules that admit everything seen."""
    quote = next((asset for asset in _QUOTES if symbol.endswith(asset) and symbol != asset), "")
    base = symbol.removesuffix(quote) if quote else symbol
    max_qty = max(_LARGEST_QTY, 10 * qty.largest)
    return SymbolRules(
        symbol=symbol,
        base=base,
        quote=quote or symbol,
        tick=price.step,
        step=qty.step,
        min_price=price.step,
        max_price=max(_LARGEST_PRICE, 10 * price.largest),
        min_qty=qty.step,
        max_qty=max_qty,
        max_market_qty=max_qty // 100 // qty.step * qty.step,
        min_notional=parse(_MIN_NOTIONALS.get(quote, "5")),
        max_notional=_MAX_NOTIONAL,
    )
