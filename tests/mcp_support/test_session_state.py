"""FastMCP's session state stays unloaded. Seen in FastMCP 4.1.2; a private name may move with any release."""

import subprocess
import sys
import threading
from pathlib import Path

import fastmcp
import msgspec
import pytest
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError

from binance_mcp_server.mcp_support.session_state import (
    PRIVATE_NAME,
    EmptyStore,
    without_session_state,
)

ROOT = Path(__file__).parents[2]
MESSAGES: tuple[dict[str, object], ...] = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "probe", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
)


def test_the_private_name_is_where_it_was_in_4_1() -> None:
    server: FastMCP[None] = FastMCP("probe")
    assert hasattr(server, PRIVATE_NAME), f"FastMCP {fastmcp.__version__} keeps it elsewhere"
    without_session_state(server)
    assert isinstance(getattr(server, PRIVATE_NAME), EmptyStore)


def test_a_first_look_at_the_tools_does_not_import_the_store_s_library(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "binance_mcp_server", "serve"]
    log = tmp_path / "imports"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdin is not None
        assert process.stdout is not None
        for message in MESSAGES:
            process.stdin.write(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        listed = msgspec.json.decode(process.stdout.readline())
        process.stdin.close()
        process.wait()
        watchdog.cancel()
    imports = log.read_bytes()
    assert len(listed["result"]["tools"]) >= 10
    assert b"fastmcp" in imports
    assert b"key_value" not in imports


@pytest.mark.anyio
async def test_the_empty_store_holds_nothing_and_says_so() -> None:
    store = EmptyStore()
    await store.get(key="x")
    assert await store.delete(key="x") is False
    with pytest.raises(ToolError):
        await store.put(key="x", value=1)
