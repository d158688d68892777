"""``exchange``: the embedded exchange as a program of its own."""

import argparse
import asyncio
import os
import signal
import threading

from binance_mcp_server.exchange.app import ExchangeOptions, run_exchange


def exchange(options: argparse.Namespace) -> int:
    """Run it until a signal comes; returns the exit code."""
    if options.exit_with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    return asyncio.run(
        run_exchange(
            ExchangeOptions(
                port=options.port,
                stream_port=options.stream_port,
                replay=tuple(options.replay),
                speed=options.speed,
                hold=options.hold,
                seed=options.seed,
                latency_ms=options.latency,
            )
        )
    )


def _end_with_parent() -> None:
    """The parent holds the other end of stdin: when it closes, however it died, so do we."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
