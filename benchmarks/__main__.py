"""``python -m benchmarks [NAME …]``: run all or some, print the table; a whole run is written into the docs."""

import argparse
import importlib
import time

from benchmarks.processes import ROOT
from benchmarks.report import Row, conditions, insert, table

NAMES = (
    "startup",
    "tool_call",
    "together",
    "rest_client",
    "decode",
    "books",
    "streams",
    "engine",
    "orders",
    "trading",
    "fanout",
    "replay",
)
PAGE = ROOT / "docs" / "benchmarks.md"


def run(name: str) -> list[Row]:
    begun = time.perf_counter()
    print(f"{name} …", end="", flush=True)
    rows: list[Row] = importlib.import_module(f"benchmarks.{name}").run()
    print(f" {time.perf_counter() - begun:.0f} s", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES)
    )
    chosen: list[str] = parser.parse_args().names
    rows = [row for name in chosen or NAMES for row in run(name)]
    text = f"{table(rows)}\n\n{conditions()}"
    print(f"\n{text}")
    if not chosen:
        PAGE.write_text(insert(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
