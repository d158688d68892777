"""stdio to the byte: one JSON-RPC message a line on stdout whatever happens, and an end when the client goes."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.e2e.pipe import ERAS, Era, Pipe
from tests.e2e.processes import Exchange, children, ended_within, watch

needs_linux = pytest.mark.skipif(
    not (Path("/proc/self/stat").exists() and hasattr(os, "pidfd_open")),
    reason="sees other processes through Linux's /proc and pidfd_open",
)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    found: Era = request.param
    return found


@pytest.fixture
def pipe(era: Era, scenario: Exchange, tmp_path: Path) -> Iterator[Pipe]:
    with Pipe(
        era,
        BINANCE_MCP_VENUE="sim",
        BINANCE_MCP_REST_URL=scenario.rest,
        BINANCE_MCP_STATE_DIR=tmp_path,
    ) as opened:
        yield opened


def test_every_line_is_one_message(pipe: Pipe, era: Era) -> None:
    """With errors of every kind and a reply of megabytes in between."""
    assert "result" in pipe.hello()
    assert "BTCUSDT" in str(pipe.call("get_price", symbols=["BTCUSDT"]))
    for wrong in ({"symbols": ["NOPE"]}, {"symbols": 7}, {}, {"symbol": "BTCUSDT"}):
        assert pipe.call("get_price", **wrong)["isError"]
    assert pipe.ask("no/such/method")["error"]["code"] == -32601
    large = pipe.call(
        "get_candles", symbol="BTCUSDT", interval="1m", limit=20_000, max_bytes=4_000_000,
        columns="all", format="json",
    )  # fmt: skip
    assert len(large["content"][0]["text"]) > 2_000_000
    pipe.write_raw(b"this is not JSON\n")
    assert len(msgspec.json.encode(pipe.ask("tools/list")["result"])) < 24_000
    assert pipe.close() == 0
    for line in pipe.lines:
        assert line.endswith(b"\n")
        assert msgspec.json.decode(line, type=dict[str, object])["jsonrpc"] == "2.0"
    assert "Traceback" not in pipe.errors()


@needs_linux
@pytest.mark.parametrize("how", ["closes stdin", "SIGTERM", "SIGKILL"])
def test_its_exchange_ends_with_the_server(tmp_path: Path, how: str) -> None:
    with Pipe("2026-07-28", "--venue", "sim", BINANCE_MCP_STATE_DIR=tmp_path) as pipe:
        assert not pipe.call("get_price", symbols=["BTCUSDT"]).get("isError")
        (child,) = children(pipe.process.pid)
        descriptor = watch(child)
        try:
            if how == "closes stdin":
                assert pipe.close() == 0
            else:
                pipe.process.send_signal(getattr(signal, how))
            assert ended_within(descriptor, 15)
        finally:
            os.close(descriptor)
        pipe.process.wait(15)
        assert "Traceback" not in pipe.errors()


def test_the_first_answers_wait_for_no_network(era: Era, tmp_path: Path) -> None:
    """The way out is a proxy that accepts and never answers: nobody even knocks there."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with Pipe(
            era, "--venue", "live", HTTPS_PROXY=address, BINANCE_MCP_STATE_DIR=tmp_path
        ) as pipe:
            assert "result" in pipe.hello()
            names = [tool["name"] for tool in pipe.ask("tools/list")["result"]["tools"]]
            assert {"get_price", "subscribe_stream"} <= set(names)
            with pytest.raises(BlockingIOError):
                proxy.accept()
            assert pipe.close() == 0
