"""The owner's commands, typed at a terminal or run by a program."""

import io
import sys
from pathlib import Path

import pytest

from binance_mcp_server.cli import parser

VARIABLES = ("API_KEY", "API_SECRET", "PRIVATE_KEY_PATH", "MCP_KEY", "MCP_VENUE", "MCP_REST_URL")


class Terminal(io.StringIO):
    """A stdin that somebody sits at."""

    def isatty(self) -> bool:
        return True


class Owner:
    """One state directory."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.setenv("BINANCE_MCP_STATE_DIR", str(folder))
        for name in VARIABLES:
            monkeypatch.delenv(f"BINANCE_{name}", raising=False)
        self.shown = ""

    def runs(self, *words: str, typed: str | None = None) -> int:
        """The exit code; *typed* at a terminal, without one where it is ``None``."""
        stdin = io.StringIO() if typed is None else Terminal(typed)
        self._monkeypatch.setattr(sys, "stdin", stdin)
        code = parser.run(words)
        told = self._capsys.readouterr()
        self.shown = told.out + told.err
        return code
