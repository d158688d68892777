"""A slower depth stream leads to the same book as the fast one, in one unbroken chain."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.ws.merging import DepthMerger
from binance_mcp_server.exchange.ws.names import Stream
from tests.exchange.market.feeds import RULES

START = 1_723_161_255_000
PRICES = ("99.00000000", "100.00000000", "101.50000000", "1000.00000000")
QUANTITIES = ("0.00000000", "1.00000000", "2.50000000")


def update(number: int, time: int, bids: dict[str, str], *, futures: bool = False) -> bytes:
    """One of ids ``10 n`` to ``10 n + 9``."""
    body: dict[str, object] = {"e": "depthUpdate", "E": time, "s": "BTCUSDT"}
    body |= {"U": 10 * number, "u": 10 * number + 9}
    body |= {"pu": 10 * number - 1, "T": time - 1} if futures else {}
    return json.dumps(body | {"b": list(bids.items()), "a": []}).encode()


def merger(period: int) -> DepthMerger:
    return DepthMerger(RULES, Stream("btcusdt@depth", "spot", "BTCUSDT", "depth", period))


def merged(period: int, updates: list[tuple[int, bytes]]) -> list[dict[str, Any]]:
    """All that is told of updates and their times, up to the end of the last period."""
    it, told = merger(period), list[Any]()
    for time, data in updates:
        told += [body(1) for body in it.take(data, time)]
    return told + [body(1) for body in it.due(updates[-1][0] + period)]


levels = st.dictionaries(st.sampled_from(PRICES), st.sampled_from(QUANTITIES), max_size=4)


@given(st.lists(st.tuples(st.integers(0, 700), levels), min_size=1, max_size=30))
def test_the_book_is_the_same_and_the_chain_unbroken(
    changes: list[tuple[int, dict[str, str]]],
) -> None:
    time, updates, plain = START, list[tuple[int, bytes]](), dict[str, str]()
    for number, (gap, bids) in enumerate(changes, 1):
        time += gap
        updates.append((time, update(number, time, bids)))
        plain.update(bids)
    told, book = merged(1000, updates), dict[str, str]()
    for event in told:
        book.update(event["b"])
    assert book == plain
    assert (told[0]["U"], told[-1]["u"]) == (10, 10 * len(changes) + 9)
    assert [event["U"] for event in told[1:]] == [event["u"] + 1 for event in told[:-1]]
    seconds = [event["E"] // 1000 for event in told]
    assert sorted(set(seconds)) == seconds


def test_levels_are_told_once_best_first_with_the_newest_quantity() -> None:
    first = update(1, START, {"99.00000000": "1.00000000", "1000.00000000": "1.00000000"})
    second = update(2, START + 900, {"99.00000000": "0.00000000", "100.00000000": "2.50000000"})
    [event] = merged(1000, [(START, first), (START + 900, second)])
    assert event["b"] == [
        ("1000.00000000", "1.00000000"),
        ("100.00000000", "2.50000000"),
        ("99.00000000", "0.00000000"),
    ]
    assert list(event) == ["e", "E", "s", "U", "u", "b", "a"]


def test_nothing_is_told_before_its_period_is_over_and_nothing_of_an_idle_one() -> None:
    it = merger(1000)
    assert list(it.due(START)) == []
    assert list(it.take(update(1, START, {}), START)) == []
    assert list(it.due(START + 999)) == []
    assert len(list(it.due(START + 1000))) == 1
    assert list(it.due(START + 5000)) == []


def test_futures_carry_the_last_id_before_the_first() -> None:
    rules = replace(RULES, product="usdm")
    it = DepthMerger(rules, Stream("btcusdt@depth", "usdm", "BTCUSDT", "depth", 250))
    for number in (1, 2):
        assert not list(it.take(update(number, START + number, {}, futures=True), START + number))
    [body] = it.due(START + 250)
    told: Any = body(1)
    assert (told["pu"], told["U"], told["u"], told["T"]) == (9, 10, 29, START + 1)
    assert list(told) == ["e", "E", "T", "s", "U", "u", "pu", "b", "a"]
