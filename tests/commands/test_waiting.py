"""A wait ends when its condition holds, at its deadline, or with its caller; nothing of it is left behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from binance_mcp_server.commands import websocket_streams
from tests.commands.stream_hub import NOW_MS, Streams, aggregate, streams_on, touch, trade
from tests.commands.venue import StillExchange

pytestmark = pytest.mark.anyio
TRADES, QUOTES = "btcusdt@trade", "btcusdt@bookTicker"
FAR = 900_000


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Streams]:
    async with streams_on(venue) as streams:
        yield streams
        await streams.until(lambda: streams.hub.state().streams == 0)


def waiting(agent: Streams, **arguments: Any) -> "asyncio.Task[dict[str, Any]]":
    given = {"symbol": "BTCUSDT", **arguments}
    return asyncio.ensure_future(agent.data("wait_for_market", **given))


async def subscribed(agent: Streams, name: str = TRADES) -> None:
    await agent.until(lambda: name in agent.venue.subscribed)


async def test_a_price_is_met_by_the_trade_that_reaches_it(agent: Streams) -> None:
    task = waiting(agent, condition="price_above", value=FAR)
    await subscribed(agent)
    agent.venue.say(TRADES, trade(1, "899999.99"), trade(2, "900000.00"), trade(3, "900001.00"))
    told = await asyncio.wait_for(task, 10)
    assert told["met"] is True
    assert (told["seen"], told["trade_id"], told["records"]) == ("900000", "2", 2)
    assert (told["condition"], told["value"]) == ("price_above", "900000")
    assert (told["at"], told["as_of"]) == ("2026-09-21T14:14:20.237Z", "2026-09-21T14:14:20.337Z")
    assert "already" not in told
    assert told["waited_seconds"] < 5


async def test_what_holds_already_is_met_at_once_without_a_trade(agent: Streams) -> None:
    told = await asyncio.wait_for(waiting(agent, condition="price_above", value="1"), 10)
    assert (told["met"], told["already"], told["records"]) == (True, True, 0)
    assert float(told["seen"]) > 1


async def test_a_deadline_ends_a_wait_with_the_last_value_seen(agent: Streams) -> None:
    task = waiting(agent, condition="price_below", value="10", timeout_seconds=20)
    await subscribed(agent)
    agent.venue.say(TRADES, trade(1, "64000.50"))
    told = await agent.meanwhile(task, seconds=60)
    assert (told["met"], told["seen"], told["records"]) == (False, "64000.5", 1)
    assert 20 <= told["waited_seconds"] < 22


async def test_progress_is_told_every_five_seconds(agent: Streams) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    given = {"symbol": "BTCUSDT", "condition": "price_above", "value": FAR, "timeout_seconds": 18}
    call = agent.client.call_tool("wait_for_market", given, progress_handler=progress)
    task = asyncio.ensure_future(call)
    await subscribed(agent)
    agent.venue.say(TRADES, trade(1, "899000.00"))
    await agent.meanwhile(task, seconds=60)
    assert [round(done) for done, _, _ in told] == [5, 10, 15, 18]
    assert told[0][1:] == (18, "waiting for price_above 900000; now 899000, 1000 away")


async def test_a_caller_that_goes_away_leaves_nothing(agent: Streams) -> None:
    task = waiting(agent, condition="price_above", value=FAR)
    await subscribed(agent)
    task.cancel()
    await agent.until(lambda: agent.hub.state().streams == 0)
    await agent.until(lambda: not agent.venue.subscribed)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_client_that_is_gone_is_not_waited_for_until_the_deadline(
    agent: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP nobody cancels the call of a client of the session era that has gone."""
    monkeypatch.setattr(websocket_streams, "client_gone", lambda: True)
    forever = {
        "symbol": "BTCUSDT",
        "condition": "price_above",
        "value": FAR,
        "timeout_seconds": 3600,
    }
    call = agent.error("wait_for_market", **forever)
    assert "The client has gone." in await agent.meanwhile(call, seconds=10)
    await agent.until(lambda: not agent.venue.subscribed)


async def test_a_caller_that_goes_away_before_the_acknowledgement_leaves_nothing(
    agent: Streams,
) -> None:
    agent.venue.acknowledges = False
    task = waiting(agent, condition="price_above", value=FAR)
    await agent.until(lambda: agent.hub.state().streams == 1)
    task.cancel()
    await agent.until(lambda: agent.hub.state().streams == 0)


async def test_a_gap_means_that_it_may_have_been_missed_and_is_said(agent: Streams) -> None:
    task = waiting(agent, condition="price_above", value=FAR, timeout_seconds=40)
    await subscribed(agent)
    agent.venue.say(TRADES, trade(1), trade(9))
    told = await agent.meanwhile(task, seconds=60)
    assert told["gaps"] == [[2, 8]]
    assert "may have held" in told["note"]


async def test_a_spread_is_met_by_the_touch(agent: Streams) -> None:
    task = waiting(agent, condition="spread_above", value="5", unit="absolute")
    await subscribed(agent, QUOTES)
    agent.venue.say(QUOTES, touch(1, "64000.00", "64004.99"), touch(2, "64000.00", "64005.00"))
    told = await asyncio.wait_for(task, 10)
    assert (told["met"], told["seen"], told["unit"], told["records"]) == (True, "5", "absolute", 2)


async def test_a_trade_of_a_size_is_met(agent: Streams) -> None:
    task = waiting(agent, condition="trade_above", value="3")
    await subscribed(agent)
    agent.venue.say(TRADES, trade(1, quantity="2.9"), trade(2, "64001.00", "3.0"))
    told = await asyncio.wait_for(task, 10)
    assert (told["seen"], told["trade_id"], told["trade_price"]) == ("3", "2", "64001")


async def test_volume_counts_what_was_traded_before_the_wait(agent: Streams) -> None:
    told = await asyncio.wait_for(
        waiting(agent, condition="volume_above", value="0.001", window_seconds=3600), 10
    )
    assert (told["met"], told["already"]) == (True, True)


async def test_volume_is_met_by_the_trade_that_fills_it(agent: Streams) -> None:
    task = waiting(agent, condition="volume_above", value="100000", window_seconds=10)
    await subscribed(agent, "btcusdt@aggTrade")
    first = 900_000_000
    agent.venue.say("btcusdt@aggTrade", aggregate(first, "60000"), aggregate(first + 1, "50000"))
    told = await asyncio.wait_for(task, 10)
    assert (told["met"], told["trade_id"]) == (True, str(first + 1))
    assert told["window_seconds"] == 10


async def test_imbalance_looks_at_the_levels_asked_for(agent: Streams) -> None:
    task = waiting(agent, condition="imbalance_above", value="99.9", levels=2)
    await subscribed(agent, "btcusdt@depth20@100ms")
    book = {
        "lastUpdateId": 5,
        "bids": [["10", "999"], ["9", "1"]],
        "asks": [["11", "0.5"], ["12", "0.4"], ["13", "900"]],
    }
    agent.venue.say("btcusdt@depth20@100ms", book)
    told = await asyncio.wait_for(task, 10)
    assert (told["met"], told["seen"], told["levels"]) == (True, "99.91", 2)


async def test_a_candle_that_closes_comes_with_its_prices(agent: Streams) -> None:
    task = waiting(agent, condition="candle_close", interval="5m")
    await subscribed(agent, "btcusdt@kline_5m")
    candle = {
        "t": NOW_MS,
        "T": NOW_MS + 299_999,
        "s": "BTCUSDT",
        "i": "5m",
        "f": 1,
        "L": 2,
        "o": "1.0",
        "c": "2.0",
        "h": "3.0",
        "l": "0.5",
        "v": "5",
        "n": 2,
        "x": False,
        "q": "9",
        "V": "1",
        "Q": "2",
        "B": "0",
    }
    for closed in (False, True):
        event = {"e": "kline", "E": NOW_MS, "s": "BTCUSDT", "k": {**candle, "x": closed}}
        agent.venue.say("btcusdt@kline_5m", event)
    told = await asyncio.wait_for(task, 10)
    assert (told["met"], told["interval"], told["records"]) == (True, "5m", 2)
    assert (told["open"], told["high"], told["low"], told["close"]) == ("1", "3", "0.5", "2")


async def test_a_present_that_cannot_be_read_does_not_end_the_wait(
    agent: Streams, venue: StillExchange
) -> None:
    venue.respond("/api/v3/ticker/price", status=400, body='{"code":-1000,"msg":"no"}', times=1)
    task = waiting(agent, condition="price_above", value=FAR)
    await subscribed(agent)
    await agent.until(lambda: not venue.state()["programmed"])
    agent.venue.say(TRADES, trade(1, "900000.00"))
    told = await asyncio.wait_for(task, 10)
    assert told["met"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"condition": "price_above", "value": "99999999"}, "orders end at a price of"),
        ({"condition": "price_above", "value": 0}, "can never hold"),
        ({"condition": "price_above"}, "needs a value"),
        ({"condition": "price_above", "value": "much"}, "value is not a number"),
        ({"condition": "volume_above", "value": -1}, "can never hold"),
        ({"condition": "imbalance_above", "value": 101}, "at most 100"),
        ({"condition": "spread_below", "value": -0.1}, "can never hold"),
        ({"condition": "candle_close", "interval": "7m"}, "Unknown interval"),
        ({"condition": "moon", "value": 1}, "Unknown condition"),
        ({"condition": "price_above", "value": 1, "timeout_seconds": -1}, "timeout_seconds"),
        ({"condition": "price_above", "value": 1, "timeout_seconds": 10**9}, "timeout_seconds"),
        ({"condition": "price_above", "value": 1, "symbol": "BTCUSDD"}, "BTCUSDT"),
        ({"condition": "price_above", "value": 1, "symbol": "XMRUSDT"}, "does not trade"),
    ],
)
async def test_what_can_never_hold_is_refused_before_anything_is_subscribed(
    agent: Streams, arguments: dict[str, Any], words: str
) -> None:
    text = await agent.error("wait_for_market", **{"symbol": "BTCUSDT", **arguments})
    assert words in text
    assert agent.hub.state().endpoints == {}
