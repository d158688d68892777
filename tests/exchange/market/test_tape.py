"""The tape finds trades by id and by time, and aggregates neighbours."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.tape import Tape
from binance_mcp_server.exchange.market.types import AggTrade, Trade


def trades_of(steps: list[tuple[int, int, int, int, bool]]) -> list[Trade]:
    """Ids rise, perhaps with gaps; times rise or stay."""
    trades, number, time = [], 1000, 10
    for gap, wait, price, qty, maker in steps:
        number, time = number + 1 + gap, time + wait
        trades.append(Trade(number, price, qty, time, maker))
    return trades


TRADES = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.integers(1, 3), st.integers(1, 9), st.booleans()
    ),
    max_size=60,
).map(trades_of)


def tape_of(trades: list[Trade], capacity: int = 10**6) -> Tape:
    tape = Tape(capacity)
    for trade in trades:
        assert tape.add(trade)
    return tape


def plain_aggregates(trades: list[Trade]) -> list[AggTrade]:
    groups = groupby(trades, key=lambda it: (it.time, it.price, it.buyer_is_maker))
    found = []
    for number, ((time, price, maker), members) in enumerate(groups):
        group = list(members)
        qty = sum(trade.qty for trade in group)
        found.append(AggTrade(number, price, qty, group[0].id, group[-1].id, time, maker))
    return found


@given(TRADES, st.integers(990, 1100), st.integers(0, 20))
def test_trades_come_back_by_id(trades: list[Trade], from_id: int, limit: int) -> None:
    tape = tape_of(trades)
    assert tape.since_id(from_id, limit) == [it for it in trades if it.id >= from_id][:limit]
    assert tape.recent(limit) == trades[len(trades) - min(limit, len(trades)) :]
    assert tape.last() == (trades[-1] if trades else None)


@given(TRADES, st.integers(0, 80), st.integers(0, 80))
def test_trades_come_back_by_time(trades: list[Trade], start: int, end: int) -> None:
    tape = tape_of(trades)
    assert tape.between(start, end) == [it for it in trades if start <= it.time < end]
    earlier = [it for it in trades if it.time < start]
    assert tape.before(start) == (earlier[-1] if earlier else None)
    later = [it for it in trades if it.time >= start]
    assert tape.first_since(start) == (later[0] if later else None)


BOUND = st.none() | st.integers(0, 70)


@given(TRADES, BOUND, BOUND, BOUND, st.integers(1, 20))
def test_aggregates_are_neighbours_of_one_time_price_and_side(
    trades: list[Trade], from_id: int | None, start: int | None, end: int | None, limit: int
) -> None:
    expected = [
        it
        for it in plain_aggregates(trades)
        if (from_id is None or it.id >= from_id)
        and (start is None or it.time >= start)
        and (end is None or it.time <= end)
    ]
    newest = from_id is None and start is None
    expected = expected[-limit:] if newest else expected[:limit]
    tape = tape_of(trades)
    assert tape.aggregates(from_id=from_id, start_ms=start, end_ms=end, limit=limit) == expected


@given(TRADES, st.integers(1, 60), st.integers(1, 9))
def test_an_aggregate_that_may_grow_is_not_told_and_a_told_one_never_changes(
    trades: list[Trade], cut: int, limit: int
) -> None:
    early, late = tape_of(trades[:cut]), plain_aggregates(trades)
    told = early.aggregates(from_id=0, start_ms=None, end_ms=None, limit=10**6, growing=True)
    assert told == late[: len(told)] == plain_aggregates(trades[:cut])[:-1]
    newest = early.aggregates(from_id=None, start_ms=None, end_ms=None, limit=limit, growing=True)
    assert newest == told[-limit:]


@given(TRADES, st.integers(1, 10))
def test_the_oldest_leave_and_the_rest_keep_their_numbers(
    trades: list[Trade], capacity: int
) -> None:
    tape = tape_of(trades, capacity)
    kept = tape.recent(10**6)
    assert kept == trades[len(trades) - len(kept) :]
    assert len(kept) >= min(len(trades), capacity)
    whole = plain_aggregates(trades)
    left = tape.aggregates(from_id=0, start_ms=None, end_ms=None, limit=10**6)
    assert left == whole[len(whole) - len(left) :]


def test_a_trade_that_was_there_is_ignored() -> None:
    tape = tape_of([Trade(7, 1, 1, 1, False)])
    assert not tape.add(Trade(7, 2, 2, 2, False))
    assert not tape.add(Trade(6, 2, 2, 2, False))
    assert tape.recent(9) == [Trade(7, 1, 1, 1, False)]
