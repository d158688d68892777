"""Who wants which stream: shared while somebody wants it, given up when nobody does, bounded, clear in its errors."""

import asyncio
from collections.abc import Sequence

import pytest

from binance_mcp_server.binance_ws_api import hub as module
from binance_mcp_server.binance_ws_api.hub import ACK_PATIENCE, MOST_SUBSCRIPTIONS, UNREAD
from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.errors import InputError, TransportError
from binance_mcp_server.models.events import Record
from tests.binance_ws_api.frames import BEST, DEPTH, TRADES, best, depth, ids, trade, trades
from tests.binance_ws_api.played_venue import MAIN, World, settle, world

pytestmark = pytest.mark.anyio


def deaf(_: Sequence[Record]) -> None: ...


async def test_two_who_want_the_same_share_it() -> None:
    async with world() as w:
        one = await w.hub.subscribe(TRADES, buffer=100)
        two = await w.hub.subscribe(spec("spot", "trades", "BTCUSDT"), buffer=5_000)
        assert one.stream is two.stream
        assert (one.id, two.id) == ("s1", "s2")
        (socket,) = w.venue.sockets
        assert socket.asked == [("SUBSCRIBE", (TRADES.name,))]
        assert two.stream.ring.max_records == 5_000
        await w.hub.unsubscribe(one.id)
        await settle()
        w.venue.send(trade(1))
        assert ids(two.read(None, 9).records) == [1]
        await w.hub.unsubscribe(two.id)
        await settle()
        assert socket.asked[1:] == [("UNSUBSCRIBE", (TRADES.name,))]
        assert w.hub.state().streams == 0


async def test_a_book_and_a_subscription_in_other_words_share_their_stream() -> None:
    async with world() as w:
        heard: list[Record] = []
        book = await w.hub.attach(spec("spot", "depth", "BTCUSDT", speed="100ms"), heard.extend)
        subscription = await w.hub.subscribe(spec("spot", "orderBook", "BTCUSDT"))
        w.venue.send(depth(1, 5))
        assert subscription.read(None, 9).records == heard
        assert len(heard) == 1
        await book.close()
        await book.close()
        w.venue.send(depth(6, 7))
        assert len(heard) == 1
        assert len(subscription.read(None, 9).records) == 2


async def test_wanting_again_at_once_asks_the_venue_for_nothing() -> None:
    async with world() as w:
        one = await w.hub.subscribe(TRADES)
        await w.hub.unsubscribe(one.id)
        two = await w.hub.subscribe(TRADES)
        await settle()
        w.venue.send(trade(1))
        assert ids(two.read(None, 9).records) == [1]
        assert two.stream.state == "live"


async def test_streams_of_one_route_share_a_connection_and_routes_do_not() -> None:
    async with world() as w:
        for of in (TRADES, BEST, DEPTH):
            await w.hub.subscribe(of)
        assert w.venue.dials == [f"{MAIN}/stream"]
        for kind in ("trade", "aggTrade"):
            await _after(w, 2, w.hub.subscribe(spec("usdm", kind, "BTCUSDT")))
        assert w.venue.dials[1:] == [f"{MAIN}/public/stream", f"{MAIN}/market/stream"]
        assert set(w.hub.state().endpoints) == {"spot", "usdm/public", "usdm/market"}


async def _after(w: World, seconds: float, coroutine: object) -> object:
    """What *coroutine* gives while so much time passes."""
    task = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]
    await w.pass_(seconds)
    return await asyncio.wait_for(task, 5)


async def test_a_venue_that_does_not_answer_keeps_nobody_waiting_for_ever() -> None:
    async with world() as w:
        w.venue.acknowledges = False
        task = asyncio.create_task(w.hub.subscribe(TRADES))
        await w.pass_(ACK_PATIENCE - 0.1)
        assert not task.done()
        await w.pass_(0.2)
        stream = (await asyncio.wait_for(task, 5)).stream
        assert (stream.state, stream.first_frame) == ("connecting", False)
        w.venue.sockets[0].ears.deliver([trade(1)])
        assert (stream.state, stream.first_frame) == ("live", True)


async def test_a_stream_that_the_venue_refuses_is_an_error_and_leaves_nothing() -> None:
    async with world() as w:
        w.venue.unknown = {TRADES.name}
        with pytest.raises(InputError, match="refused btcusdt@trade: Invalid request"):
            await w.hub.subscribe(TRADES)
        with pytest.raises(InputError, match="refused"):
            await w.hub.attach(TRADES, deaf)
        assert w.hub.subscriptions() == []
        assert w.hub.state().streams == 0
        w.venue.unknown = set()
        await w.hub.subscribe(TRADES)


@pytest.mark.parametrize("buffer", [0, -1, 1_000_001, 10**30])
async def test_a_buffer_out_of_range_is_refused(buffer: int) -> None:
    async with world() as w:
        with pytest.raises(InputError, match="out of range"):
            await w.hub.subscribe(TRADES, buffer=buffer)
        assert w.venue.dials == []


@pytest.mark.parametrize("buffer", [1, 1_000_000])
async def test_a_buffer_at_the_end_of_the_range_is_not(buffer: int) -> None:
    async with world() as w:
        assert (await w.hub.subscribe(TRADES, buffer=buffer)).buffer == buffer


async def test_there_are_never_more_subscriptions_than_allowed() -> None:
    """Also when all are asked for at once."""
    async with world() as w:
        wishes = [w.hub.subscribe(TRADES) for _ in range(MOST_SUBSCRIPTIONS + 50)]
        found = await asyncio.gather(*wishes, return_exceptions=True)
        refused = [each for each in found if isinstance(each, InputError)]
        assert len(refused) == 50
        assert len(w.hub.subscriptions()) == MOST_SUBSCRIPTIONS
        with pytest.raises(InputError, match="500 subscriptions already"):
            await w.hub.subscribe(BEST)
        assert w.hub.state().streams == 1
        await w.hub.unsubscribe("s7")
        await w.hub.subscribe(TRADES)


async def test_one_that_nobody_reads_closes_and_says_so() -> None:
    async with world() as w:
        unread, read = await w.hub.subscribe(TRADES), await w.hub.subscribe(TRADES)
        touched, waited = await w.hub.subscribe(BEST), await w.hub.subscribe(DEPTH)
        told: list[str] = []
        unread.on_closed.append(lambda: told.append(unread.closed))
        place = waited.read(None, 1).next
        waiting = asyncio.create_task(waited.wait(place, 2 * UNREAD))
        await w.pass_(UNREAD - 60)
        read.read(None, 1)
        touched.touch()
        await w.pass_(62)
        assert told == ["nobody had read it for 15 minutes"]
        assert w.hub.subscriptions() == [read, touched, waited]
        with pytest.raises(InputError, match="s1' is closed: nobody had read it for 15 minutes"):
            w.hub.subscription(unread.id)
        waiting.cancel()
        await w.pass_(UNREAD + 2)
        assert w.hub.subscriptions() == []
        assert w.hub.state().streams == 0


async def test_ids_that_are_not_there_say_why() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        w.venue.send(*trades(1, 3))
        ended = await w.hub.unsubscribe(subscription.id)
        assert (ended.stream.received, ended.closed) == (3, "it was unsubscribed")
        with pytest.raises(InputError, match="is closed: it was unsubscribed"):
            await w.hub.unsubscribe(subscription.id)
        with pytest.raises(InputError, match="no stream"):
            w.hub.subscription("s99")


async def test_the_closed_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 3)
    async with world() as w:
        await w.hub.subscribe(BEST)
        for _ in range(5):
            await w.hub.unsubscribe((await w.hub.subscribe(TRADES)).id)
        with pytest.raises(InputError, match="no stream"):
            w.hub.subscription("s2")
        with pytest.raises(InputError, match="is closed"):
            w.hub.subscription("s6")


@pytest.mark.parametrize("attach", [False, True])
async def test_who_is_cancelled_in_the_middle_leaves_nothing(attach: bool) -> None:
    async with world() as w:
        w.venue.acknowledges = False
        wish = w.hub.attach(TRADES, deaf) if attach else w.hub.subscribe(TRADES)
        task = asyncio.ensure_future(wish)
        await settle()
        assert w.hub.state().streams == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert w.hub.state().streams == 0
        assert w.hub.subscriptions() == []


async def test_the_end_of_the_server_ends_everything() -> None:
    async with world() as w:
        subscription = await w.hub.subscribe(TRADES)
        attachment = await w.hub.attach(DEPTH, deaf)
        place = subscription.read(None, 1).next
        waiting = asyncio.create_task(subscription.wait(place, 45))
        w.venue.acknowledges = False
        joining = asyncio.create_task(w.hub.subscribe(BEST))
        listening = asyncio.create_task(w.hub.attach(spec("spot", "trade", "ETHUSDT"), deaf))
        await settle()
        await w.hub.close()
        await w.hub.close()
        assert subscription.closed == "the server ended"
        assert await asyncio.wait_for(waiting, 5) is False
        for each in (joining, listening, w.hub.subscribe(TRADES), w.hub.attach(TRADES, deaf)):
            with pytest.raises(TransportError, match="closing"):
                await asyncio.wait_for(each, 5)
        await attachment.close()
        with pytest.raises(InputError, match="the server ended"):
            w.hub.subscription(subscription.id)


async def test_an_address_that_cannot_be_had_is_an_error_and_is_looked_up_again() -> None:
    async with world() as w:
        addresses, w.hub._addresses = w.hub._addresses, _nowhere
        with pytest.raises(TransportError, match="no address"):
            await w.hub.subscribe(TRADES)
        w.hub._addresses = addresses
        await w.hub.subscribe(TRADES)


async def _nowhere(_: object) -> tuple[str, ...]:
    raise TransportError("There is no address.")


async def test_best_prices_are_kept_by_whoever_asks_for_the_most() -> None:
    async with world() as w:
        few = await w.hub.subscribe(BEST, buffer=2_000)
        await w.hub.subscribe(BEST, buffer=10)
        w.venue.send(*(best(n) for n in range(1, 2_001)))
        assert len(few.read(None, 5_000).records) == 2_000
