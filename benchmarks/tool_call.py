"""What ``get_price`` over stdio costs beyond an empty tool and the HTTP request that it cannot do without.

Three arms take turns, call by call, all warm: our tool, an empty FastMCP tool, and a bare aiohttp GET of the same
address. The exchange counts the requests, so an answer from memory is an error, not a result. The figure is
``p50(ours) - p50(empty) - p50(GET)``.
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
PATH = "/api/v3/ticker/price"


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


async def _requests(session: aiohttp.ClientSession, rest: str) -> int:
    """How often the exchange was asked for a price."""
    async with session.get(f"{rest}/__sim/state") as response:
        state = await response.json()
    return int(state["by_path"].get(PATH, 0))


async def _measure(ours: Server, bare: Server, rest: str) -> list[float]:
    """Medians in ms: our tool, the empty tool, the GET."""
    samples: list[tuple[float, float, float]] = []
    url = f"{rest}{PATH}?symbol={SYMBOL}"
    async with aiohttp.ClientSession() as session:
        before = await _requests(session, rest)
        for _ in range(WARM_UP + CALLS):
            tool = _call_ms(ours, "get_price", {"symbols": [SYMBOL]})
            nothing = _call_ms(bare, "empty_0", {"symbol": SYMBOL})
            samples.append((tool, nothing, await _get_ms(session, url)))
        asked = await _requests(session, rest) - before
    if asked != 2 * len(samples):
        raise RuntimeError(f"{len(samples)} calls and as many GETs made {asked} requests")
    return [median(arm) for arm in zip(*samples[WARM_UP:], strict=True)]


def compare(era: Era, rest: str) -> Row:
    with settings_for(rest) as env, Server(OURS, era, env) as ours:
        ours.hello()
        tools = len(ours.list_tools())
        with Server(empty(tools), era) as bare:
            bare.hello()
            bare.list_tools()
            tool, nothing, get = asyncio.run(_measure(ours, bare, rest))
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
