"""The owner's limits: what they say holds, what they do not say is safe, and what is not understood stops the start."""

from decimal import Decimal

import pytest

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.trading import limits_text
from binance_mcp_server.trading.limits_text import read_limits, without_file
from binance_mcp_server.trading.policy import MODEST

D = Decimal
LIVE = """
[live]
enabled = true
symbols = ["BTCUSDT", "eth/usdt"]
currency = "USDC"
order_notional = 50.5
day_notional = 500
open_orders = 5
orders_per_minute = "none"
price_band_percent = 0.1
person_from = 20
allow_withdrawal_key = true
"""


def test_without_a_file() -> None:
    sim, testnet, live = (without_file(name) for name in ("sim", "testnet", "live"))
    assert (sim.enabled, sim.order_notional, sim.person_from) == (True, None, None)
    assert (testnet.enabled, testnet.order_notional) == (True, MODEST.order_notional)
    assert not live.enabled
    assert "limits file" in live.why_disabled
    assert live.person_from == 0
    assert not without_file("us").enabled


def test_every_limit_is_read_exactly() -> None:
    policy = read_limits(LIVE, "live")
    assert policy.enabled
    assert policy.symbols == frozenset({"BTCUSDT", "ETHUSDT"})
    assert (policy.order_notional, policy.price_band_percent) == (D("50.5"), D("0.1"))
    assert (policy.open_orders, policy.orders_per_minute) == (5, None)
    assert (policy.currency, policy.person_from) == ("USDC", D(20))
    assert (policy.allow_withdrawal_key, policy.allow_unrestricted_key) == (True, False)


def test_live_needs_the_owners_word_and_keeps_the_modest_limits_that_it_does_not_lift() -> None:
    assert not read_limits("", "live").enabled
    assert not read_limits('[live]\nsymbols = "any"', "live").enabled
    assert not read_limits('[live]\nenabled = false\nsymbols = "any"', "live").enabled
    policy = read_limits('[live]\nenabled = true\nsymbols = "any"', "live")
    assert policy.enabled
    assert policy.symbols is None
    assert policy.order_notional == MODEST.order_notional
    assert policy.day_notional == MODEST.day_notional
    assert policy.person_from == 0


def test_a_section_is_of_one_venue() -> None:
    assert read_limits("[sim]\nopen_orders = 3", "sim").open_orders == 3
    assert read_limits("[sim]\nopen_orders = 3", "demo") == without_file("demo")
    off = read_limits("[testnet]\nenabled = false", "testnet")
    assert not off.enabled
    assert "enabled = false" in off.why_disabled


def test_the_words_of_the_documentation_are_read() -> None:
    text = (limits_text.__doc__ or "").partition("::\n")[2]
    policy = read_limits("\n".join(line.strip() for line in text.splitlines()), "live")
    assert policy.enabled
    assert policy.order_notional == D(50)


@pytest.mark.parametrize(
    "text",
    [
        "[live",
        "[live]\nenabled = true",
        '[live]\nenabled = "true"',
        "[live]\nenabled = 1",
        "[us]\nenabled = true",
        "[lvie]\nenabled = true",
        "order_notional = 5",
        "[sim]\norder_notionl = 5",
        '[sim]\norder_notional = "5"',
        "[sim]\norder_notional = -1",
        "[sim]\norder_notional = true",
        "[sim]\norder_notional = nan",
        "[sim]\norder_notional = inf",
        "[sim]\norder_notional = [1]",
        "[sim]\nopen_orders = 1.5",
        '[sim]\nsymbols = "BTCUSDT"',
        "[sim]\nsymbols = [1]",
        '[sim]\nsymbols = ["../x"]',
        "[sim]\ncurrency = 5",
        "[sim]\ncurrency = 'US DT'",
        "[sim]\nopen_orders = 1\nopen_orders = 2",
        "[sim.deep]\nopen_orders = 1",
    ],
)
def test_what_is_not_understood_stops_the_start(text: str) -> None:
    for venue in ("sim", "live"):
        with pytest.raises(SettingsError) as caught:
            read_limits(text, venue)
        assert "limits file" in caught.value.message
        assert caught.value.advice
