"""Memory answers only what it knows whole: no guess across what was never asked."""

from itertools import pairwise

from binance_mcp_server.models.market import Kline
from binance_mcp_server.queries.candle_cache import BLOCK_CANDLES, CandleCache, Series
from tests.queries.venue import MINUTE, candle

SERIES = Series("BTCUSDT", "1m")
BLOCK = BLOCK_CANDLES * MINUTE
START = 1000 * BLOCK


def run(first: int, count: int) -> list[Kline]:
    """*count* candles from minute *first* after START."""
    return [candle(START + (first + n) * MINUTE) for n in range(count)]


def at(minute: int) -> int:
    return START + minute * MINUTE


def test_a_stretch_is_served_whole_in_part_and_from_either_side() -> None:
    cache = CandleCache()
    cache.add(SERIES, at(10), run(10, 20), 5)
    assert cache.from_start(SERIES, at(10), at(29), 100) == (tuple(run(10, 20)), 5)
    assert cache.from_start(SERIES, at(12), None, 3) == (tuple(run(12, 3)), 5)
    assert cache.up_to_end(SERIES, at(20), 4) == (tuple(run(17, 4)), 5)


def test_nothing_before_after_or_of_another_series_is_claimed() -> None:
    cache = CandleCache()
    cache.add(SERIES, at(10), run(10, 20), 5)
    assert cache.from_start(SERIES, at(9), at(20), 3) is None
    assert cache.from_start(SERIES, at(20), at(31), 100) is None
    assert cache.from_start(SERIES, at(20), None, 11) is None
    assert cache.up_to_end(SERIES, at(31), 3) is None
    assert cache.up_to_end(SERIES, at(20), 12) is None
    assert cache.from_start(SERIES._replace(time_zone="08:00"), at(10), None, 1) is None


def test_neighbours_join_across_blocks_and_the_older_evidence_counts() -> None:
    cache = CandleCache()
    edge = BLOCK_CANDLES
    cache.add(SERIES, at(edge - 30), run(edge - 30, 30), 7)
    cache.add(SERIES, at(edge), run(edge, 30), 5)
    assert cache.from_start(SERIES, at(edge - 30), None, 60) == (tuple(run(edge - 30, 60)), 5)
    assert cache.up_to_end(SERIES, at(edge + 29), 60) == (tuple(run(edge - 30, 60)), 5)


def test_stretches_of_one_block_with_a_gap_between_are_not_joined() -> None:
    cache = CandleCache()
    cache.add(SERIES, at(0), run(0, 10), 1)
    cache.add(SERIES, at(20), run(20, 10), 1)
    assert cache.from_start(SERIES, at(0), at(29), 100) is None
    assert cache.from_start(SERIES, at(20), at(29), 100) == (tuple(run(20, 10)), 1)


def test_a_hole_of_the_venue_inside_an_answer_is_knowledge_too() -> None:
    """Also one that is longer than a block."""
    cache = CandleCache()
    rows = [*run(0, 5), *run(3 * BLOCK_CANDLES, 5)]
    cache.add(SERIES, at(0), rows, 1)
    assert cache.from_start(SERIES, at(0), None, 10) == (tuple(rows), 1)


def test_a_start_long_before_the_first_candle_costs_no_memory() -> None:
    """A question from 1970 on of one-second candles has three million blocks before the first row."""
    cache = CandleCache()
    cache.add(Series("X", "1s"), 0, run(0, 5), 1)
    assert len(cache._blocks) == 1 or all(
        later - earlier == 1 for earlier, later in pairwise(number for _, number in cache._blocks)
    )
    assert cache.from_start(Series("X", "1s"), 0, None, 5) is None


def test_the_least_recently_used_block_goes_first() -> None:
    cache = CandleCache(max_candles=20)
    for block in range(2):
        cache.add(SERIES, at(block * BLOCK_CANDLES), run(block * BLOCK_CANDLES, 10), 1)
    assert cache.from_start(SERIES, at(0), None, 10) is not None
    cache.add(SERIES, at(5 * BLOCK_CANDLES), run(5 * BLOCK_CANDLES, 10), 1)
    assert cache.from_start(SERIES, at(0), None, 10) is not None
    assert cache.from_start(SERIES, at(BLOCK_CANDLES), None, 10) is None
    assert len(cache) == 20
