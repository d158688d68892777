"""Figures over a stream are those of the naive sums, however the records are sliced."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.errors import TransportError
from binance_mcp_server.market.stream_stats import (
    CandleStats,
    DepthStats,
    LiquidationStats,
    Stats,
    TouchStats,
    TradeStats,
    ValueStats,
    stats_of,
)
from binance_mcp_server.models.events import (
    AggTradeEvent,
    BookTickerEvent,
    Candle,
    DepthEvent,
    Gap,
    KlineEvent,
    Liquidation,
    LiquidationEvent,
    MarkPriceEvent,
    MiniTickerEvent,
    PartialDepthEvent,
    Record,
    ReferencePriceEvent,
    TradeEvent,
)

DIGITS = st.integers(1, 10**15).map(lambda number: f"{Decimal(number).scaleb(-8):f}")
TRADES = st.lists(st.tuples(DIGITS, DIGITS, st.booleans()), min_size=1, max_size=60)
GAP = Gap(5, 9, "reset", 0)


def trade(id: int, price: str, quantity: str, *, sold: bool = False, time: int = 0) -> TradeEvent:
    return TradeEvent(time, "BTCUSDT", id, price, quantity, time or id * 100, sold)


def fed(stats: Stats, records: list[Record], slice: int = 7) -> None:
    for at in range(0, len(records), slice):
        stats.add(records[at : at + slice])


def fraction(number: Decimal) -> Fraction:
    return Fraction(number)


@given(TRADES, st.integers(1, 20))
def test_trade_figures_equal_the_naive_sums(rows: list[tuple[str, str, bool]], slice: int) -> None:
    trades = [trade(at, price, size, sold=sold) for at, (price, size, sold) in enumerate(rows)]
    stats = TradeStats()
    fed(stats, list(trades), slice)
    prices = [Fraction(price) for price, _, _ in rows]
    sizes = [Fraction(size) for _, size, _ in rows]
    quote = sum(price * size for price, size in zip(prices, sizes, strict=True))
    bought = sum(size for size, row in zip(sizes, rows, strict=True) if not row[2])
    assert stats.price.first is not None
    course = (stats.price.first, stats.price.high, stats.price.low, stats.price.last)
    assert tuple(map(fraction, course)) == (prices[0], max(prices), min(prices), prices[-1])
    assert fraction(stats.volume) == sum(sizes)
    assert fraction(stats.quote_volume) == quote
    assert fraction(stats.buy_volume) == bought
    assert fraction(stats.sell_volume) == sum(sizes) - bought
    assert fraction(stats.largest_quantity) == max(sizes)
    assert stats.largest is not None
    assert stats.largest.id == sizes.index(max(sizes))
    assert stats.average is not None
    assert abs(fraction(stats.average) * sum(sizes) - quote) < Fraction(1, 10**40)
    assert stats.records == len(rows)


@given(TRADES)
def test_the_average_of_contracts_is_the_harmonic_one(rows: list[tuple[str, str, bool]]) -> None:
    stats = TradeStats(inverse=True)
    fed(stats, [trade(at, price, size) for at, (price, size, _) in enumerate(rows)])
    contracts = sum((Fraction(size) for _, size, _ in rows), Fraction(0))
    coins = sum((Fraction(size) / Fraction(price) for price, size, _ in rows), Fraction(0))
    assert stats.average is not None
    assert abs(fraction(stats.average) * coins / contracts - 1) < Fraction(1, 10**40)


def test_sums_stay_exact_in_a_narrow_context() -> None:
    """Whatever context the caller is in, a million small products on a large sum are not rounded away."""
    stats = TradeStats()
    with localcontext(Context(prec=6)):
        fed(
            stats,
            [
                trade(1, "99999999.00000001", "99999999.00000001"),
                trade(2, "0.00000001", "0.00000001"),
            ],
        )
    assert str(stats.quote_volume) == "9999999800000002.9999999800000002"


def test_a_gap_is_counted_and_no_trade() -> None:
    stats = TradeStats()
    fed(stats, [trade(4, "1", "1"), GAP, trade(10, "2", "1")])
    assert (stats.records, stats.gaps) == (2, [GAP])
    assert stats.span_ms == 600


def test_fills_at_price_zero_are_no_trades_of_the_market() -> None:
    stats = TradeStats()
    fed(stats, [trade(1, "0", "5"), trade(2, "10.5", "1"), trade(3, "0.00", "7")])
    assert (stats.records, stats.no_trades) == (1, 2)
    assert (stats.price.low, stats.volume) == (Decimal("10.5"), Decimal(1))


def test_aggregate_trades_count_their_fills() -> None:
    stats = stats_of("aggTrade")
    fed(stats, [AggTradeEvent(1, "BTCUSDT", 1, "5", "1", 10, 14, 1, False)])
    assert isinstance(stats, TradeStats)
    assert (stats.records, stats.fills) == (1, 5)


def test_what_is_no_number_is_refused() -> None:
    for text in ("NaN", "x", "1e99", ""):
        with pytest.raises(TransportError):
            TradeStats().add([trade(1, text, "1")])


def test_the_touch_leaves_one_sided_books_out() -> None:
    stats = stats_of("bookTicker")
    quotes: list[Record] = [
        BookTickerEvent(1, "BTCUSDT", "10", "1", "12", "1"),
        BookTickerEvent(2, "BTCUSDT", "0.00", "0", "12", "1"),
        BookTickerEvent(3, "BTCUSDT", "11", "1", "11.5", "1"),
        PartialDepthEvent(4, [], [("9", "1")]),
    ]
    fed(stats, quotes, 2)
    assert isinstance(stats, TouchStats)
    assert (stats.records, stats.two_sided, stats.last_update_id) == (4, 2, 4)
    assert (stats.mid.first, stats.mid.last) == (Decimal(11), Decimal("11.25"))
    assert (stats.spread.low, stats.spread.high) == (Decimal("0.5"), Decimal(2))
    assert stats.mean_spread == Decimal("1.25")


def test_candles_count_those_that_closed() -> None:
    stats = stats_of("kline")
    for closed in (False, True, False):
        candle = Candle(0, 59_999, "1m", "1", "2", "2", "1", "5", 3, closed, "9", "1", "2")
        fed(stats, [KlineEvent(7, "BTCUSDT", candle)])
    assert isinstance(stats, CandleStats)
    assert (stats.records, stats.closed) == (3, 1)
    assert stats.last is not None
    assert not stats.last.candle.closed


def test_depth_counts_levels_of_each_side() -> None:
    stats = stats_of("depth")
    fed(stats, [DepthEvent(1, "BTCUSDT", 5, 7, [("1", "1"), ("2", "0")], [("3", "1")]), GAP])
    fed(stats, [DepthEvent(1, "BTCUSDT", 10, 12, [], [("3", "1")])])
    assert isinstance(stats, DepthStats)
    assert (stats.bid_levels, stats.ask_levels) == (2, 2)
    assert (stats.first_update_id, stats.last_update_id, stats.gaps) == (5, 12, [GAP])


def test_a_price_stream_has_a_course_and_missing_prices_none() -> None:
    stats = stats_of("referencePrice")
    records: list[Record] = [
        ReferencePriceEvent("A", "5", 1),
        ReferencePriceEvent("A", None, 2),
        ReferencePriceEvent("A", "4", 3),
    ]
    fed(stats, records)
    assert isinstance(stats, ValueStats)
    assert (stats.value.first, stats.value.last, stats.value.low) == (
        Decimal(5),
        Decimal(4),
        Decimal(4),
    )
    assert (stats.records, stats.first_ms, stats.last_ms) == (3, 1, 3)


def test_tickers_and_mark_prices_name_their_symbols() -> None:
    stats = stats_of("miniTicker")
    fed(stats, [MiniTickerEvent(1, name, "5", "4", "6", "3", "1", "1") for name in ("A", "B")])
    fed(stats, [MarkPriceEvent(2, "C", "7", "0.0001", 3)])
    assert isinstance(stats, ValueStats)
    assert stats.symbols == {"A", "B", "C"}


def test_liquidations_are_summed_by_side() -> None:
    stats = stats_of("liquidation")
    for side, filled in (("BUY", "1.5"), ("SELL", "2"), ("BUY", "0.5")):
        order = Liquidation("A", side, "LIMIT", "9", "1", "1", "FILLED", filled, 5)
        fed(stats, [LiquidationEvent(5, order)])
    assert isinstance(stats, LiquidationStats)
    assert (stats.bought, stats.sold) == (Decimal(2), Decimal(2))
