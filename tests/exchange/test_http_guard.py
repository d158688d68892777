"""Only those who call a loopback name by its name are heard."""

import pytest
from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.http.answers import json_answer, send_answer
from binance_mcp_server.exchange.http.guard import LoopbackGuard
from tests.exchange.wire.asking import ask

pytestmark = pytest.mark.anyio


async def inner(scope: Scope, _receive: Receive, send: Send) -> None:
    await send_answer(scope, send, json_answer(200, {}))


GUARDED = LoopbackGuard(inner, admin="/__sim")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "localhost:8080", "LOCALHOST", "[::1]:80", "[::1]"]
)
async def test_loopback_names_pass(host: str) -> None:
    assert (await ask(GUARDED, "/api/v3/ping", headers={"host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost@evil.example",
        "evil.example@localhost", "127.0.0.1:x", "0.0.0.0", "[::2]", "localhost/x", "api.binance.com",
    ],
)  # fmt: skip
async def test_other_names_do_not(host: str) -> None:
    for path in ("/api/v3/ping", "/__sim/state"):
        assert (await ask(GUARDED, path, headers={"host": host})).status == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
async def test_foreign_origins_reach_market_data_but_not_the_switchboard(origin: str) -> None:
    assert (await ask(GUARDED, "/api/v3/ping", headers={"origin": origin})).status == 200
    assert (await ask(GUARDED, "/__sim/play", headers={"origin": origin})).status == 403


async def test_a_loopback_origin_is_ours() -> None:
    headers = {"origin": "http://localhost:3000"}
    assert (await ask(GUARDED, "/__sim/play", headers=headers)).status == 200
