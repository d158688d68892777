"""The listed symbols: as different as the venue's, and each consistent with its own rules."""

import pytest

from binance_mcp_server.exchange.engine.symbols import LISTINGS, Listing
from binance_mcp_server.exchange.numbers import SCALE, parse

each = pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.rules.symbol)


def test_the_symbols_are_of_every_kind() -> None:
    rules = {listing.rules.symbol: listing.rules for listing in LISTINGS}
    trading = [symbol for symbol, each_rules in rules.items() if each_rules.status == "TRADING"]
    assert {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC", "1INCHUSDT", "币安人生USDT"} <= set(trading)
    assert len(trading) >= 12
    assert rules["XMRUSDT"].status == "BREAK"
    assert (rules["BTCUSDT"].tick, rules["BTCUSDT"].step) == (parse("0.01"), parse("0.00001"))
    assert min(each_rules.tick for each_rules in rules.values()) == 1


@each
def test_what_participants_send_keeps_the_rules(listing: Listing) -> None:
    rules = listing.rules
    assert rules.symbol == rules.base + rules.quote
    assert rules.min_price <= listing.price <= rules.max_price
    assert rules.min_qty <= listing.least_trade <= listing.trade_size <= listing.touch_size
    assert listing.touch_size <= rules.max_qty
    assert listing.least_trade * listing.price >= rules.min_notional * SCALE
    for qty in (listing.least_trade, listing.trade_size, listing.touch_size):
        assert qty % rules.step == 0


@each
def test_a_ratio_has_its_parts_listed_before_it(listing: Listing) -> None:
    symbols = [other.rules.symbol for other in LISTINGS]
    before = symbols[: symbols.index(listing.rules.symbol)]
    assert set(listing.ratio or ()) <= set(before)
