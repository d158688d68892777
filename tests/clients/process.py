"""The exchange as its own process, as a user starts it."""

import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30
STOP_SECONDS = 15

_PROGRAM = """
import asyncio, sys
from pathlib import Path
from binance_mcp_server.exchange.app import ExchangeOptions, run_exchange
speed, hold, proxy, *files = sys.argv[1:]
options = ExchangeOptions(
    replay=tuple(map(Path, files)), speed=speed, hold=hold == "True", tls_proxy=proxy == "True"
)
sys.exit(asyncio.run(run_exchange(options)))
"""


class ExchangeProcess:
    """Started on entering, ended by SIGTERM on leaving; every wait is bounded."""

    def __init__(
        self, *replay: Path, speed: str = "1", hold: bool = False, tls_proxy: bool = False
    ) -> None:
        flags = speed, str(hold), str(tls_proxy)
        self._arguments = [sys.executable, "-c", _PROGRAM, *flags, *map(str, replay)]
        self.ready: dict[str, str] = {}
        self.proxy: dict[str, str] = {}
        """The environment of clients that go through the TLS proxy."""

    def __enter__(self) -> Self:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            self._arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        reader = threading.Thread(target=self._read_line, daemon=True)
        reader.start()
        reader.join(READY_SECONDS)
        if not self.ready:
            self._process.kill()
            _, errors = self._process.communicate(timeout=STOP_SECONDS)
            raise AssertionError(f"the exchange is not ready: {errors.decode()}")
        return self

    def _read_line(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            said = msgspec.json.decode(line)
            self.proxy = said.pop("proxy", {})
            self.ready = said

    @property
    def rest(self) -> str:
        return self.ready["rest"]

    def play(self) -> None:
        """Let a replay begin that is held, or that waits for its first subscriber."""
        self.admin("play", {})

    def admin(self, path: str, body: object = None) -> Any:
        """Ask the switchboard; with a *body*, by POST."""
        data = None if body is None else msgspec.json.encode(body)
        request = urllib.request.Request(f"{self.ready['admin']}/{path}", data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return msgspec.json.decode(answer.read())

    def open_account(self, name: str, **fields: object) -> Any:
        """``{"api_key", "api_secret" | "private_key", …}``."""
        return self.admin("accounts", {"name": name, **fields})

    def stop(self) -> tuple[int, bytes, bytes]:
        """SIGTERM → exit code, what else came on stdout, and stderr. Once only."""
        self._process.terminate()
        out, errors = self._process.communicate(timeout=STOP_SECONDS)
        return self._process.returncode, out, errors

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.stop()
