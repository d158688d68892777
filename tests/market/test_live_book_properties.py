"""Whatever becomes of the stream on its way, a book that calls itself live is right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.market.live_book import LiveBook, Outcome
from binance_mcp_server.models.events import DepthEvent
from tests.market.depth_oracle import FIRST, Style, Venue, is_right

STYLES = st.sampled_from(["spot", "futures"])
UPDATE = st.tuples(
    st.integers(1, 3),
    st.booleans(),
    st.integers(1, 12),
    st.sampled_from(["0.0", "0.0", "1.0", "2.5", "30.0"]),
)
UPDATES = st.lists(UPDATE, min_size=1, max_size=40)


def venue_of(style: Style, rows: list[tuple[int, bool, int, str]]) -> Venue:
    """Futures skip ids that other symbols use; on spot each id is a level."""
    venue, at = Venue(style), FIRST
    for step, is_bid, tick, quantity in rows:
        at += step if style == "futures" else 1
        price = f"{100 - tick if is_bid else 100 + tick}.5"
        venue.updates.append((at, is_bid, price, quantity))
    return venue


def split(venue: Venue, data: st.DataObject) -> list[DepthEvent]:
    """The past as a stream might cut it."""
    ids = [update[0] for update in venue.updates]
    ends = sorted({*data.draw(st.sets(st.sampled_from(ids)), "cuts"), ids[-1]})
    return [venue.event(low, high) for low, high in zip([FIRST, *ends], ends, strict=False)]


@settings(max_examples=200, deadline=None)
@given(STYLES, UPDATES, st.data())
def test_the_book_is_the_same_however_diffs_are_cut_and_whenever_the_snapshot_comes(
    style: Style, rows: list[tuple[int, bool, int, str]], data: st.DataObject
) -> None:
    venue = venue_of(style, rows)
    events = split(venue, data)
    given_at = data.draw(st.integers(0, len(events)), "the snapshot comes after so many events")
    newest = events[given_at - 1].last_id if given_at else FIRST
    oldest = events[0].first_id if given_at else FIRST
    taken = data.draw(st.integers(min(oldest, newest), venue.updates[-1][0]), "and was taken at")
    limit = data.draw(st.sampled_from([3, 5000]), "levels")
    book = LiveBook(style)
    for place, each in enumerate([*events, None]):
        if place == given_at:
            assert book.snapshot(venue.snapshot(taken, limit), limit=limit) is Outcome.APPLIED
        if each:
            assert book.diff(each) is not Outcome.GAP
    assert (book.state, book.resyncs) == ("live", 0)
    assert book.last_update_id == max(taken, events[-1].last_id)
    assert is_right(book, venue)


@settings(max_examples=200, deadline=None)
@given(STYLES, UPDATES, st.data())
def test_no_loss_duplicate_reordering_or_stale_snapshot_makes_a_wrong_book(
    style: Style, rows: list[tuple[int, bool, int, str]], data: st.DataObject
) -> None:
    venue = venue_of(style, rows)
    events = split(venue, data)
    if data.draw(st.booleans(), "two connections that cut differently"):
        events += split(venue, data)
    sent = data.draw(st.lists(st.sampled_from(events), max_size=60), "what arrives, in this order")
    book = LiveBook(style, keep=data.draw(st.integers(1, 50), "keep"))
    last = venue.updates[-1][0]
    for each in [None, *sent, *events]:
        before = book.state
        outcome = book.diff(each) if each else Outcome.IGNORED
        if before == "live" and outcome is Outcome.GAP:
            assert book.state == "resyncing"
            assert book.top(1).bids == ()
        what = data.draw(st.sampled_from(["nothing", "nothing", "snapshot", "lost"]))
        if what == "snapshot":
            at = data.draw(st.integers(FIRST, last), "taken at")
            limit = data.draw(st.sampled_from([2, 5000]), "levels")
            book.snapshot(venue.snapshot(at, limit), limit=limit)
        elif what == "lost":
            book.lost("cut")
        if book.state == "live":
            assert is_right(book, venue)
    assert book.snapshot(venue.snapshot(last)) in {Outcome.APPLIED, Outcome.IGNORED}
    assert book.state == "live"
    assert is_right(book, venue)
