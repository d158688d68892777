"""The venue's procedure for a local order book, step by step; numbers are those of ``live_book``'s docstring."""

import pytest

from binance_mcp_server.market.live_book import LiveBook, Outcome
from tests.market.depth_oracle import START_MS, depth, event

BIDS, ASKS = [("99.0", "1.0"), ("98.0", "2.0")], [("101.0", "3.0"), ("102.0", "4.0")]
SNAPSHOT = depth(100, BIDS, ASKS)


def live(style: str = "spot") -> LiveBook:
    book = LiveBook("futures" if style == "futures" else "spot")
    assert book.snapshot(SNAPSHOT, limit=1000) is Outcome.APPLIED
    assert book.state == "live"
    return book


def test_spot_2_events_are_buffered_and_nothing_is_shown_before_the_snapshot() -> None:
    book = LiveBook("spot")
    assert book.state == "empty"
    assert book.diff(event(95, 99, BIDS)) is Outcome.BUFFERED
    assert (book.state, book.top(5).bids, book.levels()) == ("buffering", (), (0, 0))


def test_spot_2_the_buffer_keeps_the_newest_events() -> None:
    book = LiveBook("spot", keep=3)
    for last in range(91, 101):
        book.diff(event(last, last))
    assert book.buffered == 3
    assert book.snapshot(depth(97)) is Outcome.TOO_OLD
    assert book.snapshot(depth(98)) is Outcome.APPLIED
    assert book.last_update_id == 100


@pytest.mark.parametrize("snapshot_id", [90, 94])
def test_spot_4_a_snapshot_older_than_the_first_event_is_refused_and_the_buffer_kept(
    snapshot_id: int,
) -> None:
    book = LiveBook("spot")
    book.diff(event(95, 99, [("99.0", "9.0")]))
    assert book.snapshot(depth(snapshot_id, BIDS, ASKS)) is Outcome.TOO_OLD
    assert book.state == "buffering"
    assert book.snapshot(depth(95, BIDS, ASKS)) is Outcome.APPLIED
    assert (book.last_update_id, book.top(1).bids) == (99, (("99.0", "9.0"),))


def test_spot_5_events_that_the_snapshot_contains_are_discarded() -> None:
    book = LiveBook("spot")
    book.diff(event(95, 99, [("99.0", "0.0")]))
    book.diff(event(100, 100, [("98.0", "0.0")]))
    book.diff(event(101, 103, [("97.0", "7.0")]))
    assert book.snapshot(SNAPSHOT, limit=1000) is Outcome.APPLIED
    assert book.top(5).bids == (*BIDS, ("97.0", "7.0"))
    assert book.applied == 1


def test_spot_5_the_first_event_left_may_have_begun_before_the_snapshot() -> None:
    book = LiveBook("spot")
    book.diff(event(95, 104, [("99.0", "5.0")]))
    assert book.snapshot(SNAPSHOT) is Outcome.APPLIED
    assert (book.last_update_id, book.top(1).bids) == (104, (("99.0", "5.0"),))


def test_spot_6_the_book_is_the_snapshot() -> None:
    book = live()
    top = book.top(5)
    assert (list(top.bids), list(top.asks)) == (BIDS, ASKS)
    assert (top.last_update_id, top.event_ms) == (100, 0)


def test_spot_7_1_what_is_older_than_the_book_is_ignored() -> None:
    book = live()
    for old in (event(90, 99, [("99.0", "0.0")]), event(98, 100, [("99.0", "0.0")])):
        assert book.diff(old) is Outcome.IGNORED
    assert book.top(1).bids == (BIDS[0],)


def test_spot_7_1_an_event_that_overlaps_the_book_is_applied() -> None:
    book = live()
    assert book.diff(event(99, 102, [("99.0", "8.0")])) is Outcome.APPLIED
    assert book.top(1).bids == (("99.0", "8.0"),)


def test_spot_7_1_a_hole_discards_the_book_and_the_event_behind_it_begins_another() -> None:
    book = live()
    assert book.diff(event(102, 105, [("99.0", "6.0")])) is Outcome.GAP
    assert (book.state, book.resyncs, book.buffered) == ("resyncing", 1, 1)
    assert (book.top(5).bids, book.levels()) == ((), (0, 0))
    assert "100" in book.cause
    assert "102" in book.cause
    assert book.snapshot(depth(103, BIDS, ASKS)) is Outcome.APPLIED
    assert (book.last_update_id, book.top(1).bids) == (105, (("99.0", "6.0"),))


def test_spot_7_2_levels_are_set_added_and_taken_away() -> None:
    book = live()
    book.diff(
        event(101, 101, [("99.0", "0.0"), ("98.5", "5.0"), ("98.0", "2.5")], [("101.0", "0.0")])
    )
    top = book.top(5)
    assert top.bids == (("98.5", "5.0"), ("98.0", "2.5"))
    assert top.asks == (("102.0", "4.0"),)
    assert book.levels() == (2, 1)
    book.diff(event(102, 102, [], [("103.0", "1.0")]))
    assert book.levels() == (2, 2)


def test_spot_7_2_taking_away_what_is_not_there_is_normal() -> None:
    book = live()
    assert book.diff(event(101, 101, [("50.0", "0.0")])) is Outcome.APPLIED
    assert list(book.top(5).bids) == BIDS


def test_spot_7_3_the_book_takes_the_events_id_and_time() -> None:
    book = live()
    book.diff(event(101, 107, at_ms=START_MS))
    assert (book.last_update_id, book.event_ms, book.applied) == (107, START_MS, 1)


def test_futures_4_events_before_the_snapshot_are_dropped() -> None:
    book = LiveBook("futures")
    book.diff(event(80, 90, [("99.0", "0.0")], previous=70))
    book.diff(event(95, 99, [("98.0", "0.0")], previous=90))
    assert book.snapshot(SNAPSHOT, limit=1000) is Outcome.APPLIED
    assert list(book.top(5).bids) == BIDS
    assert book.last_update_id == 100


@pytest.mark.parametrize(("first", "last"), [(95, 105), (100, 105), (95, 100), (100, 100)])
def test_futures_5_the_first_event_has_the_snapshot_within(first: int, last: int) -> None:
    book = LiveBook("futures")
    book.diff(event(first, last, [("99.0", "6.0")], previous=93))
    assert book.snapshot(SNAPSHOT) is Outcome.APPLIED
    assert (book.last_update_id, book.top(1).bids) == (last, (("99.0", "6.0"),))


def test_futures_5_a_first_event_that_came_after_others_needs_a_newer_snapshot() -> None:
    book = LiveBook("futures")
    book.diff(event(110, 115, previous=101))
    assert book.snapshot(SNAPSHOT) is Outcome.TOO_OLD
    other = live("futures")
    assert other.diff(event(110, 115, previous=101)) is Outcome.GAP
    assert other.state == "resyncing"


def test_futures_5_ids_that_nobody_used_between_snapshot_and_event_are_no_hole() -> None:
    for previous in (100, 98):
        book = live("futures")
        assert book.diff(event(110, 115, previous=previous)) is Outcome.APPLIED


def test_futures_6_each_event_names_the_one_before_it() -> None:
    book = live("futures")
    assert book.diff(event(98, 104, previous=95)) is Outcome.APPLIED
    assert book.diff(event(110, 115, previous=104)) is Outcome.APPLIED
    assert book.diff(event(110, 115, previous=104)) is Outcome.IGNORED
    assert book.diff(event(116, 119, previous=116)) is Outcome.GAP
    assert book.state == "resyncing"


def test_futures_6_an_overlapping_event_is_a_hole_too() -> None:
    book = live("futures")
    book.diff(event(98, 104, previous=95))
    assert book.diff(event(103, 109, previous=102)) is Outcome.GAP


@pytest.mark.parametrize("style", ["spot", "futures"])
def test_a_hole_in_the_buffer_leaves_what_came_after_it(style: str) -> None:
    book = LiveBook("futures" if style == "futures" else "spot")
    previous = (95, 104) if style == "futures" else (None, None)
    assert book.diff(event(96, 99, previous=previous[0])) is Outcome.BUFFERED
    assert book.diff(event(105, 109, [("99.0", "4.0")], previous=previous[1])) is Outcome.GAP
    assert (book.buffered, book.resyncs) == (1, 0)
    assert book.snapshot(SNAPSHOT) is Outcome.TOO_OLD
    assert book.snapshot(depth(106, BIDS, ASKS)) is Outcome.APPLIED
    assert book.top(1).bids == (("99.0", "4.0"),)


def test_what_the_buffer_has_is_not_buffered_twice() -> None:
    book = LiveBook("spot")
    book.diff(event(96, 99))
    assert book.diff(event(96, 99)) is Outcome.IGNORED
    assert book.buffered == 1


def test_a_lost_stream_discards_the_book() -> None:
    book = live()
    book.lost("the connection was cut")
    assert (book.state, book.resyncs, book.cause) == ("resyncing", 1, "the connection was cut")
    assert book.top(5).bids == ()
    book.lost("and again")
    assert book.resyncs == 1


def test_a_live_book_has_no_use_for_a_snapshot() -> None:
    book = live()
    assert book.snapshot(depth(200, [("1.0", "1.0")])) is Outcome.IGNORED
    assert list(book.top(5).bids) == BIDS


def test_ids_that_begin_anew_are_not_taken_for_duplicates_for_ever() -> None:
    book = live()
    book.diff(event(101, 101, at_ms=START_MS))
    assert book.diff(event(2, 3, at_ms=START_MS + 5_000)) is Outcome.IGNORED
    assert book.diff(event(4, 5, at_ms=START_MS + 5_001)) is Outcome.GAP
    assert book.diff(event(1, 2, at_ms=START_MS + 10_003)) is Outcome.GAP
    assert book.buffered == 1


@pytest.mark.parametrize("style", ["spot", "futures"])
def test_a_price_that_is_none_gives_up_the_book(style: str) -> None:
    book = live(style)
    previous = 100 if style == "futures" else None
    assert book.diff(event(101, 101, [("bad", "1.0")], previous=previous)) is Outcome.GAP
    assert (book.state, book.top(5).bids) == ("resyncing", ())


def test_an_unreadable_event_in_the_buffer_leaves_what_came_after_it() -> None:
    book = LiveBook("spot")
    book.diff(event(100, 101, [("bad", "1.0")]))
    book.diff(event(102, 103))
    assert book.snapshot(SNAPSHOT) is Outcome.GAP
    assert (book.state, book.buffered) == ("resyncing", 1)
    assert book.snapshot(depth(102, BIDS, ASKS)) is Outcome.APPLIED


def test_the_top_is_kept_while_nothing_changes_and_made_anew_when_something_does() -> None:
    book = live()
    top = book.top(20)
    assert book.top(20) is top
    assert book.top(1).bids == (BIDS[0],)
    book.diff(event(101, 101, [("99.0", "7.0")]))
    assert book.top(20).bids[0] == ("99.0", "7.0")
    assert top.bids[0] == BIDS[0]


def test_a_side_with_all_its_levels_in_the_snapshot_has_no_edge() -> None:
    book = LiveBook("spot")
    book.snapshot(SNAPSHOT, limit=2)
    assert (book.known_to("bids"), book.known_to("asks")) == ("98.0", "102.0")
    book.diff(event(101, 101, [("97.0", "1.0")], [("103.0", "1.0"), ("100.5", "1.0")]))
    assert list(book.top(5).bids) == BIDS
    assert list(book.top(5).asks) == [("100.5", "1.0"), *ASKS]
    whole = live()
    assert (whole.known_to("bids"), whole.known_to("asks")) == (None, None)
    whole.diff(event(101, 101, [("97.0", "1.0")]))
    assert whole.top(5).bids[-1] == ("97.0", "1.0")
