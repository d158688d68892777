"""The process from outside: one line when ready, nothing else on stdout, and a clean end."""

import subprocess
import sys
from pathlib import Path

from tests.clients.process import ROOT, ExchangeProcess


def test_one_line_then_silence_then_a_clean_end() -> None:
    with ExchangeProcess() as process:
        assert list(process.ready) == ["event", "rest", "stream", "ws_api", "admin"]
        code, out, errors = process.stop()
    assert (code, out) == (0, b"")
    assert b"Traceback" not in errors


def test_a_bad_recording_ends_with_words_and_2(tmp_path: Path) -> None:
    broken = tmp_path / "spot_btcusdt.gz"
    broken.write_bytes(b"not a gzip file")
    program = (
        "import asyncio, sys, pathlib; from binance_mcp_server.exchange.app import *;"
        "o = ExchangeOptions(replay=(pathlib.Path(sys.argv[1]),));"
        "sys.exit(asyncio.run(run_exchange(o)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(broken)],
        cwd=ROOT, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"spot_btcusdt.gz" in done.stderr
    assert b"Traceback" not in done.stderr
