"""One side of a book: what a reader gets is what a plain dictionary of numbers would give, at any moment."""

from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.errors import TransportError
from binance_mcp_server.market.book_side import BookSide
from tests.market.depth_oracle import Numbers, Texts, best_first, numbers, put

Best = Literal["highest", "lowest"]
BEST = st.sampled_from(["highest", "lowest"])
TICKS = st.integers(1, 1300)
QUANTITIES = st.sampled_from(["0.000", "0.000", "1.500", "0.001", "27.000"])


def price(tick: int, decimals: int = 2) -> str:
    return f"{tick / 100:.{decimals}f}"


ALIKE = st.lists(st.tuples(TICKS.map(price), QUANTITIES), max_size=30)
MIXED = st.lists(
    st.tuples(st.builds(price, TICKS, st.integers(2, 5)) | st.integers(1, 13).map(str), QUANTITIES),
    max_size=30,
)
READS = st.sampled_from([0, 0, 1, 5, 1000])


def grown(steps: list[tuple[Texts, int]], best: Best) -> None:
    """Apply *steps*, read so many levels after each, and compare all that is read."""
    side, oracle = BookSide((), best=best), Numbers()
    for levels, read in steps:
        side.apply(levels)
        put(oracle, levels)
        expected = best_first(oracle, bids=best == "highest")
        assert numbers(side.best(read)) == expected[:read]
    assert numbers(side.best(10_000)) == best_first(oracle, bids=best == "highest")
    assert len(side) == len(oracle)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ALIKE, READS), max_size=20), BEST)
def test_what_is_read_is_what_a_dictionary_holds(
    steps: list[tuple[Texts, int]], best: Best
) -> None:
    grown(steps, best)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(MIXED, READS), max_size=20), BEST)
def test_it_is_so_when_prices_come_with_changing_decimals(
    steps: list[tuple[Texts, int]], best: Best
) -> None:
    grown(steps, best)


def test_one_price_in_two_spellings_is_one_level_and_its_last_quantity_counts() -> None:
    side = BookSide([("100.10", "1"), ("99", "2")], best="highest", whole=True)
    side.apply([("100.1", "5"), ("100.100", "0")])
    assert numbers(side.best(5)) == numbers([("99", "2")])
    side.apply([("1E+2", "7")])
    assert numbers(side.best(5)) == numbers([("100", "7"), ("99", "2")])


def test_the_first_price_of_another_form_may_be_a_whole_number() -> None:
    side = BookSide([("100.10", "1")], best="highest", whole=True)
    side.apply([("99", "2")])
    side.apply([("98.55", "3"), ("99.00", "4")])
    assert numbers(side.best(5)) == numbers([("100.10", "1"), ("99", "4"), ("98.55", "3")])
    whole = BookSide([("100", "1")], best="lowest", whole=True)
    whole.apply([("99.5", "2")])
    assert numbers(whole.best(5)) == numbers([("99.5", "2"), ("100", "1")])


def test_prices_of_different_length_are_ordered_as_numbers() -> None:
    levels = [(text, "1.0") for text in ("9.9", "10.0", "100.0", "99.9")]
    highest = [row[0] for row in BookSide(levels, best="highest", whole=True).best(9)]
    assert highest == ["100.0", "99.9", "10.0", "9.9"]
    lowest = [row[0] for row in BookSide(levels, best="lowest", whole=True).best(9)]
    assert lowest == highest[::-1]


@settings(max_examples=150, deadline=None)
@given(ALIKE, st.lists(ALIKE, max_size=10), BEST)
def test_nothing_is_shown_beyond_what_the_snapshot_knew(
    snapshot: Texts, steps: list[Texts], best: Best
) -> None:
    oracle = Numbers()
    put(oracle, snapshot)
    known = best_first(oracle, bids=best == "highest")
    texts = [(format(p, "f"), format(q, "f")) for p, q in known]
    side = BookSide(texts, best=best)
    for levels in steps:
        side.apply(levels)
        put(oracle, levels)
    edge = side.known_to()
    assert edge == (texts[-1][0] if texts else None)
    inside = [
        row
        for row in best_first(oracle, bids=best == "highest")
        if edge is None
        or (row[0] >= Decimal(edge) if best == "highest" else row[0] <= Decimal(edge))
    ]
    assert numbers(side.best(10_000)) == inside
    assert len(side) == len(inside)


def test_prices_that_are_gone_leave_the_memory_though_nobody_reads() -> None:
    side = BookSide((), best="lowest")
    for tick in range(21, 60_021):
        side.apply([(price(tick), "1.000"), (price(tick - 20), "0.000")])
    assert side.kept < 1_500
    assert len(side) == 20


def test_prices_that_are_gone_at_the_top_are_walked_past_once() -> None:
    side = BookSide([(price(tick), "1.000") for tick in range(1, 5001)], best="highest", whole=True)
    side.apply([(price(tick), "0.000") for tick in range(101, 5001)])
    assert side.best(1) == ((price(100), "1.000"),)
    assert side.kept < 300


@pytest.mark.parametrize("word", ["NaN", "abc", "", "-1.00", "0.000"])
def test_a_price_that_is_none_is_refused(word: str) -> None:
    side = BookSide([("100.10", "1.0")], best="highest")
    with pytest.raises(TransportError):
        side.apply([(word, "1.0")])
