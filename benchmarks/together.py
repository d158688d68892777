"""Ten different symbols at once, against a venue 200 ms away, beside one.

Warm: the ten connections stand. The single call takes another symbol each round, so that no memory can answer;
a single call quicker than the venue is an error, not a result.
"""

import time
from collections.abc import Sequence
from statistics import median

from benchmarks.processes import OURS, Server, exchange, settings_for
from benchmarks.report import Row

LATENCY_MS = 200
ROUNDS = 7
AT_ONCE = 10
TOOLS = ("get_price", "get_order_book")


def _arguments(tool: str, symbol: str) -> dict[str, object]:
    return {"symbols": [symbol]} if tool == "get_price" else {"symbol": symbol}


def _ms(server: Server, tool: str, symbols: Sequence[str]) -> float:
    begun = time.perf_counter()
    server.call_together(tool, [_arguments(tool, symbol) for symbol in symbols])
    return (time.perf_counter() - begun) * 1000


def _symbols(server: Server) -> list[str]:
    """Ten that trade, from the server's own market scan."""
    reply = server.call("scan_market", {"format": "json", "limit": AT_ONCE})
    content = reply["structuredContent"]
    column = content["columns"].index("symbol")
    found = [str(row[column]) for row in content["rows"]]
    if len(found) < AT_ONCE:
        raise RuntimeError(f"the exchange trades only {len(found)} symbols")
    return found


def compare(server: Server, tool: str, symbols: Sequence[str]) -> Row:
    _ms(server, tool, symbols)
    single, together = [], []
    for number in range(ROUNDS):
        single.append(_ms(server, tool, [symbols[number % AT_ONCE]]))
        together.append(_ms(server, tool, symbols))
    one, ten = median(single), median(together)
    if one < LATENCY_MS:
        raise RuntimeError(f"{tool} was answered from memory: {one:.0f} ms")
    return Row(
        what=f"ten symbols at once, `{tool}`, venue {LATENCY_MS} ms away",
        ours=f"{ten:.0f} ms",
        beside=f"one symbol: {one:.0f} ms",
        figure=ten / one,
        target=1.2,
    )


def run() -> list[Row]:
    with (
        exchange("--latency", str(LATENCY_MS)) as rest,
        settings_for(rest) as env,
        Server(OURS, "2025-11-25", env) as server,
    ):
        server.hello()
        server.list_tools()
        symbols = _symbols(server)
        return [compare(server, tool, symbols) for tool in TOOLS]
