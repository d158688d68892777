"""The symbols of the scenario: rules as the venue has them, and how each of them lives.

Ticks, lots and prices follow public exchangeInfo, ticker/price and ticker/bookTicker bodies of 2024-09 and 2026-07.
"""

from dataclasses import dataclass

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import SCALE, parse


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol of the scenario."""

    rules: SymbolRules
    price: int
    """Where the market opens, 1e-8 of the quote asset; of a ratio, about where: it only sizes the lots."""
    daily_move_bp: int
    """Standard deviation of a day's return, in 1/10000; of a ratio it only lengthens the wicks of past candles."""
    trades_per_minute: int
    trade_size: int
    """Mean quantity of a market order, 1e-8 of the base asset."""
    touch_size: int
    """What the market maker shows at its bid and its ask, 1e-8 of the base asset."""
    depth: int
    """Levels that each side keeps."""
    spacing: int
    """Mean distance between two levels, in ticks."""
    spread: int = 1
    """Distance of the maker's ask from its bid, in ticks."""
    ratio: tuple[str, str] | None = None
    """Symbols whose quotient this price is, so that triangles close."""
    first_trade_id: int = 1

    @property
    def trading(self) -> bool:
        return self.rules.status == "TRADING"

    @property
    def least_trade(self) -> int:
        """The smallest whole lot that is worth the minimal notional at the opening price."""
        step = self.rules.step
        lots: int = -(-self.rules.min_notional * SCALE // (self.price * step))
        return max(self.rules.min_qty, lots * step)


@dataclass(frozen=True, slots=True)
class _Life:
    """How lively a symbol is; amounts in whole units of the quote asset."""

    daily_move_bp: int
    trades_per_minute: int
    trade: str
    touch: str
    depth: int
    spacing: int
    spread: int = 1


def _rules(names: str, prices: str, lots: str, notionals: str, status: str) -> SymbolRules:
    base, quote = names.split("/")
    min_price, max_price, tick = (parse(word) for word in prices.split())
    min_qty, max_qty, step, max_market = (parse(word) for word in lots.split())
    least, most = (parse(word) for word in notionals.split())
    return SymbolRules(
        symbol=base + quote,
        base=base,
        quote=quote,
        tick=tick,
        step=step,
        min_price=min_price,
        max_price=max_price,
        min_qty=min_qty,
        max_qty=max_qty,
        max_market_qty=max_market,
        min_notional=least,
        max_notional=most,
        status=status,
    )


def _lots(quote_amount: str, price: int, step: int) -> int:
    """A whole number of lots worth about *quote_amount*."""
    lots: int = parse(quote_amount) * SCALE // (price * step)
    return max(lots, 1) * step


def _listing(
    names: str,
    price: str,
    prices: str,
    lots: str,
    life: _Life,
    notionals: str = "5 9000000",
    status: str = "TRADING",
    ratio: tuple[str, str] | None = None,
    first_trade_id: int = 1,
) -> Listing:
    rules = _rules(names, prices, lots, notionals, status)
    opening = parse(price)
    return Listing(
        rules=rules,
        price=opening,
        daily_move_bp=life.daily_move_bp,
        trades_per_minute=life.trades_per_minute,
        trade_size=_lots(life.trade, opening, rules.step),
        touch_size=_lots(life.touch, opening, rules.step),
        depth=life.depth,
        spacing=life.spacing,
        spread=life.spread,
        ratio=ratio,
        first_trade_id=first_trade_id,
    )


LISTINGS: tuple[Listing, ...] = (
    _listing(
        "BTC/USDT",
        "64954.00",
        "0.01 1000000 0.01",
        "0.00001 9000 0.00001 160.64030255",
        _Life(220, 300, "1500", "180000", 250, 40),
        first_trade_id=6_200_000_001,
    ),
    _listing(
        "ETH/USDT",
        "1882.17",
        "0.01 1000000 0.01",
        "0.0001 9000 0.0001 3117.87807364",
        _Life(300, 200, "900", "90000", 220, 4),
        first_trade_id=3_400_000_001,
    ),
    _listing(
        "SOL/USDT",
        "78.20",
        "0.01 10000 0.01",
        "0.001 90000 0.001 64306.31937238",
        _Life(380, 100, "500", "40000", 160, 1),
        first_trade_id=1_700_000_001,
    ),
    _listing(
        "BNB/USDT",
        "580.65",
        "0.01 100000 0.01",
        "0.001 900000 0.001 4883.5223682",
        _Life(230, 60, "450", "15000", 160, 3),
        first_trade_id=1_300_000_001,
    ),
    _listing(
        "XRP/USDT",
        "1.1099",
        "0.0001 10000 0.0001",
        "0.1 9222449 0.1 4886361.72803347",
        _Life(350, 80, "400", "25000", 150, 1),
        first_trade_id=1_500_000_001,
    ),
    _listing(
        "DOGE/USDT",
        "0.07457",
        "0.00001 1000 0.00001",
        "1 9000000 1 19499637.40167364",
        _Life(420, 60, "250", "12000", 140, 1),
        "1 9000000",
        first_trade_id=1_200_000_001,
    ),
    _listing(
        "PEPE/USDT",
        "0.00000280",
        "0.00000001 0.1 0.00000001",
        "1 92233720368 1 92233720368",
        _Life(500, 30, "200", "60000", 60, 1),
        "1 9000000",
        first_trade_id=400_000_001,
    ),
    _listing(
        "SHIB/USDT",
        "0.00000425",
        "0.00000001 1 0.00000001",
        "1 46116860414 1 46116860414",
        _Life(400, 20, "150", "25000", 60, 1),
        "1 9000000",
        first_trade_id=500_000_001,
    ),
    _listing(
        "EUR/USDT",
        "1.1441",
        "0.0001 1000 0.0001",
        "0.1 6000000 0.1 510308.37280334",
        _Life(45, 15, "300", "30000", 60, 1),
        first_trade_id=190_000_001,
    ),
    _listing(
        "FDUSD/USDT",
        "0.9984",
        "0.0001 1000 0.0001",
        "1 10000000 1 5000000",
        _Life(3, 10, "400", "150000", 40, 1),
        first_trade_id=160_000_001,
    ),
    _listing(
        "ETH/BTC",
        "0.02898",
        "0.00001 922327 0.00001",
        "0.0001 100000 0.0001 2255.71583723",
        _Life(220, 12, "0.006", "1", 60, 1),
        "0.0001 9000000",
        ratio=("ETHUSDT", "BTCUSDT"),
        first_trade_id=520_000_001,
    ),
    _listing(
        "BTC/FDUSD",
        "65058.09",
        "0.01 1000000 0.01",
        "0.00001 9000 0.00001 43.78397058",
        _Life(220, 40, "500", "20000", 120, 60),
        ratio=("BTCUSDT", "FDUSDUSDT"),
        first_trade_id=1_900_000_001,
    ),
    _listing(
        "1INCH/USDT",
        "0.0753",
        "0.0001 1000 0.0001",
        "0.1 900000 0.1 810170.47824267",
        _Life(450, 4, "80", "1500", 40, 1),
        first_trade_id=95_000_001,
    ),
    _listing(
        "1000SATS/USDT",
        "0.00000960",
        "0.00000001 1 0.00000001",
        "1 36348600000 1 2023824223.7",
        _Life(480, 3, "60", "2000", 45, 1, 2),
        first_trade_id=85_000_001,
    ),
    _listing(
        "币安人生/USDT",
        "0.7552",
        "0.0001 1000 0.0001",
        "0.1 900000 0.1 120000",
        _Life(600, 6, "90", "900", 50, 2, 3),
        first_trade_id=12_000_001,
    ),
    _listing(
        "XVG/USDT",
        "0.002113",
        "0.000001 10000 0.000001",
        "1 9222449 1 4609626.88702928",
        _Life(400, 1, "40", "400", 30, 2, 4),
        first_trade_id=31_000_001,
    ),
    _listing(
        "XMR/USDT",
        "118.5",
        "0.1 100000 0.1",
        "0.001 90000 0.001 540.1297438",
        _Life(0, 0, "100", "1000", 0, 1),
        status="BREAK",
        first_trade_id=60_000_001,
    ),
)
"""A ratio stands after the symbols that it is made of."""
