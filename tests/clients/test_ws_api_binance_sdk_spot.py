"""Binance's own SDK, unchanged but for its address: its strict models take the replies and the events."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from binance_mcp_server.exchange.wsapi.methods import PUBLIC, SIGNED
from tests.clients.conftest import Place
from tests.clients.streaming import SOON, no_task_left
from tests.clients.trading import (
    KEY_TYPES,
    QUANTITY,
    SYMBOL,
    Owner,
    open_account,
    orders_of,
    resting_price,
)

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]


@asynccontextmanager
async def connection(
    place: Place, owner: Owner | None = None, **settings: Any
) -> AsyncIterator[Any]:
    spot = pytest.importorskip("binance_sdk_spot.spot", exc_type=ImportError)
    keys = {} if owner is None else {"api_key": owner.api_key}
    if owner is not None:
        kind = "private_key" if owner.private_key else "api_secret"
        keys[kind] = owner.secret
    configuration = spot.ConfigurationWebSocketAPI(stream_url=place.ws_api, **keys, **settings)
    async with asyncio.timeout(2 * SOON), no_task_left():
        api = spot.Spot(config_ws_api=configuration).websocket_api
        await api.create_connection()
        try:
            yield api
        finally:
            await api.close_connection(close_session=True)


def whole(response: Any) -> Any:
    """The result, which the model of the method has taken."""
    data = response.data()
    assert not isinstance(data, dict), data
    return data.result


@pytest.mark.parametrize("key_type", KEY_TYPES)
async def test_an_order_is_placed_amended_read_back_and_cancelled(
    scenario: Place, key_type: str
) -> None:
    owner = open_account(scenario, key_type)
    async with connection(scenario, owner) as api:
        order = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC"}
        placed = whole(
            await api.order_place(**order, quantity=0.02, price=float(resting_price(scenario)))
        )
        amended = whole(
            await api.order_amend_keep_priority(SYMBOL, float(QUANTITY), order_id=placed.order_id)
        )
        assert amended.amended_order.qty == "0.01000000"
        found = whole(await api.order_status(SYMBOL, order_id=placed.order_id))
        assert (found.status, found.orig_qty) == ("NEW", "0.01000000")
        gone = whole(await api.order_cancel(SYMBOL, order_id=placed.order_id))
        assert (
            gone.actual_instance.status == "CANCELED" if hasattr(gone, "actual_instance") else True
        )
    assert [it["status"] for it in orders_of(scenario, owner)] == ["CANCELED"]


async def test_events_fit_their_models(scenario: Place) -> None:
    owner = open_account(scenario)
    async with connection(scenario, owner) as api:
        events: asyncio.Queue[Any] = asyncio.Queue()
        subscribed = await api.user_data_stream_subscribe_signature()
        subscribed.stream.on("message", events.put_nowait)
        bought = whole(
            await api.order_place(
                symbol=SYMBOL, side="BUY", type="MARKET", quantity=float(QUANTITY)
            )
        )
        assert bought.status == "FILLED"
        told = [(await events.get()).actual_instance]
        while type(told[-1]).__name__ != "OutboundAccountPosition":
            told.append((await events.get()).actual_instance)
        fills = [it for it in told[:-1] if it.x == "TRADE"]
        assert {it.t for it in fills} == {it.trade_id for it in bought.fills}
        assert all(it.additional_properties == {} for it in told)


async def test_a_session_that_has_logged_on(scenario: Place) -> None:
    owner = open_account(scenario, "ED25519")
    async with connection(scenario, owner) as api:
        logged_on = whole(await api.session_logon())
        assert logged_on.api_key == owner.api_key
        account = whole(await api.account_status())
        assert {it.asset for it in account.balances} >= {"USDT", "BTC"}
        subscribed = await api.user_data_stream_subscribe()
        events: asyncio.Queue[Any] = asyncio.Queue()
        subscribed.stream.on("message", events.put_nowait)
        price = float(resting_price(scenario))
        placed = whole(
            await api.order_place(
                symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC",
                quantity=float(QUANTITY), price=price,
            )
        )  # fmt: skip
        assert (await events.get()).actual_instance.i == placed.order_id
        assert whole(await api.session_status()).user_data_stream is True
        assert whole(await api.session_logout()).api_key is None
    assert len(orders_of(scenario, owner)) == 1


async def test_one_changed_byte_is_refused(scenario: Place) -> None:
    owner = open_account(scenario)
    last = "a" if owner.secret[-1] != "a" else "b"
    other = owner._replace(api_secret=owner.secret[:-1] + last)
    async with connection(scenario, other) as api:
        reply = await api.order_place(
            symbol=SYMBOL, side="BUY", type="MARKET", quantity=float(QUANTITY)
        )
        assert "-1022" in str(reply.data())
    assert orders_of(scenario, owner) == []


async def test_market_data_fits_its_models(scenario: Place) -> None:
    constants = pytest.importorskip("binance_common.constants", exc_type=ImportError)
    async with connection(scenario, time_unit=constants.TimeUnit.MICROSECOND) as api:
        assert whole(await api.time()).server_time > 1_700_000_000_000_000
        info = (
            await api.exchange_info(symbol=SYMBOL)
        ).data()  # its model has no place for the result
        assert info.additional_properties["result"]["symbols"][0]["symbol"] == SYMBOL
        assert len(whole(await api.depth(SYMBOL, limit=5)).bids) == 5
        assert len(whole(await api.trades_recent(SYMBOL, limit=2))) == 2
        assert len(whole(await api.klines(SYMBOL, "1m", limit=2))) == 2
        assert whole(await api.avg_price(SYMBOL)).mins == 5
        assert whole(await api.execution_rules(symbol=SYMBOL)).symbol_rules


def test_no_method_of_the_sdk_is_left_out() -> None:
    api = pytest.importorskip("binance_sdk_spot.websocket_api.api", exc_type=ImportError)
    sources = "".join(path.read_text() for path in Path(api.__file__).parent.glob("*_api.py"))
    own = {f"session.{name}" for name in ("logon", "status", "logout", "subscriptions")}
    own |= {f"userDataStream.{it}" for it in ("subscribe", "subscribe.signature", "unsubscribe")}
    assert set(re.findall(r'"method": "/([A-Za-z0-9.]+)"', sources)) == {*PUBLIC, *SIGNED, *own}
