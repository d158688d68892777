"""The processes under measurement: MCP servers on pipes, spoken to without a client library, and the exchange."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
"""Seconds that one server may live; a hung one is killed, and reading from it then fails."""

Era = Literal["2025-11-25", "2026-07-28"]
ERAS: tuple[Era, ...] = ("2025-11-25", "2026-07-28")

_CLIENT = {"name": "bench", "version": "1"}
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}

OURS = (sys.executable, "-m", "binance_mcp_server", "serve", "--venue", "sim")


def empty(tools: int) -> tuple[str, ...]:
    """The command of a FastMCP server with that many empty tools."""
    return (sys.executable, "-m", "benchmarks.empty_server", str(tools))


class Server:
    """An MCP server on pipes: JSON-RPC written and read line by line."""

    def __init__(
        self, command: Sequence[str], era: Era, env: Mapping[str, str] | None = None
    ) -> None:
        self.era = era
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._watch = threading.Timer(PATIENCE, self._process.kill)
        self._watch.daemon = True
        self._watch.start()
        self._last_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._watch.cancel()
        self._process.stdout.close()

    def hello(self) -> dict[str, Any]:
        """The first exchange of the era: ``initialize``, or ``server/discover``."""
        if self.era == "2026-07-28":
            return self.request("server/discover")
        start = {"protocolVersion": self.era, "capabilities": {}, "clientInfo": _CLIENT}
        reply = self.request("initialize", start)
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return reply

    def list_tools(self) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = self.request("tools/list")["tools"]
        return tools

    def call(self, tool: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """One tool call. Raises ``RuntimeError`` when the tool reports an error."""
        (reply,) = self.call_together(tool, [arguments])
        return reply

    def call_together(
        self, tool: str, each: Sequence[Mapping[str, object]]
    ) -> list[dict[str, Any]]:
        """Calls sent at once; returns when every answer is in."""
        waiting = {self._send("tools/call", {"name": tool, "arguments": args}) for args in each}
        replies = []
        while waiting:
            number, reply = self._read(waiting)
            waiting.remove(number)
            if reply.get("isError"):
                raise RuntimeError(f"{tool}: {reply['content']}")
            replies.append(reply)
        return replies

    def request(self, method: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        return self._read({self._send(method, params)})[1]

    def memory_mb(self) -> float:
        """Resident memory, MB."""
        return resident_mb(self._process.pid)

    def _send(self, method: str, params: Mapping[str, object] | None) -> int:
        self._last_id += 1
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        if self.era == "2026-07-28":
            body["params"] = {**(params or {}), "_meta": _ENVELOPE}
        elif params is not None:
            body["params"] = params
        self._write(body)
        return self._last_id

    def _write(self, body: Mapping[str, object]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(body).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self, waiting: set[int]) -> tuple[int, dict[str, Any]]:
        """The next answer to one of *waiting*; notifications are passed over."""
        assert self._process.stdout
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") in waiting:
                if "error" in message:
                    raise RuntimeError(message["error"])
                return message["id"], message["result"]
        raise RuntimeError("the server ended or was ended before it answered")


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MB."""
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607 - where ps is differs
        capture_output=True,
        text=True,
        check=True,
    )
    return int(shown.stdout) / 1024


@contextmanager
def exchange(*options: str) -> Iterator[str]:
    """The embedded exchange in a process of its own; gives its REST address."""
    command = [sys.executable, "-m", "binance_mcp_server", "exchange", *options]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL
        )
        watch = threading.Timer(PATIENCE * 5, process.kill)
        watch.daemon = True
        watch.start()
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                log.seek(0)
                raise RuntimeError(f"the exchange did not start: {log.read().decode()}")
            yield json.loads(line)["rest"]
        finally:
            process.terminate()
            process.communicate(timeout=10)
            watch.cancel()


@contextmanager
def settings_for(rest: str) -> Iterator[dict[str, str]]:
    """Environment that points our server at the exchange at *rest*, with a state directory of its own."""
    with tempfile.TemporaryDirectory() as state:
        yield {"BINANCE_MCP_REST_URL": rest, "BINANCE_MCP_STATE_DIR": state}
