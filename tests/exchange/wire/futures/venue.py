"""A venue with both futures markets, standing still: a book, some trades and a past of each."""

from collections.abc import Mapping

from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import parse, show
from binance_mcp_server.exchange.sources.base import Frame, KlineRow
from binance_mcp_server.exchange.sources.digits import Digits, rules_of
from binance_mcp_server.exchange.wire.limits import Limits
from tests.exchange.market.feeds import HandFed, plain_rows, trade_frame
from tests.exchange.wire.fake_market import FakeMarket

START = 1_723_161_600_000
NOW = START + 90_000
HOUR = 3_600_000
SYMBOLS: Mapping[Product, tuple[str, ...]] = {
    "usdm": ("BTCUSDT", "ETHUSDT_240927"),
    "coinm": ("BTCUSD_PERP", "BTCUSD_240927", "ETHUSD_PERP"),
}
DIGITS: Mapping[Product, tuple[str, str]] = {
    "usdm": ("61800.10", "0.001"),
    "coinm": ("61800.1", "1"),
}
"""A price and a quantity, as recorded."""
TRADES: Mapping[Product, tuple[tuple[str, str], ...]] = {
    "usdm": (("61800.10", "0.006"), ("61800.10", "0.004"), ("61810.00", "1.500")),
    "coinm": (("61800.1", "6"), ("61800.1", "4"), ("9635.0", "1")),
}
"""A price and a quantity each: the first two within 100 ms, the last a minute later."""
AT = (START + 10, START + 80, START + 60_010)


def digits(text: str) -> Digits:
    seen = Digits()
    seen.see_largest(text)
    return seen


def market(product: Product, now_ms: int = NOW) -> Market:
    """The first symbol of *product* has traded, the others never."""
    price, qty = DIGITS[product]
    source = HandFed(START, {"1h": past()})
    source.rules = [
        rules_of(name, digits(price), digits(qty), product) for name in SYMBOLS[product]
    ]
    source.time_ms = now_ms
    made = Market(source, product)
    symbol = SYMBOLS[product][0]
    bids = ",".join(f'["{show(parse(price) - n * 10**8, 2)}","{qty}"]' for n in range(60))
    book = f'{{"lastUpdateId":77,"T":{START + 5},"bids":[{bids}],"asks":[["70000.5","2"]]}}'
    frames = [Frame(START, symbol, book.encode(), product)]
    for number, (at, (price, qty)) in enumerate(zip(AT, TRADES[product], strict=True), 1):
        trade = Trade(number, parse(price), parse(qty), at, buyer_is_maker=True)
        frames.append(trade_frame(trade, symbol)._replace(product=product))
    made.apply(frames)
    return made


def past() -> list[KlineRow]:
    """Ten hours, each with one trade of 2 at 100."""
    trades = [
        Trade(n, 100 * 10**8, 2 * 10**8, START - HOUR * (11 - n), buyer_is_maker=True)
        for n in range(1, 11)
    ]
    return plain_rows(trades, "1h")


def venue(clock: VirtualClock | None = None, now_ms: int = NOW) -> RestApi:
    return RestApi(
        FakeMarket(),
        clock or VirtualClock(NOW),
        limits=Limits(),
        futures={"usdm": market("usdm", now_ms), "coinm": market("coinm", now_ms)},
    )
