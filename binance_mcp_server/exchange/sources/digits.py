"""A symbol's trading rules, as far as recorded numbers tell them.

- Base and quote: the name (of a futures contract, its pair) is split before the longest known quote asset that it
  ends with.
- Tick and step: the largest power of ten that divides every price, and every quantity, seen.
- Decimals in print: on spot always eight, on futures the most that a recorded price, and quantity, was printed with.
- A COIN-M contract is worth 100 of the quote asset for BTC and 10 for all others.
- The rest is of the usual size: prices to 1,000,000 and quantities to 90,000,000 (or ten times the largest seen,
  if that is more), an order worth 5 USDT or the like.
"""

from binance_mcp_server.exchange.engine.rules import SPOT_PLACES, Places, Product, SymbolRules
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


_CONTRACTS = {"BTC": 100}
_CONTRACT = 10
"""What a contract of COIN-M is worth in its quote asset, by base asset."""


class Digits:
    """How many decimals numbers use at most, how many they are printed with, and the largest of them."""

    def __init__(self) -> None:
        self._zeros = ""  # what every number with the most decimals has ended with so far
        self.decimals = 0
        """Without zeros at the end."""
        self.printed = 0
        """With them."""
        self.largest = 0

    def see(self, text: str) -> None:
        """Take in a number. Raises ``ValueError`` if it is not a plain decimal, or is negative."""
        whole, _, fraction = text.partition(".")
        if len(fraction) == self.printed and fraction.endswith(self._zeros):
            digits = whole + fraction
            if whole and digits.isdigit() and digits.isascii():  # the usual case, and nothing new
                return
        if parse(text) < 0:
            raise ValueError(f"negative: {text!r}")
        self._set(max(self.decimals, len(fraction.rstrip("0"))), max(self.printed, len(fraction)))

    def see_largest(self, text: str) -> None:
        """Take in a number, its size too."""
        self.see(text)
        self.largest = max(self.largest, parse(text))

    def joined(self, other: "Digits") -> "Digits":
        """Both as one."""
        both = Digits()
        both._set(max(self.decimals, other.decimals), max(self.printed, other.printed))
        both.largest = max(self.largest, other.largest)
        return both

    def _set(self, decimals: int, printed: int) -> None:
        self.decimals, self.printed = decimals, printed
        self._zeros = "0" * (printed - decimals)

    @property
    def step(self) -> int:
        """The largest power of ten that divides all numbers seen, at most 1; in units of 1e-8."""
        return int("1" + "0" * (DECIMALS - self.decimals))


def rules_of(symbol: str, price: Digits, qty: Digits, product: Product = "spot") -> SymbolRules:
    """Rules that admit everything seen."""
    pair = symbol if product == "spot" else symbol.partition("_")[0]
    quote = next((asset for asset in _QUOTES if pair.endswith(asset) and pair != asset), "")
    base = pair.removesuffix(quote) if quote else pair
    max_qty = max(_LARGEST_QTY, 10 * qty.largest)
    return SymbolRules(
        symbol=symbol,
        base=base,
        quote=quote or pair,
        tick=price.step,
        step=qty.step,
        min_price=price.step,
        max_price=max(_LARGEST_PRICE, 10 * price.largest),
        min_qty=qty.step,
        max_qty=max_qty,
        max_market_qty=max_qty // 100 // qty.step * qty.step,
        min_notional=parse(_MIN_NOTIONALS.get(quote, "5")),
        max_notional=_MAX_NOTIONAL,
        product=product,
        places=_places(product, price, qty),
        contract=_CONTRACTS.get(base, _CONTRACT) * SCALE if product == "coinm" else 0,
    )


def _places(product: Product, price: Digits, qty: Digits) -> Places:
    """As recorded candles of USDⓈ-M have it, a turnover has as many decimals as price and quantity together."""
    if product == "spot":
        return SPOT_PLACES
    turnover = DECIMALS if product == "coinm" else min(DECIMALS, price.printed + qty.printed)
    return Places(min(DECIMALS, price.printed), min(DECIMALS, qty.printed), turnover)
