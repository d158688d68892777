"""The past: sound candles that join each other and the opening, the same whatever was asked before."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.fair import by_symbol, opening_price
from binance_mcp_server.exchange.engine.history import DAY_MS, DAYS, MINUTE_MS, Candle, Past
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.turns import TurnOverError

START_MS = 1_790_000_000_037  # 2026-09-21T14:13:20.037Z, within a day and a minute
MIDNIGHT_MS = START_MS // DAY_MS * DAY_MS
LISTED = by_symbol(LISTINGS)
TRADING = [symbol for symbol, listing in LISTED.items() if listing.trading]
each = pytest.mark.parametrize("symbol", TRADING)


def last_days(symbol: str, start_ms: int = START_MS) -> list[Candle]:
    """A whole day, and what there is of the next."""
    first = (start_ms // DAY_MS - 1) * DAY_MS
    return list(Past(1, start_ms).candles(symbol, first, start_ms))


@each
def test_every_minute_is_there_and_opens_where_the_last_one_closed(symbol: str) -> None:
    candles = last_days(symbol)
    times = [candle.open_time for candle in candles]
    assert times == list(range(MIDNIGHT_MS - DAY_MS, Past(1, START_MS).end_ms, MINUTE_MS))
    for before, after in pairwise(candles):
        assert after.open == before.close


@each
def test_candles_are_sound_and_on_their_grids(symbol: str) -> None:
    rules = LISTED[symbol].rules
    for candle in last_days(symbol):
        assert 0 < candle.low <= min(candle.open, candle.close)
        assert candle.high >= max(candle.open, candle.close)
        for price in candle[1:5]:
            assert price % rules.tick == 0
        assert candle.volume % rules.step == candle.taker_base % rules.step == 0
        assert 0 <= candle.taker_base <= candle.volume
        assert 0 <= candle.taker_quote <= candle.quote_volume
        assert candle.low * candle.volume // SCALE <= candle.quote_volume
        assert candle.quote_volume <= candle.high * candle.volume // SCALE
        assert candle.volume >= candle.trades * rules.min_qty


@each
def test_what_needs_several_trades_has_them(symbol: str) -> None:
    for candle in last_days(symbol):
        assert bool(candle.trades) == bool(candle.volume)
        shown = {candle.open, candle.high, candle.low, candle.close}
        assert candle.trades >= len(shown) or len(shown) == 1


@each
def test_the_past_ends_at_the_opening_price_before_the_minute_of_the_start(symbol: str) -> None:
    last = last_days(symbol)[-1]
    assert last.open_time == START_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS
    assert last.close == opening_price(LISTED[symbol], LISTED)


@pytest.mark.parametrize("start_ms", [MIDNIGHT_MS, MIDNIGHT_MS + 1, MIDNIGHT_MS + MINUTE_MS])
def test_a_start_at_midnight_is_a_start_like_any_other(start_ms: int) -> None:
    candles = last_days("BTCUSDT", start_ms)
    assert candles[-1].close == LISTED["BTCUSDT"].price
    assert candles[-1].open_time == start_ms // MINUTE_MS * MINUTE_MS - MINUTE_MS


def test_it_reaches_three_months_back_and_not_further() -> None:
    past = Past(1, START_MS)
    assert past.first_ms == MIDNIGHT_MS - DAYS * DAY_MS
    oldest = list(past.candles("BTCUSDT", 0, past.first_ms + MINUTE_MS))
    assert [candle.open_time for candle in oldest] == [past.first_ms, past.first_ms + MINUTE_MS]
    assert list(past.candles("BTCUSDT", past.end_ms, START_MS + DAY_MS)) == []
    assert list(past.candles("BTCUSDT", START_MS, START_MS - DAY_MS)) == []


PAST = Past(2, START_MS)
pages = st.tuples(
    st.sampled_from(("ETHBTC", "XVGUSDT")), st.integers(0, 7 * 1440), st.integers(0, 99)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(pages, min_size=1, max_size=5))
def test_a_page_is_the_same_whatever_was_asked_before(asked: list[tuple[str, int, int]]) -> None:
    """One past that has answered much, against one that knows nothing yet."""
    for symbol, minutes_back, length in asked:
        start = START_MS - minutes_back * MINUTE_MS
        page = list(PAST.candles(symbol, start, start + length * MINUTE_MS))
        assert page == list(Past(2, START_MS).candles(symbol, start, start + length * MINUTE_MS))


def test_days_that_were_dropped_from_memory_come_back_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("binance_mcp_server.exchange.engine.history._KEPT_DAYS", 1)
    past = Past(1, START_MS)
    window = (MIDNIGHT_MS - 2 * DAY_MS, MIDNIGHT_MS + 5 * MINUTE_MS)
    assert list(past.candles("1INCHUSDT", *window)) == list(past.candles("1INCHUSDT", *window))
    assert len(past._days) == 1


@pytest.mark.parametrize(
    ("symbol", "digits"),
    [
        ("BTCUSDT", "65972df784dbc8a1"),
        ("ETHBTC", "25b3ce7bb51cbd32"),
        ("XVGUSDT", "9c8cd505370b8ab8"),
    ],
)
def test_the_seed_fixes_the_digits_on_every_machine(symbol: str, digits: str) -> None:
    told = "\n".join(",".join(map(str, candle)) for candle in last_days(symbol))
    assert sha256(told.encode()).hexdigest()[:16] == digits


def summed(time_ms: int, parts: list[Candle]) -> Candle:
    """One candle of many, the plain way."""
    return Candle(
        time_ms,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        *(sum(part[field] for part in parts) for field in range(5, 10)),
    )


@pytest.mark.parametrize("minutes", [15, 60, 1440])
@pytest.mark.parametrize("symbol", ["ETHBTC", "XVGUSDT"])
def test_sums_are_those_of_the_minutes_and_past_to_their_end(symbol: str, minutes: int) -> None:
    width, first = minutes * MINUTE_MS, MIDNIGHT_MS - DAY_MS
    past = Past(1, START_MS)
    expected = []
    for opens in range(first, START_MS - width + 1, width):
        parts = list(past.candles(symbol, opens, opens + width - 1))
        if len(parts) == minutes:
            expected.append(summed(opens, parts))
    assert list(past.sums(symbol, width, first, MIDNIGHT_MS + DAY_MS)) == expected
    assert list(past.sums("XMRUSDT", width, first, MIDNIGHT_MS)) == []


def test_no_more_days_than_allowed_are_made_and_those_that_were_are_kept() -> None:
    past = Past(1, START_MS)
    read = ("BTCUSDT", DAY_MS, MIDNIGHT_MS - 5 * DAY_MS, MIDNIGHT_MS)
    for _ in range(2):
        past.allowance = 2
        with pytest.raises(TurnOverError):
            list(past.sums(*read))
    past.allowance = 1
    assert list(past.sums(*read)) == list(Past(1, START_MS).sums(*read))


def test_another_seed_has_another_past() -> None:
    one, other = (list(Past(seed, START_MS).candles("BTCUSDT", *NIGHT)) for seed in (1, 2))
    assert one != other


NIGHT = (MIDNIGHT_MS, MIDNIGHT_MS + 60 * MINUTE_MS)


def test_the_past_of_a_ratio_follows_the_pasts_of_its_parts() -> None:
    past = Past(1, START_MS)
    ether, bitcoin, ratio = (
        [candle.close for candle in past.candles(symbol, *NIGHT)]
        for symbol in ("ETHUSDT", "BTCUSDT", "ETHBTC")
    )
    for numerator, denominator, quotient in zip(ether, bitcoin, ratio, strict=True):
        assert abs(numerator * SCALE // denominator - quotient) <= 2 * LISTED["ETHBTC"].rules.tick


def test_what_does_not_trade_has_no_past_and_an_unknown_symbol_is_an_error() -> None:
    past = Past(1, START_MS)
    assert list(past.candles("XMRUSDT", 0, START_MS)) == []
    with pytest.raises(KeyError):
        past.traded("NOPEUSDT")
