"""What may be asked for is taken as it stands; anything else is refused in words that say what is allowed."""

import msgspec
import pytest

from binance_mcp_server.exchange.faults.kinds import Drop, Reset, StaleSnapshots
from binance_mcp_server.exchange.faults.plan import KINDS, MOST_FAULTS, read_plan
from binance_mcp_server.exchange.faults.schedule import Schedule

NEEDED: dict[str, dict[str, object]] = {
    "drop": {"every": 3},
    "duplicate": {"every": 3},
    "swap": {"every": 3},
    "malformed": {"every": 3, "form": "cut"},
    "day": {"seconds": 30},
    "late_ack": {"ms": 100},
    "slow_rest": {"delay_ms": 5},
    "order": {"executes": True, "then": "hang"},
    "late_orders": {"ms": 3000},
    "user_stream": {"then": "cut"},
}


def test_a_plan_is_read_and_told_back() -> None:
    body = (
        b'{"seed":7,"faults":[{"kind":"reset","every":500,"times":200},'
        b'{"kind":"drop","share":0.02,"streams":["btcusdt@trade"],"product":"spot"},'
        b'{"kind":"stale_snapshots"}]}'
    )
    plan = read_plan(body)
    assert plan.seed == 7
    assert [fault for _, fault in plan.faults] == [
        Reset(every=500, times=200),
        Drop(share=0.02, streams=("btcusdt@trade",), product="spot"),
        StaleSnapshots(times=1),
    ]
    assert Schedule(plan).state() == {
        "seed": 7,
        "faults": [
            {"kind": "reset", "times": 200, "every": 500, "streams": ("*",), "struck": 0},
            {
                "kind": "drop",
                "share": 0.02,
                "streams": ("btcusdt@trade",),
                "product": "spot",
                "struck": 0,
            },
            {"kind": "stale_snapshots", "times": 1, "struck": 0},
        ],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_armed_with_what_it_needs(kind: str) -> None:
    body = msgspec.json.encode({"faults": [{"kind": kind, **NEEDED.get(kind, {})}]})
    assert [name for name, _ in read_plan(body).faults] == [kind]
    if kind in NEEDED:
        with pytest.raises(ValueError, match=r"faults\[0\]"):
            read_plan(msgspec.json.encode({"faults": [{"kind": kind}]}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "truncated"),
        (b"[]", "object"),
        (b"{}", "faults"),
        (b'{"faults":[],"sed":1}', "sed"),
        (b'{"faults":[{}]}', "kind is one of reset, fin"),
        (b'{"faults":[{"kind":"nonsense"}]}', "kind is one of reset, fin"),
        (b'{"faults":[{"kind":["reset"]}]}', "kind is one of"),
        (b'{"faults":[{"kind":"reset","evry":5}]}', "reset takes every, share"),
        (b'{"faults":[{"kind":"reset"},{"kind":"drop"}]}', r"faults\[1\].*every or share"),
        (b'{"faults":[{"kind":"drop","every":5,"share":0.5}]}', "not both"),
        (b'{"faults":[{"kind":"drop","share":2}]}', "<= 1"),
        (b'{"faults":[{"kind":"drop","share":0}]}', "> 0"),
        (b'{"faults":[{"kind":"drop","every":0}]}', ">= 1"),
        (b'{"faults":[{"kind":"drop","every":2,"times":-1}]}', ">= 1"),
        (b'{"faults":[{"kind":"malformed","every":2,"form":"odd"}]}', "odd"),
        (b'{"faults":[{"kind":"refuse","status":200}]}', ">= 400"),
        (b'{"faults":[{"kind":"slow_rest","delay_ms":9000000}]}', "<= 600000"),
    ],
)
def test_what_cannot_be_armed_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_plan(body)


def test_there_is_a_bound() -> None:
    many = [{"kind": "reset"}] * (MOST_FAULTS + 1)
    with pytest.raises(ValueError, match="at most"):
        read_plan(msgspec.json.encode({"faults": many}))
