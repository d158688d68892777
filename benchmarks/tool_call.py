"""What ``get_price`` over stdio costs beyond an empty tool and the HTTP request that it cannot do without.

Three arms take turns, call by call, all warm: our tool, an empty FastMCP tool, and a bare aiohttp GET of the same
address. The figure is ``p50(ours) - p50(empty) - p50(GET)``.
"""

import asyncio
import time
from statistics import median

import aiohttp

from benchmarks.processes import ERAS, OURS, Era, Server, empty, exchange, settings_for
from benchmarks.report import Row

CALLS = 300
WARM_UP = 20
SYMBOL = "BTCUSDT"


async def _get_ms(session: aiohttp.ClientSession, url: str) -> float:
    begun = time.perf_counter()
    async with session.get(url) as response:
        await response.read()
        response.raise_for_status()
    return (time.perf_counter() - begun) * 1000


def _call_ms(server: Server, tool: str, arguments: dict[str, object]) -> float:
    begun = time.perf_counter()
    server.call(tool, arguments)
    return (time.perf_counter() - begun) * 1000


async def _measure(ours: Server, bare: Server, url: str) -> list[float]:
    """Medians in ms: our tool, the empty tool, the GET."""
    samples: list[tuple[float, float, float]] = []
    async with aiohttp.ClientSession() as session:
        for _ in range(WARM_UP + CALLS):
            tool = _call_ms(ours, "get_price", {"symbols": [SYMBOL]})
            nothing = _call_ms(bare, "empty_0", {"symbol": SYMBOL})
            samples.append((tool, nothing, await _get_ms(session, url)))
    return [median(arm) for arm in zip(*samples[WARM_UP:], strict=True)]


def compare(era: Era, rest: str) -> Row:
    with settings_for(rest) as env, Server(OURS, era, env) as ours:
        ours.hello()
        tools = len(ours.list_tools())
        with Server(empty(tools), era) as bare:
            bare.hello()
            bare.list_tools()
            url = f"{rest}/api/v3/ticker/price?symbol={SYMBOL}"
            tool, nothing, get = asyncio.run(_measure(ours, bare, url))
    return Row(
        what=f"`get_price` over stdio adds, p50 ({era})",
        ours=f"{tool:.2f} ms",
        beside=f"empty tool {nothing:.2f} ms + bare GET {get:.2f} ms",
        figure=tool - nothing - get,
        target=1.0,
        unit="ms",
    )


def run() -> list[Row]:
    rows = []
    for era in ERAS:
        with exchange() as rest:  # a fresh one each: its request limits count from zero
            rows.append(compare(era, rest))
    return rows
