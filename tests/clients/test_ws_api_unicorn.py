"""unicorn-binance-websocket-api, unchanged but for its addresses: one stream to ask, another that hears of it."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.streaming import SOON
from tests.clients.trading import (
    QUANTITY,
    SYMBOL,
    Owner,
    open_account,
    orders_of,
    resting_price,
)

pytestmark = pytest.mark.filterwarnings("ignore")
STOP_SECONDS = 15.0


class Trader:
    """The manager of the library, the replies and the events that its threads received."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.replies: queue.Queue[str] = queue.Queue()
        self.events: queue.Queue[str] = queue.Queue()

    def ask(self, method: str, **params: Any) -> Any:
        """The reply to one request."""
        getattr(self.manager.api.spot, method)(**params)
        return json.loads(self.replies.get(timeout=SOON))

    def event(self) -> Any:
        return json.loads(self.events.get(timeout=SOON))["event"]

    def send_changed(self) -> Any:
        """An order whose price is not the one that was signed."""
        stream = self.manager.stream_list[self.manager.get_stream_id_by_label("asks")]
        params = {
            "apiKey": stream["api_key"], "symbol": SYMBOL, "side": "BUY", "type": "MARKET",
            "quantity": QUANTITY, "timestamp": self.manager.get_timestamp(),
        }  # fmt: skip
        params["signature"] = self.manager.generate_signature(stream["api_secret"], params)
        request = {"id": "x", "method": "order.place", "params": params | {"quantity": "0.02"}}
        self.manager.send_with_stream(stream_id=stream["stream_id"], payload=request)
        return json.loads(self.replies.get(timeout=SOON))


@contextmanager
def trading(place: Place, owner: Owner) -> Iterator[Trader]:
    library = pytest.importorskip("unicorn_binance_websocket_api", exc_type=ImportError)
    before = set(threading.enumerate())
    manager = library.BinanceWebSocketApiManager(
        exchange="binance.com",
        websocket_base_uri=f"{place.stream}/",
        websocket_api_base_uri=place.ws_api,
        restful_base_uri=f"{place.rest}/",
        warn_on_update=False,  # it would ask GitHub
    )
    trader = Trader(manager)
    keys = {"api_key": owner.api_key, "api_secret": owner.api_secret}
    try:
        manager.create_stream(["arr"], ["!userData"], process_stream_data=trader.events.put, **keys)
        manager.create_stream(
            api=True, stream_label="asks", process_stream_data=trader.replies.put, **keys
        )
        yield trader
    finally:
        manager.stop_manager()
        for thread in set(threading.enumerate()) - before:
            thread.join(STOP_SECONDS)
            assert not thread.is_alive()


def test_orders_are_placed_cancelled_filled_read_back_and_told(scenario: Place) -> None:
    owner = open_account(scenario)
    with trading(scenario, owner) as trader:
        limit = {"order_type": "LIMIT", "time_in_force": "GTC", "symbol": SYMBOL, "side": "BUY"}
        placed = trader.ask(
            "create_order", **limit, quantity=float(QUANTITY), price=float(resting_price(scenario))
        )["result"]
        assert (placed["status"], trader.event()["i"]) == ("NEW", placed["orderId"])
        assert trader.event()["e"] == "outboundAccountPosition"
        gone = trader.ask("cancel_order", symbol=SYMBOL, order_id=placed["orderId"])["result"]
        assert (gone["status"], trader.event()["x"]) == ("CANCELED", "CANCELED")
        assert trader.event()["e"] == "outboundAccountPosition"
        bought = trader.ask(
            "create_order", order_type="MARKET", symbol=SYMBOL, side="BUY", quantity=float(QUANTITY)
        )["result"]
        assert trader.event()["x"] == "NEW"
        assert trader.event()["t"] == bought["fills"][0]["tradeId"]
        found = trader.ask("get_order", symbol=SYMBOL, order_id=bought["orderId"])["result"]
        assert found["status"] == "FILLED"
        assert trader.send_changed()["error"]["code"] == -1022
    assert [it["status"] for it in orders_of(scenario, owner)] == ["CANCELED", "FILLED"]
