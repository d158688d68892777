"""Bytes of a depth event into a live book, beside orjson and a loop of floats, as python-binance keeps its book.

Events are synthetic, in the venue's shape: most levels near the touch, a third of them taken away, the price wandering.
Both sides take turns over the same events; medians of the rounds' ratios. Before it counts, both books have to agree.
"""

import json
import random
import time
from collections.abc import Callable
from statistics import median

import msgspec
import orjson

from benchmarks.report import Row
from binance_mcp_server.market.live_book import LiveBook
from binance_mcp_server.models.events import DepthEvent
from binance_mcp_server.models.market import Depth, Level

EVENTS = 2000
ROUNDS = 7
READS = 20_000
MID = 6_100_000
"""In ticks of a cent."""
SHAPES = ((1000, 20), (5000, 200))
"""Levels a side in the snapshot, levels in a difference."""

_event = msgspec.json.Decoder(DepthEvent).decode


class FloatBook:
    """What most Python clients do with a difference."""

    def __init__(self, snapshot: Depth) -> None:
        self.bids = {float(level.price_text): float(level.quantity_text) for level in snapshot.bids}
        self.asks = {float(level.price_text): float(level.quantity_text) for level in snapshot.asks}

    def take(self, body: bytes) -> None:
        event = orjson.loads(body)
        for side, levels in ((self.bids, event["b"]), (self.asks, event["a"])):
            for price_text, quantity_text in levels:
                price, quantity = float(price_text), float(quantity_text)
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)


def _quantity(dice: random.Random) -> str:
    return "0.00000000" if dice.random() < 0.35 else f"{dice.uniform(0.001, 3):.8f}"


def market(depth: int, levels: int, seed: int = 1) -> tuple[Depth, list[bytes]]:
    """A snapshot with *depth* levels a side, and differences of *levels* each."""
    dice, mid, last = random.Random(seed), MID, 100

    def price(away: int) -> str:
        return f"{(mid + away) / 100:.8f}"

    def side(sign: int) -> list[list[str]]:
        steps = (min(int(dice.expovariate(5 / depth)), depth - 1) for _ in range(levels // 2))
        return [[price(sign * (1 + step)), _quantity(dice)] for step in steps]

    both = (
        tuple(Level(price(sign * at), "1.00000000") for at in range(1, depth + 1))
        for sign in (-1, 1)
    )
    snapshot, bodies = Depth(last, *both), []
    for number in range(EVENTS):
        event = {"e": "depthUpdate", "E": 1_700_000_000_000 + 100 * number, "s": "BTCUSDT",
                 "U": last + 1, "u": last + levels, "b": side(-1), "a": side(1)}  # fmt: skip
        bodies.append(json.dumps(event, separators=(",", ":")).encode())
        last += levels
        mid += dice.choice((-1, 0, 0, 1))
    return snapshot, bodies


def _us(take: Callable[[bytes], object], bodies: list[bytes]) -> float:
    begun = time.process_time()
    for body in bodies:
        take(body)
    return (time.process_time() - begun) * 1e6 / len(bodies)


def _ours(snapshot: Depth) -> tuple[LiveBook, Callable[[bytes], object]]:
    book = LiveBook("spot")
    book.snapshot(snapshot, limit=5001)
    return book, lambda body: book.diff(_event(body))


def _same(book: LiveBook, other: FloatBook) -> bool:
    top = book.top(20)
    bids, asks = sorted(other.bids, reverse=True)[:20], sorted(other.asks)[:20]
    return ([float(price) for price, _ in top.bids], [float(price) for price, _ in top.asks]) == (
        bids,
        asks,
    )


def to_book(depth: int, levels: int) -> Row:
    snapshot, bodies = market(depth, levels)
    samples = []
    for _ in range(ROUNDS + 1):
        other, (book, take) = FloatBook(snapshot), _ours(snapshot)
        samples.append((_us(take, bodies), _us(other.take, bodies)))
        assert book.state == "live"
        assert _same(book, other)
    samples = samples[1:]  # the first is warm-up
    our, others = (median(arm) for arm in zip(*samples, strict=True))
    return Row(
        what=f"bytes → book, differences of {levels} levels, is faster",
        ours=f"{our:.3g} µs",
        beside=f"orjson and floats: {others:.3g} µs",
        figure=median(other / our for our, other in samples),
        target=1.5,
        sense=">=",
    )


def top() -> Row:
    """The best 20 levels a side while nothing changes; the read after a change stands beside it."""
    snapshot, bodies = market(*SHAPES[0])
    book, take = _ours(snapshot)
    after_change = _us(lambda body: (take(body), book.top(20)), bodies) - _us(
        _ours(snapshot)[1], bodies
    )
    begun = time.process_time()
    for _ in range(READS):
        book.top(20)
    unchanged = (time.process_time() - begun) * 1e6 / READS
    return Row(
        what="top 20 of an unchanged book",
        ours=f"{unchanged:.2g} µs",
        beside=f"after each difference of {SHAPES[0][1]} levels: {after_change:.3g} µs",
        figure=unchanged,
        target=10,
        unit="µs",
    )


def run() -> list[Row]:
    return [*(to_book(depth, levels) for depth, levels in SHAPES), top()]
