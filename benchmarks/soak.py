"""``python -m benchmarks.soak [SECONDS]``: streams and books under faults; figures, and exit code 1 for a must missed.

The venue is a process of its own (``soak_venue``) that tells 5,000 messages a second; this one is our server's services
with readers, live books and a reader that mostly sleeps (``soak_run``). ``soak_faults`` says what goes wrong,
``soak_checks`` what must not come of it.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from benchmarks.soak_faults import CLEAR
from benchmarks.soak_run import Soak, Venue, venue_process
from binance_mcp_server.cli.heap import give_back_large_blocks
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.services import Services
from binance_mcp_server.settings import load_settings

LENGTH: Final = 600.0
WARM: Final = 120.0
"""Seconds after which resident memory is what growth is measured by: all buffers are full by then."""
GROWTH: Final = 1.05
MINUTE: Final = 60.0
_WIDTH: Final = 38


@asynccontextmanager
async def _services(venue: Venue) -> AsyncIterator[Services]:
    with tempfile.TemporaryDirectory() as state:
        environ = {
            "BINANCE_MCP_VENUE": "sim",
            "BINANCE_MCP_REST_URL": venue.ready["rest"],
            "BINANCE_MCP_STREAM_URL": venue.ready["stream"],
            "BINANCE_MCP_STATE_DIR": state,
        }
        async with Services(load_settings(environ=environ), SystemClock()) as services:
            yield services


async def _run(soak: Soak, length: float, seed: int) -> None:
    await soak.open()
    work = [
        soak.read_on(),
        soak.sleep_and_read(),
        soak.go_wrong(seed),
        soak.watch_stalls(),
        soak.weigh(),
    ]
    tasks = [asyncio.create_task(each) for each in work]
    until = asyncio.get_running_loop().time() + length
    print(_HEAD, flush=True)
    while (left := until - asyncio.get_running_loop().time()) > 0:
        await asyncio.wait(tasks, timeout=min(left, MINUTE), return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():  # none ends by itself
                task.result()
        print(await _line(soak), flush=True)
    tasks[2].cancel()
    await soak.venue.arm(CLEAR)
    await soak.everything_read()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


_COLUMNS: Final = (
    "minute", "messages", "a second", "lost conn.", "renewed", "repaired", "gaps", "dropped",
    "unreported", "false books", "MB", "stall ms", "broken",
)  # fmt: skip
_HEAD: Final = "  ".join(_COLUMNS)


async def _line(soak: Soak) -> str:
    found, links = soak.findings, soak.links()
    cells = (
        f"{soak.age / MINUTE:.1f}",
        f"{soak.messages:,}",
        f"{soak.messages / soak.age:,.0f}",
        f"{links.reconnects}",
        f"{links.renewals}",
        f"{soak.total('repaired'):,}",
        f"{found.gaps:,}",
        f"{found.dropped:,}",
        f"{found.unreported + found.repeated + found.wrong}",
        f"{found.mismatches}",
        f"{soak.memory_at(soak.age):.1f}",
        f"{soak.longest_stall * 1000:.0f}",
        f"{await soak.broken_rules()}",
    )
    pairs = zip(cells, _COLUMNS, strict=True)
    return "  ".join(cell.rjust(len(name)) for cell, name in pairs)


async def _verdict(soak: Soak, length: float) -> bool:
    """Print what was seen and what had to be; whether every must was met."""
    found, links, struck = soak.findings, soak.links(), soak.struck
    good = f"{found.looks:,} looks at {len(soak.books)} books that called themselves good"
    facts = {
        "messages": f"{soak.messages:,} in {soak.age:.0f} s, {soak.messages / soak.age:,.0f} a second",
        "events read": f"{found.events:,}",
        "slots of faults": f"{struck}",
        "connections lost / renewed": f"{links.reconnects} / {links.renewals}, {links.dials} dials in 5 minutes",
        "repaired over REST": f"{soak.total('repaired'):,} ({soak.total('duplicates'):,} duplicates,"
        f" {soak.total('reordered'):,} reordered, {soak.total('malformed'):,} malformed)",
        "gaps told to readers": f"{found.gaps:,} ids",
        "drops told to sleepers": f"{found.dropped:,} ids",
        "books looked at": good,
        "longest stall of the loop": f"{soak.longest_stall * 1000:.0f} ms",
    }
    for name, value in facts.items():
        print(f"{name:<{_WIDTH}}{value}")
    musts = (
        ("missing without a word", found.unreported, 0),
        ("read twice", found.repeated, 0),
        ("read otherwise than it was", found.wrong, 0),
        ("books that were false", found.mismatches, 0),
        ("rules broken, by the venue's count", await soak.broken_rules(), 0),
        _growth(soak, length),
    )
    met = [_must(name, figure, most) for name, figure, most in musts]
    return all(met)


def _growth(soak: Soak, length: float) -> tuple[str, float, float]:
    """Resident memory at the end by that when everything was warm; a short soak says nothing of it."""
    warm, end = soak.memory_at(WARM), soak.memory_at(length)
    if length < WARM + MINUTE / 2:
        return "memory (too short to judge)", 0.0, GROWTH
    return f"memory, {end:.1f} MB by {warm:.1f} MB", round(end / warm, 3), GROWTH


def _must(name: str, figure: float, most: float) -> bool:
    met = figure <= most
    print(f"{name:<{_WIDTH}}{figure:g}  (≤ {most:g}) {'met' if met else 'MISSED'}")
    return met


async def _main(length: float, seed: int) -> bool:
    give_back_large_blocks()  # as ``serve`` does
    with venue_process() as venue:
        async with _services(venue) as services:
            soak = Soak(services, venue)
            await _run(soak, length, seed)
            met = await _verdict(soak, length)
            for saying in soak.findings.sayings:
                print(f"  {saying}")
            return met


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=LENGTH)
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    options = parser.parse_args(words)
    return 0 if asyncio.run(_main(options.seconds, options.seed)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
