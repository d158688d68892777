"""What came over a stream reaches its readers once, in order; what did not is said, and never looks like a record."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.commands.stream_hub import Streams, streams_on, touch, trade
from tests.commands.venue import StillExchange, cells, facts

pytestmark = pytest.mark.anyio
NAME = "btcusdt@trade"


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Streams]:
    async with streams_on(venue) as streams:
        yield streams


def ids(page: dict[str, Any]) -> list[int]:
    column = page["columns"].index("id")
    return [int(row[column]) for row in page["rows"]]


async def read(agent: Streams, id: str, **arguments: Any) -> dict[str, Any]:
    return await agent.data("read_stream", id=id, format="json", **arguments)


async def test_a_subscription_names_its_stream_its_units_and_its_first_silence(
    agent: Streams,
) -> None:
    call = agent.data("subscribe_stream", kind="trades", symbol="btc/usdt")
    reply = await agent.meanwhile(call, seconds=5)
    assert reply["id"] == "s1"
    assert (reply["stream"], reply["kind"], reply["market"]) == (NAME, "trade", "spot")
    assert (reply["symbol"], reply["state"], reply["buffer"]) == ("BTCUSDT", "live", 10_000)
    assert reply["units"] == "prices in USDT, quantities in BTC"
    assert reply["note"] == "acknowledged; no data yet"
    assert (reply["venue"], reply["as_of"][:4]) == ("sim", "2026")
    assert agent.venue.subscribed == {NAME}


async def test_a_stream_that_flows_has_no_remark(agent: Streams) -> None:
    task = asyncio.ensure_future(agent.data("subscribe_stream", kind="trade", symbol="BTCUSDT"))
    await agent.until(lambda: agent.venue.subscribed)
    agent.venue.say(NAME, trade(1))
    reply = await asyncio.wait_for(task, 10)
    assert "note" not in reply
    assert reply["as_of"] == "2026-09-21T14:14:20.137Z"


async def test_a_venue_that_does_not_acknowledge_is_said_and_not_an_error(agent: Streams) -> None:
    agent.venue.acknowledges = False
    call = agent.data("subscribe_stream", kind="trade", symbol="BTCUSDT")
    reply = await agent.meanwhile(call, seconds=30)
    assert reply["state"] == "connecting"
    assert reply["note"] == "the venue has not acknowledged it yet"
    agent.venue.acknowledges = True
    await agent.meanwhile(agent.clock.sleep(20), seconds=30)
    assert "state" not in await read(agent, reply["id"])


async def test_a_symbol_that_does_not_trade_is_remarked_and_not_waited_for(agent: Streams) -> None:
    reply = await agent.data("subscribe_stream", kind="trade", symbol="XMRUSDT")
    assert reply["not_trading"] == ["XMRUSDT"]
    assert reply["note"]


async def test_every_record_comes_once_whatever_cuts_the_pages(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, *map(trade, range(500, 800)))
    for form in ({"limit": 17}, {"limit": 200, "max_bytes": 900}, {"limit": 10_000}):
        seen: list[int] = []
        cursor = None
        for _ in range(100):
            page = await read(agent, stream, cursor=cursor, **form)
            seen += ids(page)
            cursor = page["next"]
            if not page["rows"]:
                break
        assert seen == list(range(500, 800)), form


async def test_what_is_there_beyond_a_reply_is_counted(agent: Streams) -> None:
    """A hundred rows of a thousand are old news, and a reader has to know it."""
    stream = await agent.subscribe()
    agent.venue.say(NAME, *map(trade, range(1000)))
    page = await read(agent, stream)
    assert (len(page["rows"]), page["left_out"]) == (100, 900)
    cut = await read(agent, stream, cursor=page["next"], limit=300, max_bytes=1000)
    time = cut["columns"].index("time")
    assert cut["as_of"] == cut["rows"][-1][time], "rows that are left out are not what it is of"
    assert len(cut["rows"]) + cut["left_out"] == 900
    rest = await read(agent, stream, cursor=cut["next"], limit=10_000, max_bytes=1_000_000)
    assert "left_out" not in rest
    assert ids(rest)[-1] == 999


async def test_csv_says_what_json_says(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, *map(trade, range(10)))
    page = await read(agent, stream, columns="all")
    text = await agent.text("read_stream", id=stream, columns="all")
    assert cells(text) == [["" if cell is None else cell for cell in row] for row in page["rows"]]
    told = facts(text)
    assert told["stream"] == NAME
    assert (told["dropped"], told["gaps_unrepaired"]) == ("0", "0")
    assert "dropped_ranges" not in told
    assert told["next"]
    assert page["rows"][3][:5] == ["3", "2026-09-21T14:14:20.337Z", "64000.1", "0.005", "sell"]


async def test_an_empty_reply_still_has_its_columns_and_the_place_to_go_on(agent: Streams) -> None:
    stream = await agent.subscribe()
    page = await read(agent, stream)
    assert page["columns"] == ["id", "time", "price", "quantity", "side"]
    assert (page["rows"], page["note"]) == ([], "nothing new")
    agent.venue.say(NAME, trade(7))
    assert ids(await read(agent, stream, cursor=page["next"])) == [7]


async def test_a_read_that_waits_ends_at_the_first_record(agent: Streams) -> None:
    stream = await agent.subscribe()
    task = asyncio.ensure_future(read(agent, stream, wait_seconds=45))
    await agent.until(lambda: agent.hub.subscription(stream).waiting)
    await agent.clock.advance(3)
    agent.venue.say(NAME, trade(7))
    assert ids(await asyncio.wait_for(task, 10)) == [7]
    assert agent.clock.monotonic() < 10


async def test_a_read_that_waits_in_vain_says_so(agent: Streams) -> None:
    stream = await agent.subscribe()
    began = agent.clock.monotonic()
    page = await agent.meanwhile(read(agent, stream, wait_seconds=45), seconds=60)
    assert page["rows"] == []
    assert 45 <= agent.clock.monotonic() - began < 48


async def test_delivered_and_dropped_ids_are_all_ids_and_share_none(agent: Streams) -> None:
    """A reader of small pages falls behind a small buffer, again and again; replies cut by bytes too."""
    stream = await agent.subscribe(buffer=1000)
    seen: list[int] = []
    page: dict[str, Any] = {"next": None}
    for start in range(0, 10_000, 700):
        agent.venue.say(NAME, *map(trade, range(start, start + 700)))
        page = await read(agent, stream, cursor=page["next"], limit=500, max_bytes=20_000)
        assert page["left_out"] > 0
        seen += ids(page)
    while page["rows"]:
        page = await read(agent, stream, cursor=page["next"], limit=10_000, max_bytes=4_000_000)
        seen += ids(page)
    dropped = {lost for first, last in page["dropped_ranges"] for lost in range(first, last + 1)}
    assert len(dropped) == page["dropped"] > 0
    assert len(seen) == len(set(seen))
    assert dropped.isdisjoint(seen)
    assert dropped | set(seen) == set(range(10_500))


async def test_what_a_lost_reply_held_and_is_kept_no_longer_counts_as_dropped(
    agent: Streams,
) -> None:
    stream = await agent.subscribe(buffer=1000)
    agent.venue.say(NAME, *map(trade, range(1000)))
    page = await read(agent, stream, limit=10)
    lost = {"cursor": page["next"], "limit": 500, "max_bytes": 100_000}
    await read(agent, stream, **lost)  # this reply never arrives
    agent.venue.say(NAME, *map(trade, range(1000, 1500)))
    again = await read(agent, stream, **lost)
    assert ids(again)[0] == 500
    assert (again["dropped"], again["dropped_ranges"]) == (490, [[10, 499]])


async def test_a_gap_is_a_fact_and_no_row(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, trade(1), trade(2), trade(9))
    page = await agent.meanwhile(_after(agent, stream, 3), seconds=60)
    assert ids(page) == [1, 2, 9]
    (gap,) = page["gaps"]
    assert (gap["from"], gap["to"], gap["before_row"]) == (3, 8, 2)
    assert gap["cause"]
    assert page["gaps_unrepaired"] == 1
    text = await agent.text("read_stream", id=stream)
    assert facts(text)["gaps"].startswith("3-8 before row 2 (")
    assert [row[0] for row in cells(text)] == ["1", "2", "9"]
    first = await read(agent, stream, limit=2)
    assert "gaps" not in first
    assert (await read(agent, stream, cursor=first["next"]))["gaps"][0]["before_row"] == 0


async def _after(agent: Streams, id: str, count: int) -> dict[str, Any]:
    """A first page, once *count* records are there: the hole is given up after some tries."""
    while True:
        page = await read(agent, id)
        if len(page["rows"]) >= count:
            return page
        await agent.clock.sleep(0.5)


async def test_a_cut_connection_is_said_until_it_is_mended(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, trade(1))
    agent.venue.acknowledges = False
    agent.venue.cut()
    assert (await read(agent, stream))["state"] == "reconnecting"


async def test_two_readers_read_the_same_records(agent: Streams) -> None:
    stream = await agent.subscribe()
    agent.venue.say(NAME, *map(trade, range(6)))
    first, second = await read(agent, stream, limit=4), await read(agent, stream, limit=1)
    assert ids(await read(agent, stream, cursor=first["next"])) == [4, 5]
    assert ids(await read(agent, stream, cursor=second["next"])) == [1, 2, 3, 4, 5]


async def test_a_subscription_that_ends_during_a_wait_ends_the_wait(agent: Streams) -> None:
    stream = await agent.subscribe()
    task = asyncio.ensure_future(read(agent, stream, wait_seconds=45))
    await agent.until(lambda: agent.hub.subscription(stream).waiting)
    await agent.data("unsubscribe_stream", id=stream)
    page = await asyncio.wait_for(task, 10)
    assert page["closed"] == "it was unsubscribed"


async def test_the_last_counters_of_a_subscription(agent: Streams) -> None:
    stream = await agent.subscribe(buffer=1000)
    agent.venue.say(NAME, *map(trade, range(1500)), trade(3))
    await read(agent, stream, limit=5)
    reply = await agent.data("unsubscribe_stream", id=stream)
    assert reply["closed"] == "it was unsubscribed"
    assert (reply["received"], reply["duplicates"], reply["dropped"]) == (1501, 1, 500)
    assert reply["delivered"] == 5
    assert reply["dropped_ranges"] == [[0, 499]]
    assert agent.hub.state().streams == 0
    await agent.until(lambda: not agent.venue.subscribed)


async def test_subscriptions_are_listed_with_their_counters(agent: Streams) -> None:
    assert "no subscriptions" in await agent.text("list_streams")
    await agent.subscribe()
    await agent.subscribe("bookTicker", symbol="ETHUSDT")
    agent.venue.say(NAME, trade(1))
    page = await agent.data("list_streams", format="json", columns="all")
    rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
    assert [row["stream"] for row in rows] == [NAME, "ethusdt@bookTicker"]
    assert (rows[0]["received"], rows[0]["state"]) == (1, "live")
    assert (rows[0]["last_event"], rows[1]["last_event"]) == ("2026-09-21T14:14:20.137Z", None)
    one = await agent.data("list_streams", format="json", limit=1)
    assert one["subscriptions"] == 2
    rest = await agent.data("list_streams", format="json", limit=1, cursor=one["next"])
    assert (rest["rows"][0][0], rest["next"]) == ("s2", None)


async def test_a_summary_keeps_a_subscription_open_as_a_read_does(agent: Streams) -> None:
    stream, other = await agent.subscribe(), await agent.subscribe(symbol="ETHUSDT")
    for _ in range(4):
        await agent.clock.advance(400)
        await agent.data("summarize_stream", id=stream)
    assert [each.id for each in agent.hub.subscriptions()] == [stream]
    assert "15 minutes" in await agent.error("read_stream", id=other)


async def test_the_touch_is_read_by_its_own_columns(agent: Streams) -> None:
    stream = await agent.subscribe("bookTicker")
    agent.venue.say("btcusdt@bookTicker", touch(5, "10.50", "10.60"), touch(6, "0.00", "10.60"))
    page = await read(agent, stream)
    assert page["columns"] == ["update_id", "bid", "bid_quantity", "ask", "ask_quantity"]
    assert page["rows"][0] == ["5", "10.5", "1.5", "10.6", "2.5"]
    assert page["rows"][1][1] is None
    assert page["as_of"].startswith("2026-09-21T")


async def test_a_subscribed_depth_stream_keeps_a_live_book_until_it_ends(agent: Streams) -> None:
    stream = await agent.subscribe("depth")
    assert agent.services.books.state("spot", "BTCUSDT") is not None
    assert agent.venue.subscribed == {"btcusdt@depth@100ms"}
    await agent.data("unsubscribe_stream", id=stream)
    await agent.until(lambda: agent.services.books.state("spot", "BTCUSDT") is None)
    await agent.until(lambda: not agent.venue.subscribed)
    assert agent.hub.state().streams == 0


async def test_a_depth_stream_that_nobody_reads_lets_go_of_its_book(agent: Streams) -> None:
    await agent.subscribe("depth")
    for _ in range(4):
        await agent.clock.advance(300)
    await agent.until(lambda: agent.services.books.state("spot", "BTCUSDT") is None)
    assert agent.hub.state().streams == 0


async def test_a_caller_that_goes_away_while_subscribing_leaves_nothing(agent: Streams) -> None:
    for kind in ("trade", "depth"):
        call = agent.data("subscribe_stream", kind=kind, symbol="BTCUSDT")
        task = asyncio.ensure_future(call)
        await agent.until(lambda: agent.hub.subscriptions() and agent.venue.subscribed)
        task.cancel()
        await agent.until(lambda: not agent.hub.subscriptions())
        await agent.until(lambda: agent.hub.state().streams == 0)
