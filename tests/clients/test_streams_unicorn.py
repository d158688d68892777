"""unicorn-binance-websocket-api, unchanged but for its addresses: a thread and a loop for each connection."""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.process import ExchangeProcess
from tests.clients.streaming import SOON, Recording

STOP_SECONDS = 15.0


class Listener:
    """The manager of the library, and what its threads received."""

    def __init__(self, manager: Any, received: "queue.Queue[str]") -> None:
        self.manager = manager
        self._received = received

    def next(self) -> Any:
        """The next message, whatever it is."""
        return json.loads(self._received.get(timeout=SOON))

    def event(self, stream: str) -> Any:
        """The next event of a stream."""
        while (message := self.next()).get("stream") != stream:
            pass
        return message["data"]


@contextmanager
def listening(
    rest: str, stream: str, hang_up: Callable[[], object] = lambda: None
) -> Iterator[Listener]:
    """*hang_up* ends connections from the other side: a stream stops with its next message, or with them."""
    library = pytest.importorskip("unicorn_binance_websocket_api", exc_type=ImportError)
    received: queue.Queue[str] = queue.Queue()
    before = set(threading.enumerate())
    manager = library.BinanceWebSocketApiManager(
        exchange="binance.com",
        websocket_base_uri=f"{stream}/",
        restful_base_uri=f"{rest}/",
        warn_on_update=False,  # it would ask GitHub
        high_performance=True,  # create_stream returns at once: a stream waits for itself for 5 s
        process_stream_data=received.put,
    )
    try:
        yield Listener(manager, received)
    finally:
        manager.stop_manager()
        hang_up()
        for thread in set(threading.enumerate()) - before:
            thread.join(STOP_SECONDS)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def live(scenario: Place) -> Iterator[Listener]:
    with listening(scenario.rest, scenario.stream) as listener:
        listener.manager.create_stream(["trade", "kline_1m"], ["btcusdt"])
        yield listener


@pytest.mark.usefixtures("live")  # so that both start at once: see create_stream
def test_a_recording_arrives_whole(held: ExchangeProcess, recording: Recording) -> None:
    streams = {"btcusdt@trade": ("t", recording.trade_ids)}
    streams["btcusdt@depth@100ms"] = ("u", recording.depth_updates)
    found: dict[str, list[int]] = {stream: [] for stream in streams}
    with listening(held.rest, held.ready["stream"], hang_up=held.stop) as listener:
        listener.manager.create_stream(["trade", "depth@100ms"], ["btcusdt"])
        assert listener.next() == {"result": None, "id": 1}
        held.play()
        for _ in range(sum(len(ids) for _, ids in streams.values())):
            message = listener.next()
            key, _ = streams[message["stream"]]
            found[message["stream"]].append(message["data"][key])
    assert found == {stream: ids for stream, (_, ids) in streams.items()}


def test_streams_that_are_added_and_ended(live: Listener) -> None:
    manager, stream_id = live.manager, next(iter(live.manager.stream_list))
    assert live.event("btcusdt@trade")["e"] == "trade"
    assert live.event("btcusdt@kline_1m")["k"]["i"] == "1m"
    assert manager.subscribe_to_stream(stream_id, channels=["bookTicker"], markets=["ethusdt"])
    assert live.event("ethusdt@bookTicker")["s"] == "ETHUSDT"
    assert manager.unsubscribe_from_stream(stream_id, markets=["ethusdt"])
    request = manager.get_stream_subscriptions(stream_id)
    while (reply := live.next()).get("id") != request:
        pass
    assert sorted(reply["result"]) == [
        "btcusdt@bookTicker", "btcusdt@kline_1m", "btcusdt@trade",
    ]  # fmt: skip
