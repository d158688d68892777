"""Whatever arrives, and whoever reads when: what a reader was given and what it was told it missed is everything."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api import subscription as module
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.binance_ws_api.subscription import Batch, Place, Subscription
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.models.events import MiniTickerEvent, TradeEvent
from tests.binance_ws_api.frames import EVERYTHING, TRADES, tickers, trades

FIRST_ID = 995


@dataclass
class Client:
    """A program that reads with a cursor, and sometimes keeps only the first rows of a reply."""

    place: Place | None = None
    began: int = 0
    """The next id when it read for the first time."""
    given: list[int] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    """Ids that it was told it missed, in any reply."""
    newest: Batch | None = None

    def read(self, subscription: Subscription, limit: int, keep: int) -> None:
        batch = self.newest = subscription.read(self.place, limit)
        records, place = batch.records, batch.next
        if keep < len(records):
            start = Place(batch.next.reader, batch.next.at - len(records))
            records, place = records[:keep], batch.places[keep - 1] if keep else start
        for record in records:
            assert isinstance(record, TradeEvent)
            self.given.append(record.id)
        self.told |= named(batch)
        self.place = place


def named(batch: Batch) -> set[int]:
    return {each for first, last in batch.dropped_ranges for each in range(first, last + 1)}


ARRIVE = st.integers(1, 12)
READ = st.tuples(st.integers(0, 3), st.integers(1, 9), st.sampled_from([0, 1, 3, 99, 99]))
STEPS = st.lists(st.one_of(ARRIVE, READ), max_size=60)


@pytest.mark.parametrize("most_readers", [32, 2], ids=["kept", "forgotten"])
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, buffer=st.integers(1, 30), before=st.integers(0, 20))
def test_given_and_dropped_are_everything_and_have_nothing_in_common(
    most_readers: int,
    steps: list[int | tuple[int, int, int]],
    buffer: int,
    before: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_READERS", most_readers)
    stream = Stream(TRADES, buffer)
    if before:
        stream.take(trades(FIRST_ID - before, FIRST_ID - 1), 0.0)  # for somebody who was first
    subscription = Subscription("s1", stream, buffer, 0, VirtualClock())
    clients = [Client() for _ in range(4)]
    next_id = FIRST_ID
    for step in [*steps, *((n, 10**6, 10**6) for n in range(4))]:
        if isinstance(step, int):
            stream.take(trades(next_id, next_id + step - 1), 0.0)
            next_id += step
            continue
        client = clients[step[0]]
        client.began = client.began or next_id
        client.read(subscription, *step[1:])
    everything = set(range(FIRST_ID, next_id))
    for client in clients:
        given_ = set(client.given)
        assert client.given == sorted(given_), "in order, each once"
        assert not given_ & client.told
        assert given_ | client.told <= everything
        oldest = min(given_ | client.told, default=next_id)
        assert everything - (given_ | client.told) <= set(range(FIRST_ID, client.began))
        assert client.newest is not None
        assert not client.newest.ranges_merged
        if most_readers == 32:
            assert client.newest.dropped == len(named(client.newest))
            assert named(client.newest) == client.told
        if client.began == FIRST_ID and next_id > FIRST_ID:
            assert oldest == FIRST_ID
    nobody = everything - {each for client in clients for each in client.given}
    ranges = subscription.dropped_ranges
    assert {each for first, last in ranges for each in range(first, last + 1)} <= nobody


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.lists(st.integers(0, 5), min_size=1, max_size=4),
            st.tuples(st.integers(1, 7), st.integers(0, 8)),
        ),
        max_size=30,
    )
)
def test_frames_of_many_events_may_be_read_in_parts(
    steps: list[list[int] | tuple[int, int]],
) -> None:
    """Each event once, in order, wherever the limit or the reader cuts."""
    stream = Stream(EVERYTHING, 1_000)
    subscription = Subscription("s1", stream, 1_000, 0, VirtualClock())
    place: Place | None = None
    sent, got, frame = 0, list[str](), 0
    for step in [*steps, (10**6, 10**6)]:
        if isinstance(step, list):
            for count in step:
                frame += 1
                stream.take([tickers(*(f"S{sent + n}" for n in range(count)), event_ms=frame)], 0.0)
                sent += count
            continue
        limit, keep = step
        batch = subscription.read(place, limit)
        assert len(batch.records) <= limit
        assert len(batch.places) == len(batch.records)
        kept = batch.records[:keep]
        if keep >= len(batch.records):
            place = batch.next
        elif keep:
            place = batch.places[keep - 1]
        else:
            kept = []
        got += [each.symbol for each in kept if isinstance(each, MiniTickerEvent)]
    assert got == [f"S{n}" for n in range(sent)]
