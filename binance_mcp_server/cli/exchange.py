"""``exchange``: the embedded exchange as a program of its own."""

import argparse
import asyncio
import os
import signal
import threading
from collections.abc import Sequence

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.exchange.app import ExchangeOptions, run_exchange


def exchange(options: argparse.Namespace) -> int:
    """Run it until a signal comes; returns the exit code."""
    if options.exit_with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    chosen = ExchangeOptions(
        port=options.port,
        stream_port=options.stream_port,
        replay=tuple(options.replay),
        speed=options.speed,
        hold=options.hold,
        seed=options.seed,
        latency_ms=options.latency,
        tls_proxy=options.tls_proxy,
        queue_model=options.queue_model,
    )
    if options.mirror is None:
        return asyncio.run(run_exchange(chosen))
    if chosen.replay or chosen.hold or chosen.speed != "1":
        raise SettingsError(
            "a mirror is no recording",
            advice="Leave out --replay, --hold and --speed, or --mirror.",
        )
    return asyncio.run(_run_mirror(chosen, options.mirror, options.mirror_symbols))


async def _run_mirror(chosen: ExchangeOptions, where: str, symbols: Sequence[str]) -> int:
    from binance_mcp_server.cli.mirror import mirrored
    from binance_mcp_server.cli.mirror_venue import mirror_settings
    from binance_mcp_server.clock import SystemClock
    from binance_mcp_server.services import Services

    clock = SystemClock()
    services = Services(await mirror_settings(where, clock), clock)
    async with mirrored(services, symbols, clock) as source:
        return await run_exchange(chosen, source)


def _end_with_parent() -> None:
    """The parent holds the other end of stdin: when it closes, however it died, so do we."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
