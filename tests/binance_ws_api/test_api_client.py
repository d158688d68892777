"""Requests over the WebSocket API to the embedded exchange: every end is one of three, and the venue agrees with it."""

import asyncio
import logging
from typing import Any

import pytest

from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api import endpoints_account as ask
from binance_mcp_server.binance_api import endpoints_trading as trade
from binance_mcp_server.binance_ws_api.api_client import PATIENCE, WsApi
from binance_mcp_server.binance_ws_api.connection import dial
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    FateUnknownError,
    LimitError,
    NotBuiltError,
    RejectedError,
    SettingsError,
    ThrottledError,
    TransportError,
)
from tests.e2e.faults.account_scene import SYMBOL, AccountScene, account_scene, not_now

pytestmark = pytest.mark.anyio

ENDS = ("hang", "reset", "503", "-1000", "-1001", "-1006", "-1007")


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_an_order_is_placed_read_amended_replaced_and_cancelled(kind: str) -> None:
    async with account_scene(key_type=kind) as it:
        send = it.ws.send
        price = it.away("0.8")
        name = await it.result(it.place("BUY", "0.5", price))
        found = (await it.result(send(ask.order(SYMBOL, client_id=name)))).data
        assert (found.status, found.client_id) == ("NEW", name)
        amended = await it.result(send(trade.amend_order(SYMBOL, "0.4", client_id=name)))
        assert amended.data.order.quantity_text == "0.40000000"
        assert amended.source == "ws_api"
        params = (
            *(("symbol", SYMBOL), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC")),
            *(("quantity", "0.3"), ("price", price), ("cancelOrderId", str(found.id))),
            *(("cancelReplaceMode", "STOP_ON_FAILURE"), ("newClientOrderId", "another")),
        )
        replaced = (await it.result(send(trade.cancel_replace(params)))).data
        assert (replaced.cancel_result, replaced.new_order_result) == ("SUCCESS", "SUCCESS")
        gone = await it.result(send(trade.cancel_order(SYMBOL, client_id="another")))
        assert gone.data.status == "CANCELED"
        assert (await it.result(send(ask.open_orders()))).data == ()
        balances = (await it.result(send(ask.account()))).data.balances
        assert {each.asset: each.locked for each in balances} == {"USDT": 0, "BTC": 0}


@pytest.mark.parametrize("executes", [True, False])
@pytest.mark.parametrize("then", ENDS)
async def test_an_order_whose_answer_is_lost_is_unknown_and_sent_once(
    then: str, *, executes: bool
) -> None:
    async with account_scene() as it:
        await it.result(it.ws.send(endpoints.ping()))
        it.arm({"kind": "order", "executes": executes, "then": then, "operations": ["order.place"]})
        error = await it.result(not_now(it.place()))
        assert isinstance(error, FateUnknownError)
        assert not error.retryable
        it.arm()
        await it.after(PATIENCE)
        assert len(it.orders()) == executes
        assert it.exchange.ws_api.counters.by_method["order.place"] == 1
        assert await it.result(
            it.place()
        )  # the next one goes on, whatever became of the connection


async def test_a_read_whose_answer_is_lost_is_asked_again() -> None:
    async with account_scene() as it:
        it.arm(
            {"kind": "order", "executes": True, "then": "-1007", "operations": ["openOrders.status"],
             "times": 1},
            {"kind": "order", "executes": True, "then": "reset", "operations": ["account.status"],
             "times": 2},
        )  # fmt: skip
        assert (await it.result(it.ws.send(ask.open_orders()))).data == ()
        assert (await it.result(it.ws.send(ask.account()))).data.can_trade
        assert it.exchange.ws_api.counters.by_method["account.status"] == 3


async def test_a_definite_refusal_has_the_venues_code_and_places_nothing() -> None:
    async with account_scene() as it:
        error = await it.result(not_now(it.place("BUY", "40", it.away("1.0"))))
        assert isinstance(error, RejectedError)
        assert (error.status, error.code) == (400, -2010)
        assert it.orders() == []


async def test_a_half_of_a_replacement_that_failed_says_which() -> None:
    async with account_scene() as it:
        params = (
            *(("symbol", SYMBOL), ("side", "BUY"), ("type", "MARKET"), ("quantity", "0.01")),
            *(("cancelOrigClientOrderId", "nosuch"), ("cancelReplaceMode", "ALLOW_FAILURE")),
        )
        error = await it.result(not_now(it.ws.send(trade.cancel_replace(params))))
        assert isinstance(error, RejectedError)
        assert (error.status, error.code) == (409, -2021)
        assert b'"newOrderResult":"SUCCESS"' in error.data


async def test_where_nobody_answers_the_door_nothing_was_sent() -> None:
    async with account_scene() as it:
        it.exchange.ws_api.dials = 0
        error = await it.result(not_now(it.place()))
        assert isinstance(error, ThrottledError | TransportError)
        assert not isinstance(error, FateUnknownError)
        gone = WsApi("ws://127.0.0.1:9/ws-api/v3", it.signed, dial)
        error = await it.result(not_now(gone.send(trade.cancel_all_orders(SYMBOL))))
        assert isinstance(error, TransportError)
        assert not error.sent
        await gone.close()
        assert it.orders() == []


async def test_both_interfaces_count_in_the_same_ledgers() -> None:
    async with account_scene() as it:
        await it.result(it.place("BUY", "0.01", it.away("0.8")))
        used = it.signed.api.ledger.snapshot().used
        await it.result(it.ws.send(ask.account()))
        assert it.signed.api.ledger.snapshot().used >= used + 20
        assert it.signed.api.ledger.snapshot().venue_used is not None
        assert max(each.used for each in it.signed.orders.usage()) == 1


async def test_orders_past_the_limit_are_refused_here() -> None:
    async with account_scene() as it:
        it.signed.orders.set_limits(((10, 2), (86_400, 100)))
        price = it.away("0.8")
        for _ in range(2):
            await it.result(it.place("BUY", "0.01", price))
        error = await it.result(not_now(it.place("BUY", "0.01", price)))
        assert isinstance(error, LimitError)
        assert it.exchange.ws_api.counters.by_method["order.place"] == 2


async def test_a_pause_that_the_venue_asks_for_holds_for_both_interfaces() -> None:
    async with account_scene() as it:
        await it.result(it.place())
        _use_up(it)
        errors = [await it.result(not_now(it.ws.send(ask.account()))) for _ in range(2)]
        assert isinstance(errors[0], ThrottledError)
        assert isinstance(errors[1], LimitError)  # nothing more is sent while it asks for a pause
        over_rest = await it.result(not_now(it.signed.send(ask.account())))
        assert isinstance(over_rest, LimitError)
        assert not isinstance(over_rest, BannedError)


def _use_up(it: AccountScene) -> None:
    """The weight of this address, as others there do."""
    pool = it.exchange.rest.pool
    pool.add("127.0.0.1", pool.limits.request_weight, it.exchange.clock.now_ms())


async def test_what_only_rest_has_is_said_before_anything_is_sent() -> None:
    async with account_scene() as it:
        with pytest.raises(NotBuiltError):
            await it.ws.send(ask.api_restrictions())
        assert it.exchange.ws_api.counters.dials == 0


async def test_a_key_of_the_exchange_goes_nowhere_else() -> None:
    async with account_scene() as it:
        with pytest.raises(SettingsError, match="was not sent"):
            WsApi("wss://ws-api.binance.com:443/ws-api/v3", it.signed, dial)


async def test_the_key_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with account_scene() as it:
        secrets = [it.signed.api_key.reveal()]
        errors: list[BinanceMcpError] = []
        for then in ENDS:
            it.arm(
                {"kind": "order", "executes": False, "then": then, "operations": ["order.place"]}
            )
            errors.append(await it.result(not_now(it.place())))
        it.arm()
        errors.append(await it.result(not_now(it.place("BUY", "40", it.away("1.0")))))
        shown = [f"{error!r} {error.advice} {error.__cause__!r}" for error in errors]
        shown += [record.getMessage() for record in caplog.records] + [repr(it.ws), repr(it.feed)]
        for secret in secrets:
            assert not any(secret in text for text in shown)
        assert not any("signature=" in text for text in shown)


async def test_a_connection_that_falls_silent_is_found_and_replaced() -> None:
    """The venue hangs on a request for a minute; the next one does not wait for it."""
    async with account_scene() as it:
        it.arm({"kind": "order", "executes": True, "then": "hang", "operations": ["order.place"],
                "times": 1})  # fmt: skip
        first = asyncio.ensure_future(not_now(it.place()))
        await it.after(1)
        second = await it.result(it.place())
        assert not first.done()
        assert isinstance(await it.result(_of(first)), FateUnknownError)
        assert [order.client_id for order in it.orders()][1] == second


async def _of(future: "asyncio.Future[Any]") -> Any:
    return await future


async def test_a_connection_that_nobody_uses_is_let_go_of() -> None:
    async with account_scene() as it:
        await it.result(it.place())
        await it.after(310)
        assert it.ws.driver.core.conn is None
        assert not it.exchange.ws_api.connections
        await it.result(it.place())
        assert it.exchange.ws_api.counters.dials == 2
