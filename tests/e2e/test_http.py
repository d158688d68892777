"""The door of the HTTP server: who may come in, and by which name it may be called."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.e2e.processes import Exchange, Fetched, HttpServer, fetch, run_to_its_end

TOKEN = "a-token-made-up-for-this-test"
PING = msgspec.json.encode(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "door", "version": "1"},
        },
    }
)
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def guarded(scenario: Exchange, state_dir: Path) -> Iterator[HttpServer]:
    with HttpServer(
        BINANCE_MCP_REST_URL=scenario.rest,
        BINANCE_MCP_STATE_DIR=state_dir,
        BINANCE_MCP_HTTP_TOKEN=TOKEN,
    ) as server:
        yield server


@pytest.fixture(scope="module")
def unguarded(scenario: Exchange, state_dir: Path) -> Iterator[HttpServer]:
    with HttpServer(BINANCE_MCP_REST_URL=scenario.rest, BINANCE_MCP_STATE_DIR=state_dir) as server:
        yield server


def knock(server: HttpServer, **headers: str) -> Fetched:
    return fetch(f"{server.url}/mcp", body=PING, headers=JSON | headers)


def test_the_token_opens(guarded: HttpServer) -> None:
    assert knock(guarded, Authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_nothing_opens(guarded: HttpServer, given: str) -> None:
    answer = knock(guarded, **({"Authorization": given} if given else {}))
    assert answer.status == 401
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize("header", ["Host", "Origin"])
@pytest.mark.parametrize("evil", ["evil.example", "127.0.0.1.evil.example:80", "null"])
def test_other_names_are_refused(unguarded: HttpServer, header: str, evil: str) -> None:
    """A web page that rebinds its name to loopback arrives under that name."""
    value = f"http://{evil}" if header == "Origin" and evil != "null" else evil
    assert 400 <= knock(unguarded, **{header: value}).status < 500


def test_a_token_does_not_excuse_another_origin(guarded: HttpServer) -> None:
    answer = knock(guarded, Authorization=f"Bearer {TOKEN}", Origin="http://evil.example")
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_our_own_names_are_welcome(unguarded: HttpServer, name: str) -> None:
    host = f"{name}:{unguarded.port}"
    assert knock(unguarded, Host=host).status == 200
    assert knock(unguarded, Host=host, Origin=f"http://{host}").status == 200


def test_health_needs_no_token(guarded: HttpServer, unguarded: HttpServer) -> None:
    for server in (guarded, unguarded):
        answer = fetch(f"{server.url}/health")
        assert msgspec.json.decode(answer.body)["status"] == "ok"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.7"])
def test_other_interfaces_need_a_token(host: str) -> None:
    ended = run_to_its_end("serve", "--venue", "sim", "--http", f"{host}:8000")
    assert (ended.code, ended.out) == (2, "")
    assert "without a token" in ended.errors
    assert "BINANCE_MCP_HTTP_TOKEN" in ended.errors
    assert "Traceback" not in ended.errors
