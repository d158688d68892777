"""CPU time of one REST request by our client, beside a bare aiohttp GET of the same address.

Ours counts the weight in a real state directory, reads the headers and decodes; the other reads the body and drops
it. Blocks of requests take turns on standing connections; the venue is the exchange in a process of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp

from benchmarks.processes import exchange
from benchmarks.report import Row
from binance_mcp_server.access.limits import open_ledger
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.venues import Hosts

BLOCKS = 9
BLOCK = 120
"""Requests of one arm in a row; all blocks together stay below the venue's limit of one minute."""


async def _cpu_us(send: Callable[[], Awaitable[object]]) -> float:
    """CPU of this process for one request, µs."""
    begun = time.process_time()
    for _ in range(BLOCK):
        await send()
    return (time.process_time() - begun) * 1e6 / BLOCK


async def _measure(rest: str, state: Path) -> list[tuple[float, float]]:
    clock = SystemClock()
    ledger = open_ledger(rest, clock=clock, state_dir=state)
    api = BinanceApi(Hosts(rest=rest, stream="", ws_api=""), ledger=ledger, clock=clock)
    request = endpoints.ping()
    url = request.url(rest)
    try:
        async with aiohttp.ClientSession() as session:

            async def bare() -> None:
                async with session.get(url) as response:
                    await response.read()

            async def ours() -> None:
                await api.send(request)

            pairs = [(await _cpu_us(ours), await _cpu_us(bare)) for _ in range(BLOCKS + 1)]
    finally:
        await api.close()
        ledger.close()
    return pairs[1:]  # the first is warm-up


def run() -> list[Row]:
    with exchange() as rest, TemporaryDirectory() as state:
        pairs = asyncio.run(_measure(rest, Path(state)))
    ours, bare = (median(arm) for arm in zip(*pairs, strict=True))
    ratio = median(our / other for our, other in pairs)
    return [
        Row(
            what="CPU of a REST request",
            ours=f"{ours:.0f} µs",
            beside=f"bare aiohttp: {bare:.0f} µs",
            figure=ratio,
            target=1.5,
        )
    ]
