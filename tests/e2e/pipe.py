"""A client of pipes and JSON alone: it sees every byte that the server writes, in either protocol era."""

import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Literal, Self

import msgspec

from tests.e2e.processes import PROGRAM, environment

Era = Literal["2025-11-25", "2026-07-28"]
ERAS: tuple[Era, ...] = ("2025-11-25", "2026-07-28")
PATIENCE = 30.0
_CLIENT = {"name": "pipe", "version": "1"}
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Pipe:
    """A server over stdio. Leaving closes its stdin and waits for its end."""

    def __init__(self, era: Era, *arguments: object, **settings: object) -> None:
        self.era = era
        self.lines: list[bytes] = []
        """Everything that came on stdout."""
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self._queue: queue.Queue[bytes] = queue.Queue()
        self.process = subprocess.Popen(
            [*PROGRAM, "serve", *map(str, arguments)],
            env=environment(**settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._last_id = 0

    def hello(self) -> dict[str, Any]:
        """The first exchange of the era."""
        if self.era == "2026-07-28":
            return self.ask("server/discover")
        start = {"protocolVersion": self.era, "capabilities": {}, "clientInfo": _CLIENT}
        answer = self.ask("initialize", start)
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """A tool's result."""
        result: dict[str, Any] = self.ask("tools/call", {"name": tool, "arguments": arguments})[
            "result"
        ]
        return result

    def ask(self, method: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The response to one request: ``result`` or ``error``."""
        self._last_id += 1
        given = dict(params or {})
        if self.era == "2026-07-28":
            given["_meta"] = _ENVELOPE
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": given}
        self._write(request)
        while True:
            line = self._queue.get(timeout=PATIENCE)
            message: dict[str, Any] = msgspec.json.decode(line)
            if message.get("id") == self._last_id:
                return message

    def write_raw(self, line: bytes) -> None:
        """Anything at all."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def errors(self) -> str:
        """What came on stderr so far."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def close(self) -> int:
        """Close its stdin; the exit code, once it has ended and everything is read."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            if self.process.poll() is None:
                self.close()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join(PATIENCE)
            self.process.stdin.close()
            self.process.stdout.close()
            self._errors.close()

    def _write(self, message: dict[str, object]) -> None:
        self.write_raw(msgspec.json.encode(message) + b"\n")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._queue.put(line)
