"""What judges a soak sees what it is there for: an id missing without a word, one twice, one changed, a false book."""

from collections.abc import Iterable
from itertools import islice

import msgspec
import pytest

from benchmarks.soak_checks import Findings, IdChecker, _without
from benchmarks.soak_faults import SLOTS, slots
from benchmarks.soak_market import FIRST_TRADE, SYMBOLS, Book, Truth, aggregate, trade
from benchmarks.soak_venue import SoakSource
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.faults.kinds import KINDS
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.models.events import Gap, Record, TradeEvent


def events(numbers: Iterable[int]) -> list[Record]:
    return [
        TradeEvent(0, "SOAKAUSDT", it, *trade(it)[:2], 0, trade(it).buyer_is_maker)
        for it in numbers
    ]


@pytest.fixture
def findings() -> Findings:
    return Findings()


@pytest.fixture
def checker(findings: Findings) -> IdChecker:
    return IdChecker("a reader", trade, findings)


def test_a_whole_stream_is_beyond_reproach(checker: IdChecker, findings: Findings) -> None:
    checker.take(events(range(95, 105)))
    checker.take(events(range(105, 200)))
    assert (findings.faults, findings.events, checker.next) == (0, 105, 200)


def test_an_id_that_is_missing_without_a_word_is_found(
    checker: IdChecker, findings: Findings
) -> None:
    checker.take(events([1, 2, 4]))
    assert (findings.unreported, findings.sayings) == (
        1,
        ["a reader: 3 to 3 are missing without a word"],
    )


def test_what_was_told_to_be_missing_is_no_fault(checker: IdChecker, findings: Findings) -> None:
    checker.take([*events([1]), Gap(2, 3, "lost", 0), *events([4, 9])], dropped=[(5, 6), (8, 8)])
    assert (findings.gaps, findings.dropped, findings.unreported) == (2, 3, 1)


def test_an_event_that_comes_twice_is_found(checker: IdChecker, findings: Findings) -> None:
    checker.take(events([1, 2]))
    checker.take(events([2, 3]))
    assert findings.repeated == 1


def test_an_event_that_was_changed_is_found(checker: IdChecker, findings: Findings) -> None:
    (other,) = events([5])
    assert isinstance(other, TradeEvent)
    checker.take([TradeEvent(0, "", 4, other.price_text, other.quantity_text, 0, False)])
    assert findings.wrong == 1


def test_ranges_are_cut_out_of_ranges() -> None:
    assert _without([(1, 10), (20, 30)], [(3, 4), (9, 22), (30, 40)]) == [(1, 2), (5, 8), (23, 29)]


def test_a_book_is_true_at_its_own_update_alone() -> None:
    book, truth = Book("SOAKAUSDT"), Truth("SOAKAUSDT", 20)
    for _ in range(50):
        book.step()
    before = book.last_id, book.top(20)
    book.step()
    assert truth.is_true(book.last_id, book.top(20))
    assert truth.is_true(*before)
    assert not truth.is_true(book.last_id, before[1])
    assert not truth.is_true(book.last_id - 1, book.top(20))


def test_differences_lead_from_one_book_to_the_next() -> None:
    book = Book("SOAKBUSDT")
    sides = [dict(side) for side in book.top(1000)]
    for _ in range(200):
        update = book.step()
        for side, levels in zip(sides, (update.bids, update.asks), strict=True):
            side.update(levels)
            for price in [price for price, amount in side.items() if not float(amount)]:
                del side[price]
    assert sides == [dict(side) for side in book.top(1000)]
    assert max(map(float, sides[0])) < min(map(float, sides[1]))


def test_every_fault_of_the_exchange_strikes_in_a_round() -> None:
    plans = list(islice(slots(seed=7), len(SLOTS)))
    assert sorted(name for name, _ in plans) == sorted(SLOTS)
    assert plans == list(islice(slots(seed=7), len(plans)))
    kinds = {fault["kind"] for _, body in plans for fault in body["faults"]}
    assert kinds == set(KINDS)
    for _, body in plans:
        read_plan(msgspec.json.encode(body))


def test_ids_become_a_digit_longer_on_the_way() -> None:
    assert len(str(FIRST_TRADE)) < len(str(FIRST_TRADE + 250 * 60))


def test_the_venue_tells_five_thousand_messages_a_second_and_no_hole() -> None:
    source = SoakSource(VirtualClock())
    market = Market(source)
    market.apply(source.opening())
    frames = [frame for _ in range(50) for frame in source.step()]
    market.apply(frames)
    trades = [frame for frame in frames if b"@trade" in frame.payload]
    assert (2 * len(trades), len(frames) - len(trades)) == (5000, 10 * len(SYMBOLS))
    assert market.counters()["gaps"] == 0
    last = market.agg_trades(SYMBOLS[0], from_id=None, start_ms=None, end_ms=None, limit=1)[0]
    told = show(last.price), show(last.qty), last.buyer_is_maker
    assert (last.id, told) == (499, aggregate(499))
