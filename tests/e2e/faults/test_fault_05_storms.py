"""Fault 5: many streams, and a connection that is cut again and again."""

import asyncio
import json

import pytest

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from tests.e2e.faults.scene import TRADES, Reader, Recorded, scene

pytestmark = pytest.mark.anyio

CUTS = 16
MANY = 400
CONTROL_MESSAGES = 10
"""In each life of a connection, at the most: names go in batches."""


def wanted() -> list[Spec]:
    """Real streams of one symbol and others that the venue acknowledges without a word."""
    return [TRADES, *(spec("spot", "trade", f"COIN{number}USDT") for number in range(MANY - 1))]


async def test_resubscribing_many_streams_breaks_no_rule(recording: Recorded) -> None:
    specs = wanted()
    async with scene(recording.part(60)) as it:
        streams = it.exchange.streams
        subscribing = asyncio.gather(*(it.services.hub.subscribe(each) for each in specs))
        await it.until(subscribing.done)
        names = sorted(each.name for each in specs)
        subscriptions = await subscribing
        for _ in range(CUTS):
            it.arm({"kind": "reset"})
            it.arm()
            await it.play(1)
            await it.until(lambda: all(each.stream.state == "live" for each in subscriptions))
            await it.after(5)
            there = [name for link in streams.connections for name in link.session.names]
            assert sorted(there) == names
        counters = streams.counters
        assert counters.messages_in <= CONTROL_MESSAGES * (CUTS + 1) + counters.pings
        assert it.broken_rules() == 0
        assert subscriptions[0].stream.reconnects == CUTS


async def test_a_venue_that_cuts_every_connection_is_not_dialled_in_haste(
    recording: Recorded,
) -> None:
    part = recording.part(300)
    async with scene(part) as it:
        trades = await it.subscribe()
        await it.live(5)
        it.arm({"kind": "reset", "every": 1})
        await it.live(280)
        assert 5 < it.exchange.streams.counters.dials < 60
        assert it.broken_rules() == 0
        it.arm()
        await it.until(lambda: trades.stream.state == "live")
        await it.live(15)
        await it.until(lambda: not trades.stream.repairing)
        reader = Reader(trades)
        reader.read()
        assert reader.ids == part.trade_ids


async def test_lost_and_late_acknowledgements_are_asked_about(recording: Recorded) -> None:
    """A subscription that nobody acknowledged is neither forgotten nor made twice."""
    async with scene(recording.part(60)) as it:
        it.arm(
            {"kind": "no_ack", "times": 2},
            {"kind": "late_ack", "ms": 12_000, "times": 3},
        )
        trades = await it.subscribe()
        await it.until(lambda: trades.stream.state == "live")
        await it.live(10)
        await it.after(30)
        [connection] = it.exchange.streams.connections
        assert list(connection.session.names) == ["btcusdt@trade"]
        assert trades.stream.received == len(recording.part(10).trade_ids)
        assert it.broken_rules() == 0


async def test_subscribing_and_unsubscribing_in_haste_stays_in_pace(recording: Recorded) -> None:
    async with scene(recording.part(20)) as it:
        hub = it.services.hub
        for number in range(60):
            one = await it.subscribe(spec("spot", "trade", f"COIN{number}USDT"))
            if number % 3:
                await hub.unsubscribe(one.id)
        await it.after(30)
        there = {name for it in it.exchange.streams.connections for name in it.session.names}
        assert there == {f"coin{number}usdt@trade" for number in range(0, 60, 3)}
        assert it.broken_rules() == 0
        assert json.dumps(it.exchange.streams.state())
