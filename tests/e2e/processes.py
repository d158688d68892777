"""The project's programs as a user starts them: real processes on loopback, every wait bounded."""

import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import msgspec

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "binance_mcp_server")
READY_SECONDS = 30.0
STOP_SECONDS = 15.0
_ASKS = 20_000
"""How often a replay's state is asked for before it counts as hung."""


def environment(**settings: object) -> dict[str, str]:
    """What a program is started with: nothing of the caller's Binance or proxy settings, but *settings*."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BINANCE_") and not name.lower().endswith("_proxy")
    }
    return kept | {"PYTHONPATH": str(ROOT)} | {name: str(value) for name, value in settings.items()}


class Ended(NamedTuple):
    """A program that came to its end."""

    code: int
    out: str
    errors: str


def run_to_its_end(*arguments: object, **settings: object) -> Ended:
    """Run a command that is expected to end by itself, with nothing on stdin."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class Program:
    """One long-running command; SIGTERM ends it on leaving. stderr goes to a file of its own."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        self._arguments = [*PROGRAM, *map(str, arguments)]
        self._environment = environment(**settings)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        try:
            self._await_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _await_ready(self) -> None:
        """Return when it can be used."""

    def errors(self) -> str:
        """What it has said on stderr."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        finally:
            self._errors.close()


class Exchange(Program):
    """The embedded exchange, and its switchboard."""

    def __init__(self, *arguments: object) -> None:
        super().__init__("exchange", *arguments)
        self.ready: dict[str, str] = {}

    def _await_ready(self) -> None:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], READY_SECONDS)[0]:
            raise AssertionError(f"the exchange is not ready: {self.errors()}")
        line = self.process.stdout.readline()
        assert line, self.errors()
        self.ready = msgspec.json.decode(line, type=dict[str, str])

    @property
    def rest(self) -> str:
        return self.ready["rest"]

    def get(self, path: str) -> Any:
        """The body of a public REST endpoint, e.g. ``/api/v3/time``."""
        return msgspec.json.decode(fetch(self.rest + path).body)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.json.decode(fetch(f"{self.ready['admin']}/state").body)
        return state

    def post(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Switch something: ``play``, ``limits``, ``respond``."""
        reply = fetch(f"{self.ready['admin']}/{path}", body=msgspec.json.encode(body or {}))
        assert reply.status == HTTPStatus.OK, reply
        answer: dict[str, Any] = msgspec.json.decode(reply.body)
        return answer

    def play_to_end(self) -> dict[str, Any]:
        """End a hold, and ask until the replay has ended."""
        self.post("play")
        for _ in range(_ASKS):
            state = self.state()
            assert state["failure"] is None
            if state["ended"]:
                return state
        raise AssertionError("the replay does not end")


class HttpServer(Program):
    """The MCP server on streamable HTTP."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        """*arguments* are further ones of ``serve``."""
        self.port = free_port()
        where = ("--http", f"127.0.0.1:{self.port}")
        super().__init__("serve", "--venue", "sim", *where, *arguments, **settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _await_ready(self) -> None:
        """Ask for ``/health`` until it answers; a port that nobody listens on refuses at once."""
        deadline, pause = time.monotonic() + READY_SECONDS, threading.Event()
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if fetch(f"{self.url}/health").status == HTTPStatus.OK:
                    return
            except OSError:
                pause.wait(0.02)
        raise AssertionError(f"the server is not ready: {self.errors()}")


class Fetched(NamedTuple):
    """An HTTP answer of any status."""

    status: int
    body: bytes


def fetch(
    url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Fetched:
    """GET, or POST with a *body*."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Fetched(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Fetched(error.code, error.read())


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """Processes that *pid* started; needs ``/proc``."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def watch(pid: int) -> int:
    """A descriptor that becomes readable when *pid* ends; the caller closes it."""
    return os.pidfd_open(pid)


def ended_within(descriptor: int, seconds: float) -> bool:
    """Whether the process behind a :func:`watch` ends in time."""
    return bool(select.select([descriptor], [], [], seconds)[0])
