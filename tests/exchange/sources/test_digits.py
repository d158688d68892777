"""Rules follow from the numbers as they were printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.digits import Digits, rules_of

NUMBERS = st.lists(
    st.tuples(st.integers(0, 10**12), st.integers(0, 8)).map(
        lambda it: f"{Decimal(it[0]).scaleb(-it[1]):f}"
    ),
    min_size=1,
    max_size=30,
)


def seen(texts: list[str]) -> Digits:
    digits = Digits()
    for text in texts:
        digits.see(text)
    return digits


@given(NUMBERS, NUMBERS)
def test_digits_are_the_most_of_all_numbers_in_any_order(one: list[str], two: list[str]) -> None:
    fractions = [text.partition(".")[2] for text in one + two]
    used = max(len(it.rstrip("0")) for it in fractions)
    for digits in (seen(one + two), seen(two[::-1] + one), seen(one).joined(seen(two))):
        assert (digits.decimals, digits.printed) == (used, max(map(len, fractions)))
        assert digits.step == SCALE // 10**used
    joined = seen(one).joined(seen(two))
    for text in one:
        joined.see(text)
    assert joined.decimals == used


@pytest.mark.parametrize("text", ["-1.00", "1.0.0", "1e5", "", ".5", "٣.00", "0.123456789", "NaN"])
def test_what_is_no_number_is_refused_whatever_was_seen_before(text: str) -> None:
    for before in ([], ["1.00"], ["5"], ["0.12345678"]):
        with pytest.raises(ValueError, match=r"decimal|negative"):
            seen([*before, text])


@pytest.mark.parametrize(
    ("product", "symbol", "names", "contract"),
    [
        ("spot", "BTCUSDT", ("BTC", "USDT"), 0),
        ("usdm", "BTCUSDT", ("BTC", "USDT"), 0),
        ("usdm", "ETHUSDT_240927", ("ETH", "USDT"), 0),
        ("coinm", "BTCUSD_PERP", ("BTC", "USD"), 100),
        ("coinm", "ETHUSD_240927", ("ETH", "USD"), 10),
    ],
)
def test_names_are_split_and_contracts_have_their_worth(
    product: Product, symbol: str, names: tuple[str, str], contract: int
) -> None:
    rules = rules_of(symbol, seen(["61800.10"]), seen(["0.001"]), product)
    assert (rules.base, rules.quote) == names
    assert rules.contract == contract * SCALE
    assert rules.product == product
    assert rules.places == {"spot": (8, 8, 8), "usdm": (2, 3, 5), "coinm": (2, 3, 8)}[product]
