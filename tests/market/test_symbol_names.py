"""Symbols as people write them; nothing else gets through."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import InputError
from binance_mcp_server.market.symbol_names import LONGEST, normalise
from binance_mcp_server.venues import MARKETS, Market


@pytest.mark.parametrize(
    "text",
    [
        "BTCUSDT",
        "btc/usdt",
        "BTC-USDT",
        " btcusdt ",
        "BTC:USDT",
        "btc usdt",
        "Btc_Usdt",
        "btc / usdt",
    ],
)
def test_the_ways_to_write_one_pair(text: str) -> None:
    assert normalise(text) == "BTCUSDT"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("币安人生/usdt", "币安人生USDT"),
        ("1inchusdt", "1INCHUSDT"),
        ("ß/usdt", "ßUSDT"),
        ("é", "é"),
    ],
)
def test_other_scripts_keep_their_case_and_are_composed(text: str, name: str) -> None:
    assert normalise(text) == name


@pytest.mark.parametrize(
    ("market", "texts", "name"),
    [
        ("usdm", ("btc/usdt", "BTCUSDT-perp", "BTC/USDT:USDT", "BTCUSDT"), "BTCUSDT"),
        ("usdm", ("btcusdt_261225", "BTC/USDT:USDT-261225", "btcusdt 261225"), "BTCUSDT_261225"),
        ("usdm", ("perp/usdt",), "PERPUSDT"),
        ("usdm", ("1000shibusdt",), "1000SHIBUSDT"),
        ("usdm", ("币安人生/usdt",), "币安人生USDT"),
        (
            "coinm",
            ("btcusd", "BTC/USD", "btcusd-perp", "BTC/USD:BTC", "btc usd perp"),
            "BTCUSD_PERP",
        ),
        ("coinm", ("btcusd_261225", "BTC-USD-261225", "BTC/USD:BTC-261225"), "BTCUSD_261225"),
        ("coinm", ("btc",), "BTC"),
        ("coinm", ("perp",), "PERP"),
    ],
)
def test_the_ways_to_write_one_contract(market: Market, texts: tuple[str, ...], name: str) -> None:
    assert [normalise(text, market) for text in texts] == [name] * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "/", "../BTCUSDT", "BTCUSDT&limit=5", "a=b", "BTC\nUSDT", "BTCUSDT\n", "\tBTC"),
        *(
            "BTC\u202eUSDT",
            "BTC\u200bUSDT",
            "BTC\u00a0USDT",
            "BTC\x00",
            "%42TC",
            "BTC;DROP",
            "€USD",
        ),
        *("A" * 41, "\ud800", "BTCUSDT?", '"BTC"', "<b>"),
    ],
)
def test_the_rest_is_refused_without_an_echo_of_what_could_harm(text: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise(text)
    assert caught.value.message.isprintable()
    assert "BTCUSDT" in caught.value.advice


PIECES = st.sampled_from(["PERP", "perp", "USD", "BTC", "261225", "1", "_", "/", ":", "-", " "])


@given(st.text(max_size=45) | st.lists(PIECES, max_size=12).map("".join), st.sampled_from(MARKETS))
def test_normalising_twice_is_normalising_once(text: str, market: Market) -> None:
    with contextlib.suppress(InputError):
        name = normalise(text, market)
        assert normalise(name, market) == name
        assert 0 < len(name) <= LONGEST
        assert name.isprintable()
        assert not set(name) & set(" /&=.%\"'\\:;?#")


@given(st.text(st.characters(categories=["Cc", "Cf", "Zs", "Po", "Co"]), min_size=1, max_size=45))
def test_a_refusal_never_echoes_what_cannot_be_printed(text: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise(text)
    assert caught.value.message.isprintable()
