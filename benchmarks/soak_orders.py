"""``python -m benchmarks.soak_orders [KILLS]``: desks killed with ``kill -9`` around an order; exit code 1 when the
venue has an order twice, or the next desk does not find the truth."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.order_kills import Kills, exchange

KILLS: Final = 1_000


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with exchange() as ready, tempfile.TemporaryDirectory() as folder:
        found = Kills(ready, Path(folder), options.seed).run(options.kills)
    states = ", ".join(f"{count} {state}" for state, count in sorted(found.states.items()))
    print(f"{found.lives} lives of a desk, {found.killed} ended by kill -9")
    print(f"{found.sent} had changed something at the venue; {found.taken_up} were taken up late")
    print(f"final states: {states}")
    for each in found.wrong:
        print(f"WRONG {each}")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
