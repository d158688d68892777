"""What an asset is worth: over the symbols that exist, and nothing where none leads there."""

from decimal import Decimal

from binance_mcp_server.market.valuation import rate

D = Decimal
PRICES = {"BTCUSDT": D(50000), "ETHBTC": D("0.05"), "USDTTRY": D(40), "DEADUSDT": D(0)}


def test_an_asset_is_worth_itself() -> None:
    assert rate("USDT", "USDT", {}) == 1


def test_a_symbol_in_either_direction_gives_the_price() -> None:
    assert rate("BTC", "USDT", PRICES) == D(50000)
    assert rate("TRY", "USDT", PRICES) == D("0.025")


def test_one_asset_may_stand_between() -> None:
    assert rate("ETH", "USDT", PRICES) == D(2500)
    assert rate("BTC", "TRY", PRICES) == D(2_000_000)


def test_what_cannot_be_priced_has_no_value() -> None:
    assert rate("NONE", "USDT", PRICES) is None
    assert rate("DEAD", "USDT", PRICES) is None
