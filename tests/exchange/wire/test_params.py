"""Parameters by the venue's rules: what passes, what is cut, and with which words the rest is refused."""

import contextlib
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.params import Query, parse_query
from tests.exchange.wire.fake_market import CHINESE, FakeMarket

RULES = FakeMarket().rules
ALL = ("symbol", "symbols", "symbolStatus", "limit", "startTime", "endTime", "type")


def query(text: str) -> Query:
    return Query(parse_query(text.encode()), ALL)


@pytest.mark.parametrize(
    "text",
    [
        "btcusdt",
        "BTC/USDT",
        "../BTCUSDT",
        "BTCUSDT%0A",
        "BTC%26limit=1",
        "A" * 51,
        "BTC%E2%80%8FUSDT",
    ],
)
def test_illegal_symbols_are_refused_with_the_venues_range(text: str) -> None:
    with pytest.raises(VenueError) as caught:
        query(f"symbol={text}").symbol(RULES)
    assert caught.value.body() == {
        "code": -1100,
        "msg": "Illegal characters found in parameter 'symbol'; "
        r"legal range is '^[\w\-._&&[^a-z]]{1,50}$'.",
    }


def test_symbols_in_chinese_are_symbols() -> None:
    assert query("symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT").symbol(RULES) == CHINESE
    assert query(f'symbols=["{CHINESE}","BTCUSDT"]').symbols(RULES) == [CHINESE, "BTCUSDT"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", -1102),
        ("symbol=", -1105),
        ("symbol=NOPE", -1121),
        ("symbol=BTCUSDT&symbolStatus=HALT", -1220),
        ("symbol=BTCUSDT&symbolStatus=trading", -1122),
        ("symbol=%FF", -1100),
        ("symbol=BTCUSDT&symbol=BTCUSDT", -1101),
        ("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1", -1101),
    ],
)
def test_one_symbol(text: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        query(text).symbol(RULES)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('["BTCUSDT","BTCUSDT"]', -1151),
        ('["BTCUSDT","NOPE"]', -1121),
        ("BTCUSDT", -1100),
        ('["BTCUSDT", "ETHBTC"]', -1100),
        ('["btcusdt"]', -1100),
        ("[]", -1105),
    ],
)
def test_many_symbols(text: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        query(f"symbols={text}").symbols(RULES)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("-1", -1100), ("NaN", -1100), ("1.5", -1100), ("0", -1130), ("9" * 20, -1108), ("", -1105)],
)
def test_limits_that_are_refused(text: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        query(f"limit={text}").limit(500, 1000)
    assert caught.value.code == code


@given(st.integers(1, 2**63 - 1))
def test_a_limit_is_cut_to_the_most_without_a_word(limit: int) -> None:
    assert query(f"limit={limit}").limit(500, 1000) == min(limit, 1000)
    assert query("").limit(500, 1000) == 500


@given(st.integers(1_483_228_800_000, 4_102_444_800_000), st.integers(1, 999))
def test_times_are_taken_in_ms_and_us(ms: int, part: int) -> None:
    us = ms * 1000 + part
    assert query(f"startTime={ms}").time_ms("startTime", up=True) == ms
    assert query(f"startTime={us}").time_ms("startTime", up=True) == ms + 1
    assert query(f"endTime={us}").time_ms("endTime", up=False) == ms


def test_what_nobody_knows_is_refused_last_and_counted() -> None:
    asked = query("symbol=BTCUSDT&foo=1")
    assert asked.symbol(RULES) == "BTCUSDT"
    with pytest.raises(VenueError, match=r"-1104 .*read '1' parameter\(s\) but was sent '2'"):
        asked.finish()


def test_ticker_types() -> None:
    assert query("type=MINI").is_mini()
    assert not query("type=FULL").is_mini()
    assert not query("").is_mini()
    with pytest.raises(VenueError, match="-1139 Invalid ticker type"):
        query("type=mini").is_mini()


@given(st.binary(max_size=60))
def test_any_query_string_is_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(VenueError):
        Query(parse_query(raw), ALL).symbol(RULES)


@given(st.text(st.sampled_from("a=&;b2\x00é"), max_size=20))
def test_what_is_not_encoded_is_only_cut(text: str) -> None:
    """The short way of a query without ``%`` and ``+`` reads what the long one does."""
    pairs = parse_qsl(text, keep_blank_values=True)
    if len({name for name, _ in pairs}) == len(pairs):
        assert parse_query(text.encode()) == dict(pairs)
