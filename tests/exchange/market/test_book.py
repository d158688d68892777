"""The book is snapshot ⊕ diffs, whenever the snapshot comes."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.book import Book, Diff

Levels = list[tuple[int, int]]
Steps = list[tuple[int, Levels, Levels]]
PRICES, QUANTITIES = st.integers(1, 12), st.integers(0, 3)
LEVELS = st.lists(st.tuples(PRICES, QUANTITIES), max_size=6)
STEPS = st.lists(st.tuples(st.integers(1, 4), LEVELS, LEVELS), min_size=1, max_size=25)


def chain(steps: Steps) -> list[Diff]:
    """Contiguous diffs from id 101 on."""
    diffs, last = [], 100
    for width, bids, asks in steps:
        diffs.append(Diff(last + 1, last + width, bids, asks))
        last += width
    return diffs


def plain(diffs: list[Diff]) -> tuple[dict[int, int], dict[int, int]]:
    """Both sides by the venue's update procedure on dictionaries."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for diff in diffs:
        for side, levels in ((bids, diff.bids), (asks, diff.asks)):
            for price, qty in levels:
                side[price] = qty
    return (
        {price: qty for price, qty in bids.items() if qty},
        {price: qty for price, qty in asks.items() if qty},
    )


@given(STEPS, st.data())
def test_the_book_is_the_same_whenever_its_snapshot_arrives(
    steps: Steps, data: st.DataObject
) -> None:
    diffs = chain(steps)
    taken = data.draw(st.integers(0, len(diffs)), "the snapshot contains so many diffs")
    given_at = data.draw(st.integers(0, len(diffs)), "and is given after so many")
    bids, asks = plain(diffs[:taken])
    book = Book()
    for place, diff in enumerate([*diffs, None]):
        if place == given_at:
            snapshot_id = diffs[taken - 1].last_id if taken else 100
            book.snapshot(snapshot_id, list(bids.items()), list(asks.items()))
        if diff:
            book.apply(diff)
    bids, asks = plain(diffs)
    view = book.view(5000)
    assert list(view.bids) == sorted(bids.items(), reverse=True)
    assert list(view.asks) == sorted(asks.items())
    assert view.last_update_id == diffs[-1].last_id
    assert (book.gaps, book.in_sync) == (0, True)


@given(STEPS, st.data())
def test_applying_diffs_again_changes_nothing(steps: Steps, data: st.DataObject) -> None:
    diffs = chain(steps)
    again = data.draw(st.integers(0, len(diffs)))
    once, twice = Book(), Book()
    for book in (once, twice):
        book.snapshot(100, [(5, 1)], [(9, 1)])
        for diff in diffs:
            book.apply(diff)
    for diff in diffs[:again]:
        twice.apply(diff)
    assert once.view(100) == twice.view(100)


def test_a_missing_diff_is_counted_and_the_next_snapshot_heals() -> None:
    book = Book()
    book.snapshot(100, [(5, 1)], [])
    book.apply(Diff(103, 104, [(6, 1)], []))
    assert (book.gaps, book.in_sync, book.last_update_id) == (1, False, 104)
    book.snapshot(103, [(7, 2)], [])  # older than the book, yet better; 104 is applied again
    assert (book.gaps, book.in_sync, book.last_update_id) == (1, True, 104)
    assert book.view(9).bids == ((7, 2), (6, 1))


def test_a_snapshot_older_than_a_book_in_sync_is_left_alone() -> None:
    book = Book()
    book.snapshot(100, [(5, 1)], [])
    book.apply(Diff(101, 101, [(6, 1)], []))
    book.snapshot(100, [(5, 1)], [])
    assert (book.last_update_id, book.view(1).bids) == (101, ((6, 1),))


def test_a_snapshot_ahead_waits_for_its_diffs() -> None:
    book = Book()
    book.snapshot(200, [(5, 1)], [(6, 1)])
    book.apply(Diff(101, 150, [(5, 0)], []))
    assert book.view(1) == (200, ((5, 1),), ((6, 1),))


def test_a_view_has_no_more_levels_than_asked_for() -> None:
    book = Book()
    book.snapshot(1, [(price, 1) for price in range(1, 50)], [(60, 1)])
    assert [level.price for level in book.view(3).bids] == [49, 48, 47]
    assert book.view(0) == (1, (), ())


def futures_chain(steps: Steps, jumps: list[int]) -> list[Diff]:
    """Diffs of one symbol among many: ids that others took lie between them."""
    diffs, last = [], 100
    for (width, bids, asks), jump in zip(steps, jumps, strict=True):
        first = last + 1 + jump
        diffs.append(Diff(first, first + width - 1, bids, asks, previous_id=last))
        last = first + width - 1
    return diffs


@given(STEPS, st.data())
def test_a_futures_book_is_chained_by_the_id_before(steps: Steps, data: st.DataObject) -> None:
    """No gap where ids of others are missing, and one where a diff of its own is."""
    jumps = data.draw(st.lists(st.integers(0, 9), min_size=len(steps), max_size=len(steps)))
    diffs = futures_chain(steps, jumps)
    within = data.draw(st.integers(diffs[0].first_id, diffs[0].last_id), "the snapshot's id")
    book = Book()
    book.snapshot(within, [], [])
    for diff in diffs:
        book.apply(diff)
    bids, asks = plain(diffs if within < diffs[0].last_id else diffs[1:])
    assert dict(book.view(100).bids) == bids
    assert dict(book.view(100).asks) == asks
    assert (book.gaps, book.in_sync) == (0, True)
    lost = data.draw(st.integers(0, len(diffs)), "a diff that is lost")
    again = Book()
    again.snapshot(diffs[0].before, [], [])
    for number, diff in enumerate(diffs):
        if number != lost:
            again.apply(diff)
    assert again.gaps == (1 if lost < len(diffs) - 1 else 0)


def test_a_book_tells_when_it_was_made() -> None:
    book = Book()
    book.snapshot(100, [(5, 1)], [], time=1_000)
    assert book.time == 1_000
    book.apply(Diff(99, 100, [(6, 1)], [], time=900))
    assert book.time == 1_000
    book.apply(Diff(101, 101, [(6, 1)], [], time=1_100))
    assert book.time == 1_100
