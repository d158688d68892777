"""The exchange as its own process, as a user starts it."""

import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30
STOP_SECONDS = 15

_PROGRAM = """
import asyncio, sys
from pathlib import Path
from binance_mcp_server.exchange.app import ExchangeOptions, run_exchange
speed, hold, *files = sys.argv[1:]
options = ExchangeOptions(replay=tuple(map(Path, files)), speed=speed, hold=hold == "True")
sys.exit(asyncio.run(run_exchange(options)))
"""


class ExchangeProcess:
    """Started on entering, ended by SIGTERM on leaving; every wait is bounded."""

    def __init__(self, *replay: Path, speed: str = "1", hold: bool = False) -> None:
        self._arguments = [sys.executable, "-c", _PROGRAM, speed, str(hold), *map(str, replay)]
        self.ready: dict[str, str] = {}

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
            self.ready = msgspec.json.decode(line, type=dict[str, str])

    @property
    def rest(self) -> str:
        return self.ready["rest"]

    def play(self) -> None:
        """Let a replay begin that is held, or that waits for its first subscriber."""
        request = urllib.request.Request(f"{self.ready['admin']}/play", data=b"")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

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
