"""Binance's own SDK, unchanged but for its address: its strict models take every stream that it knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.process import ExchangeProcess
from tests.clients.streaming import PLAY_SECONDS, SOON, Recording, no_task_left

pytestmark = pytest.mark.anyio
A_CONNECTION = 5
"""Streams on each: it sends a message for every one, and five a second are allowed."""
WINDOWS = ("1h", "4h", "1d")
INTERVALS = (
    "1s",
    "1m",
    "3m",
    "5m",
    "15m",
    "30m",
    "1h",
    "2h",
    "4h",
    "6h",
    "8h",
    "12h",
    "1d",
    "3d",
    "1w",
    "1M",
)
KINDS: list[tuple[str, dict[str, str]]] = [
    ("trade", {}),
    ("agg_trade", {}),
    ("book_ticker", {}),
    ("mini_ticker", {}),
    ("ticker", {}),
    ("avg_price", {}),
    ("reference_price", {}),
    ("diff_book_depth", {}),
    ("diff_book_depth", {"update_speed": "100ms"}),
    *(("partial_book_depth", {"levels": levels}) for levels in ("5", "10", "20")),
    ("partial_book_depth", {"levels": "5", "update_speed": "100ms"}),
    *(("rolling_window_ticker", {"window_size": window}) for window in WINDOWS),
    *(("kline", {"interval": interval}) for interval in INTERVALS),
    *(("kline_offset", {"interval": interval}) for interval in INTERVALS),
]
OF_ALL: list[tuple[str, dict[str, str]]] = [
    ("all_mini_ticker", {}),
    *(("all_market_rolling_window_ticker", {"window_size": window}) for window in WINDOWS),
]


class Streams:
    """The SDK's streams; whatever it reports as an error is kept."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.errors: list[object] = []

    async def subscribe(self, kind: str, **options: str) -> asyncio.Queue[Any]:
        """One stream; its events, as the SDK's models."""
        events: asyncio.Queue[Any] = asyncio.Queue()
        handle = await getattr(self.api, kind)(**options)
        handle.on("message", events.put_nowait)
        return events


@asynccontextmanager
async def streams(stream: str, *, pool: int = 1, **settings: Any) -> AsyncIterator[Streams]:
    spot = pytest.importorskip("binance_sdk_spot.spot", exc_type=ImportError)
    from binance_common.constants import WebsocketMode

    options = {"stream_url": stream, "mode": WebsocketMode.POOL, "pool_size": pool} | settings
    configuration = spot.ConfigurationWebSocketStreams(**options)
    async with no_task_left():
        made = Streams(spot.Spot(config_ws_streams=configuration).websocket_streams)
        await made.api.create_connection()
        made.api.on_connection("error", made.errors.append)
        try:
            yield made
        finally:
            await made.api.close_connection()


def assert_whole(event: Any) -> None:
    """Every field that a model knows was sent, in records within it too."""
    if isinstance(event, list):
        assert event
        for each in event:
            assert_whole(each)
    elif hasattr(event, "model_fields_set"):
        fields = type(event).model_fields.keys() - {"additional_properties"}
        assert event.model_fields_set == fields
        for name in fields:
            value = getattr(event, name)
            if hasattr(value, "model_fields_set"):
                assert_whole(value)


async def test_every_stream_of_a_symbol_and_of_all_fits_its_model(scenario: Place) -> None:
    wanted = [(kind, {"symbol": "btcusdt", **options}) for kind, options in KINDS] + OF_ALL
    pool = -(-len(wanted) // A_CONNECTION)
    async with asyncio.timeout(2 * SOON), streams(scenario.stream, pool=pool) as sdk:

        async def first(kind: str, options: dict[str, str]) -> Any:
            return await (await sdk.subscribe(kind, **options)).get()

        events = await asyncio.gather(*(first(*each) for each in wanted))
    assert sdk.errors == []
    assert_whole(events)


def test_no_stream_of_the_sdk_is_left_out() -> None:
    api = pytest.importorskip("binance_sdk_spot.websocket_streams.streams", exc_type=ImportError)
    known = {name for name in vars(api.DefaultApi) if not name.startswith("_")}
    assert known == {kind for kind, _ in KINDS + OF_ALL} | {"block_trade"}


async def test_times_in_microseconds(scenario: Place) -> None:
    constants = pytest.importorskip("binance_common.constants", exc_type=ImportError)
    opened = streams(scenario.stream, time_unit=constants.TimeUnit.MICROSECOND)
    async with asyncio.timeout(2 * SOON), opened as sdk:
        event = await (await sdk.subscribe("trade", symbol="btcusdt")).get()
    assert event.T > 1_700_000_000_000_000


async def test_subscriptions_are_listed_and_ended(scenario: Place) -> None:
    async with asyncio.timeout(2 * SOON), streams(scenario.stream) as sdk:
        trades = await sdk.api.trade(symbol="btcusdt")
        await sdk.api.block_trade(symbol="btcusdt")
        await trades.unsubscribe()
        listed = await sdk.api.list_subscribe()
    assert listed["result"] == ["btcusdt@blockTrade"]


async def test_a_recording_arrives_whole(held: ExchangeProcess, recording: Recording) -> None:
    opened = streams(held.ready["stream"])
    async with asyncio.timeout(PLAY_SECONDS), opened as sdk:
        trades = await sdk.subscribe("trade", symbol="btcusdt")
        depth = await sdk.subscribe("diff_book_depth", symbol="btcusdt", update_speed="100ms")
        held.play()
        ids = [(await trades.get()).t for _ in recording.trade_ids]
        updates = [(await depth.get()).u for _ in recording.depth_updates]
    assert sdk.errors == []
    assert ids == recording.trade_ids
    assert updates == recording.depth_updates
