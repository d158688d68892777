"""A signed write leaves once, and whatever comes back it ends in one of three ways; the key is never shown."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest

from binance_mcp_server.access.limits import Ledger, Limits
from binance_mcp_server.access.order_limits import OrderLedger
from binance_mcp_server.access.secrets import Credentials, Secret
from binance_mcp_server.binance_api import endpoints, endpoints_account, endpoints_trading
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    FateUnknownError,
    FirewallError,
    LimitError,
    RegionError,
    RejectedError,
    SettingsError,
    ThrottledError,
    TransportError,
    UnavailableError,
)
from binance_mcp_server.exchange.accounts.signatures import hmac_verifier, rest_payload
from binance_mcp_server.venues import Hosts
from tests.binance_api.scripted_venue import ScriptedVenue, answer
from tests.binance_api.signed_scene import limit_order

pytestmark = pytest.mark.anyio

KEY, SECRET = "SIMcanaryKey0123456789", "canarySecret9876543210"
ORDER = endpoints_trading.new_order(limit_order("50000", "mine one/2"))
CANCEL = endpoints_trading.cancel_order("BTCUSDT", client_id="mine")
PLACED = answer(
    body=b'{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"mine","transactTime":1,'
    b'"price":"50000.00","origQty":"0.01","executedQty":"0","cummulativeQuoteQty":"0","status":"NEW",'
    b'"timeInForce":"GTC","type":"LIMIT","side":"BUY","fills":[]}',
    x_mbx_order_count_10s="1",
    x_mbx_order_count_1d="7",
)
TIME = answer(body=b'{"serverTime":1700000000000}')
OLD = answer(
    400, b'{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'
)


@asynccontextmanager
async def signed(
    rest: str, *, synced: bool = True, timeout: float = 5.0, key: str = KEY, weight: int = 1000
) -> AsyncIterator[SignedApi]:
    clock = VirtualClock(auto_advance=True)
    ledger = Ledger(clock, limits=Limits(weight=weight))
    api = BinanceApi(Hosts(rest, "", ""), ledger=ledger, clock=clock, timeout=timeout)
    api.is_synced = synced
    credentials = Credentials(Secret(key), secret=Secret(SECRET))
    try:
        yield SignedApi(api, credentials, orders=OrderLedger(clock, limits=((10, 5), (86_400, 50))))
    finally:
        await api.close()


def asked(head: str) -> tuple[str, str, str]:
    """Method, path and query of a request's head."""
    method, target, _ = head.split("\r\n", maxsplit=1)[0].split(" ")
    parts = urlsplit(target)
    return method, parts.path, parts.query


async def test_what_is_sent_is_what_was_signed_in_the_order_of_the_parameters() -> None:
    async with ScriptedVenue(PLACED) as venue, signed(venue.url) as api:
        placed = (await api.send(ORDER)).data
    assert (placed.id, placed.status) == (1, "NEW")
    (head,) = venue.requests
    method, path, query = asked(head)
    assert (method, path) == ("POST", "/api/v3/order")
    params = parse_qsl(query)
    assert params[: len(ORDER.params)] == list(ORDER.params)
    rest = ["recvWindow", "timestamp", "signature"]
    assert [name for name, _ in params[len(ORDER.params) :]] == rest
    found = rest_payload(query.encode())
    assert found.signature is not None
    assert hmac_verifier(SECRET)(found.payload, found.signature)
    assert f"x-mbx-apikey: {KEY}".lower() in head.lower()
    assert "content-length: 0" in head.lower()
    assert SECRET not in head


async def test_public_requests_carry_no_key() -> None:
    async with ScriptedVenue(TIME) as venue, signed(venue.url) as api:
        await api.send(endpoints.server_time())
    assert "apikey" not in venue.requests[0].lower()
    assert "signature" not in venue.requests[0]


HTML = b"<html>Bad Gateway</html>"
LOST: dict[str, bytes] = {
    "closed without a word": b"",
    "500": answer(500, b'{"code":-1000,"msg":"An unknown error occurred."}'),
    "502 in HTML": answer(502, HTML),
    "503": answer(503, b'{"code":-1001,"msg":"Internal error"}'),
    "503 that says busy": answer(503, b'{"code":-1008,"msg":"Server is overloaded"}'),
    "504 empty": answer(504, b""),
    "-1000 as 400": answer(400, b'{"code":-1000,"msg":"x"}'),
    "-1006 as 400": answer(400, b'{"code":-1006,"msg":"x"}'),
    "-1007 as 408": answer(408, b'{"code":-1007,"msg":"x"}'),
    "408 in HTML": answer(408, HTML),
    "-1007 as 200": answer(200, b'{"code":-1007,"msg":"x"}'),
    "cut body": answer(body=b'{"symbol":"BTC', length=500),
    "cut JSON": answer(body=b'{"symbol":"BTC'),
    "empty body": answer(body=b""),
    "success in another shape": answer(body=b'{"a":1}'),
    "a number too large to be one": answer(body=b'{"symbol":"X","orderId":1e400}'),
    "not the encoding it says": answer(body=b"plain", content_encoding="gzip"),
    "a redirect": answer(302, location="https://evil.example/login"),
    "404 of somebody else": answer(404, HTML),
    "400 of somebody else": answer(400, HTML),
    "401 of somebody else": answer(401, HTML),
    "no HTTP": b"SSH-2.0-OpenSSH_9\r\n\r\n",
}


@pytest.mark.parametrize("request_", [ORDER, CANCEL], ids=["order", "cancellation"])
@pytest.mark.parametrize("said", LOST.values(), ids=LOST)
async def test_whatever_is_not_the_venue_s_own_refusal_leaves_the_fate_open(
    said: bytes, request_: endpoints.Request[object]
) -> None:
    async with (
        ScriptedVenue(said, PLACED, close_after_each=True) as venue,
        signed(venue.url) as api,
    ):
        with pytest.raises(FateUnknownError) as caught:
            await asyncio.wait_for(api.send(request_), 10)
        assert not caught.value.retryable
        assert "client order id" in caught.value.advice
        assert len(venue.requests) == 1
        counted = [each.used for each in api.orders.usage()]
        assert counted == [request_.orders] * 2


async def test_the_venue_s_code_goes_with_an_open_fate() -> None:
    async with ScriptedVenue(LOST["-1007 as 408"]) as venue, signed(venue.url) as api:
        with pytest.raises(FateUnknownError) as caught:
            await api.send(ORDER)
    assert caught.value.code == -1007


async def test_silence_after_it_left_leaves_the_fate_open() -> None:
    async with ScriptedVenue(PLACED, mute=True) as venue, signed(venue.url, timeout=0.05) as api:
        with pytest.raises(FateUnknownError, match=r"within 0\.05 s"):
            await asyncio.wait_for(api.send(ORDER), 10)
    assert len(venue.requests) == 1


async def test_a_kept_connection_that_closes_under_a_write_is_not_replaced() -> None:
    """A library would send again by itself, for PUT and DELETE too."""
    for request in (ORDER, CANCEL, endpoints_trading.amend_order("BTCUSDT", "1", order_id=1)):
        async with ScriptedVenue(TIME, b"", PLACED) as venue, signed(venue.url) as api:
            await api.send(endpoints.server_time())
            with pytest.raises(FateUnknownError):
                await asyncio.wait_for(api.send(request), 10)
            assert len(venue.requests) == 2


REFUSED: dict[str, tuple[bytes, type[BinanceMcpError]]] = {
    "filter": (answer(400, b'{"code":-1013,"msg":"Filter failure: LOT_SIZE"}'), RejectedError),
    "balance": (answer(400, b'{"code":-2010,"msg":"insufficient balance"}'), RejectedError),
    "signature": (answer(400, b'{"code":-1022,"msg":"x"}'), RejectedError),
    "key": (answer(401, b'{"code":-2015,"msg":"x"}'), RejectedError),
    "refusal with status 200": (answer(200, b'{"code":-2010,"msg":"x"}'), RejectedError),
    "firewall": (answer(403, HTML), FirewallError),
    "region": (answer(451, b'{"code":0,"msg":"restricted"}'), RegionError),
    "throttled": (answer(429, b'{"code":-1003,"msg":"x"}', retry_after="7"), ThrottledError),
    "throttled in HTML": (answer(429, HTML), ThrottledError),
    "banned": (answer(418, b'{"code":-1003,"msg":"x"}', retry_after="300"), BannedError),
    "too many orders": (answer(429, b'{"code":-1015,"msg":"x"}', retry_after="9"), ThrottledError),
}


@pytest.mark.parametrize(("said", "kind"), REFUSED.values(), ids=REFUSED)
async def test_the_venue_s_own_refusal_is_final(said: bytes, kind: type[BinanceMcpError]) -> None:
    async with ScriptedVenue(said, PLACED) as venue, signed(venue.url) as api:
        with pytest.raises(kind):
            await asyncio.wait_for(api.send(ORDER), 10)
        assert len(venue.requests) == 1


HALVES = (
    b'{"code":%d,"msg":"Order cancel-replace failed.","data":{"cancelResult":"%s",'
    b'"newOrderResult":"FAILURE","cancelResponse":{"code":-2011,"msg":"Unknown order sent."},'
    b'"newOrderResponse":{"code":%d,"msg":"x"}}}'
)
REPLACE = endpoints_trading.cancel_replace(limit_order("1", "a"))


@pytest.mark.parametrize("code", [-1007, -1006, -1001])
async def test_a_replacement_with_a_half_that_nobody_knows_is_open_too(code: int) -> None:
    said = answer(409, HALVES % (-2021, b"SUCCESS", code))
    async with ScriptedVenue(said) as venue, signed(venue.url) as api:
        with pytest.raises(FateUnknownError):
            await api.send(REPLACE)
    nothing = answer(400, b'{"code":-2022,"msg":"x"}')
    async with ScriptedVenue(nothing) as venue, signed(venue.url) as api:
        with pytest.raises(FateUnknownError):
            await api.send(REPLACE)


async def test_a_replacement_whose_halves_both_failed_is_refused() -> None:
    said = answer(400, HALVES % (-2022, b"FAILURE", -2010))
    async with ScriptedVenue(said) as venue, signed(venue.url) as api:
        with pytest.raises(RejectedError) as caught:
            await api.send(REPLACE)
    assert b'"newOrderResult":"FAILURE"' in caught.value.data


async def test_nobody_there_means_that_nothing_was_sent() -> None:
    async with ScriptedVenue(PLACED) as venue:
        url = venue.url
    async with signed(url) as api:
        with pytest.raises(TransportError, match="Connection refused") as caught:
            await api.send(ORDER)
        assert not caught.value.sent
        assert [each.used for each in api.orders.usage()] == [0, 0]


# --- the clock


async def test_the_clock_is_measured_before_the_first_signed_request_alone() -> None:
    async with (
        ScriptedVenue(TIME, TIME, TIME, PLACED) as venue,
        signed(venue.url, synced=False) as api,
    ):
        await api.send(ORDER)
        await api.send(ORDER)
    paths = [asked(head)[1] for head in venue.requests]
    assert paths == ["/api/v3/time"] * 3 + ["/api/v3/order"] * 2


@pytest.mark.parametrize("request_", [ORDER, endpoints_account.account()], ids=["write", "read"])
async def test_a_wrong_timestamp_is_mended_once(request_: endpoints.Request[object]) -> None:
    later = answer(body=b'{"serverTime":1700000090000}')
    body = b'{"canTrade":true,"canWithdraw":true,"canDeposit":true,"updateTime":1,"accountType":"SPOT","balances":[]}'
    good = PLACED if request_ is ORDER else answer(body=body)
    async with ScriptedVenue(OLD, later, later, later, good) as venue, signed(venue.url) as api:
        await api.send(request_)
    first, *_, last = (dict(parse_qsl(asked(head)[2])) for head in venue.requests)
    assert len(venue.requests) == 5
    assert int(last["timestamp"]) - int(first["timestamp"]) >= 90_000
    assert first["signature"] != last["signature"]


async def test_a_timestamp_that_stays_wrong_is_a_refusal() -> None:
    async with ScriptedVenue(OLD, TIME, TIME, TIME, OLD) as venue, signed(venue.url) as api:
        with pytest.raises(RejectedError) as caught:
            await api.send(ORDER)
        assert caught.value.code == -1021
        assert len(venue.requests) == 5


async def test_a_recording_of_another_day_is_signed_by_the_machine_s_clock() -> None:
    past = answer(body=b'{"serverTime":1600000000000}')
    async with (
        ScriptedVenue(past, past, past, PLACED) as venue,
        signed(venue.url, synced=False) as api,
    ):
        await api.send(ORDER)
    sent = dict(parse_qsl(asked(venue.requests[-1])[2]))
    assert int(sent["timestamp"]) == 1_700_000_000_000


async def test_a_read_is_dated_and_signed_anew_with_each_try() -> None:
    busy = answer(503, b'{"code":-1001,"msg":"Internal error"}')
    async with ScriptedVenue(busy) as venue, signed(venue.url) as api:
        with pytest.raises(UnavailableError):
            await api.send(endpoints_account.open_orders())
    sent = [dict(parse_qsl(asked(head)[2])) for head in venue.requests]
    assert len(sent) == 3
    assert len({each["signature"] for each in sent}) == 3


async def test_many_first_requests_measure_the_clock_once() -> None:
    async with (
        ScriptedVenue(TIME, TIME, TIME, PLACED) as venue,
        signed(venue.url, synced=False) as api,
    ):
        await asyncio.gather(*(api.send(CANCEL) for _ in range(20)))
    paths = [asked(head)[1] for head in venue.requests]
    assert paths.count("/api/v3/time") == 3
    assert paths[:3] == ["/api/v3/time"] * 3


async def test_a_clock_that_cannot_be_measured_means_that_nothing_was_sent() -> None:
    async with ScriptedVenue(b"") as venue, signed(venue.url, synced=False) as api:
        with pytest.raises(TransportError) as caught:
            await asyncio.wait_for(api.send(ORDER), 10)
        assert not caught.value.sent
        assert {asked(head)[1] for head in venue.requests} == {"/api/v3/time"}


async def test_a_test_order_is_no_write() -> None:
    good = answer(body=b"{}")
    async with ScriptedVenue(answer(502, HTML), good) as venue, signed(venue.url) as api:
        await api.send(endpoints_trading.test_order(limit_order("1", "a")))
    assert len(venue.requests) == 2


# --- limits


async def test_an_order_too_many_stays_here_and_cancellations_go_on() -> None:
    async with ScriptedVenue(PLACED) as venue, signed(venue.url) as api:
        resting = [api.orders.take(1) for _ in range(5)]
        with pytest.raises(LimitError) as caught:
            await api.send(ORDER)
        assert caught.value.retry_after
        assert venue.requests == []
        await api.send(CANCEL)
        assert len(venue.requests) == 1
        assert resting


async def test_the_venue_s_count_of_orders_is_heard() -> None:
    async with ScriptedVenue(PLACED) as venue, signed(venue.url) as api:
        await api.send(ORDER)
        assert [each.used for each in api.orders.usage()] == [1, 7]


async def test_too_many_orders_stops_orders_and_not_the_address() -> None:
    said, _ = REFUSED["too many orders"]
    async with ScriptedVenue(said, PLACED) as venue, signed(venue.url) as api:
        with pytest.raises(ThrottledError, match="-1015"):
            await api.send(ORDER)
        with pytest.raises(LimitError) as caught:
            await api.send(ORDER)
        assert caught.value.retry_after == 10
        await api.send(CANCEL)
        assert len(venue.requests) == 2


async def test_no_room_in_the_weight_and_nothing_leaves_nor_counts() -> None:
    async with ScriptedVenue(PLACED) as venue, signed(venue.url, weight=1) as api:
        await api.send(CANCEL)
        with pytest.raises(LimitError):
            await api.send(ORDER)
        assert len(venue.requests) == 1
        assert [each.used for each in api.orders.usage()] == [0, 0]


# --- secrets


@pytest.mark.parametrize(
    ("key", "rest"),
    [
        (KEY, "https://api.binance.com"),
        ("realKey", "http://127.0.0.1:1"),
        ("realKey", "http://localhost:1"),
        ("realKey", "http://[::1]:1"),
    ],
)
async def test_a_key_that_is_not_for_the_host_makes_no_client(key: str, rest: str) -> None:
    with pytest.raises(SettingsError, match="not for this address"):
        async with signed(rest, key=key):
            raise AssertionError("a client was made")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 502])
async def test_whoever_quotes_our_request_shows_nothing_of_the_key(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    secrets = [KEY, SECRET]
    for request in (ORDER, endpoints_account.account()):
        async with ScriptedVenue(b"") as venue, signed(venue.url) as api:
            venue._script = [PLACED]
            dress = await api._dress()
            url, headers = dress.outgoing(request, venue.url)
            signature = url.rpartition("signature=")[2]
            secrets.append(signature)
            echo = f"<p>{url} {headers} signature%3D{signature} " + '{"signature":"' + signature
            for body in (
                echo.encode(),
                b'{"code":-2010,"msg":"' + echo[:300].replace('"', "'").encode() + b'"}',
            ):
                venue._script = [answer(status, body)]
                with pytest.raises(BinanceMcpError) as caught:
                    await asyncio.wait_for(api.send(request), 10)
                error = caught.value
                shown += [repr(error), str(error), error.message, error.advice]
            shown += [repr(api), repr(vars(api)), repr(dress), caplog.text]
    everything = " ".join(shown)
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in everything]
