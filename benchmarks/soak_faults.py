"""What goes wrong in a soak, and when: every kind of fault of the exchange, in rounds, shuffled by a seed. Pure."""

import random
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

SLOT_SECONDS: Final = 8.0
"""One thing after the other. Every second slot cuts connections: closer together, the server would take the venue for
one that flaps, and wait half a minute between two attempts, as it should."""

Fault = dict[str, Any]

ALWAYS: Final[tuple[Fault, ...]] = (
    {"kind": "drop", "share": 0.0004, "streams": ["*@aggTrade"]},
    {"kind": "drop", "share": 0.0001, "streams": ["*@trade"]},
    {"kind": "drop", "share": 0.001, "streams": ["*@depth@100ms"]},
    {"kind": "duplicate", "share": 0.005},
    {"kind": "swap", "share": 0.005},
)
"""Some of everything is lost, doubled or out of order at all times."""
_CUT: Final[Fault] = {"kind": "reset", "times": 1}
_TRADES: Final = ["*@trade", "*@aggTrade"]


def _malformed(form: str, **more: object) -> tuple[str, tuple[Fault, ...]]:
    return f"malformed {form}", ({"kind": "malformed", "form": form, **more},)


CUTS: Final[dict[str, tuple[Fault, ...]]] = dict((
    ("reset", ({"kind": "reset", "times": 1, "every": 1000},)),
    ("fin", ({"kind": "fin", "times": 1, "every": 1000},)),
    ("blackhole", ({"kind": "blackhole", "ms": 4000, "times": 1},)),
    ("serverShutdown", ({"kind": "serverShutdown", "seconds": 3, "times": 1},)),
    ("day", ({"kind": "day", "seconds": 20, "notice_seconds": 5},)),
    ("no_ack", ({"kind": "no_ack", "times": 1}, _CUT)),
    ("late_ack", ({"kind": "late_ack", "ms": 1500, "times": 2}, _CUT)),
    ("refuse", ({"kind": "refuse", "status": 503, "times": 2}, _CUT)),
    ("streams_down", ({"kind": "streams_down", "times": 3},)),
    _malformed("huge", every=500, times=1),
    _malformed("rsv_bit", every=500, times=1),
))  # fmt: skip
"""What ends a connection. A refusal for good (403, 451) is not among them: after one the server tries no more, as it
should."""
OTHERS: Final[dict[str, tuple[Fault, ...]]] = dict((
    ("nothing else", ()),
    ("slow_rest", ({"kind": "slow_rest", "delay_ms": 700, "share": 0.5},)),
    ("cut_rest", ({"kind": "cut_rest", "bytes": 200, "share": 0.3},)),
    ("rest_down", ({"kind": "rest_down", "status": 503, "times": 6},)),
    ("stale_snapshots", (
        {"kind": "stale_snapshots", "times": 2},
        {"kind": "drop", "share": 0.05, "times": 2, "streams": ["*@depth@100ms"]},
    )),
    *(_malformed(form, share=0.0005, streams=_TRADES)
      for form in ("bad_json", "unknown_enum", "null", "extra_field", "bad_utf8", "cut")),
))  # fmt: skip
"""What leaves connections as they are."""
SLOTS: Final = CUTS | OTHERS


def slots(seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and body of ``POST /__sim/faults``, slot after slot, without end: cuts, and something else between two."""
    for number, name in enumerate(_names(random.Random(seed)), seed * 1000):
        yield name, {"seed": number, "faults": [*SLOTS[name], *ALWAYS]}


def _names(dice: random.Random) -> Iterator[str]:
    while True:
        cuts, others = (dice.sample(sorted(kind), len(kind)) for kind in (CUTS, OTHERS))
        yield from chain.from_iterable(zip(cuts, others, strict=True))


CLEAR: Final[dict[str, Any]] = {"faults": []}
