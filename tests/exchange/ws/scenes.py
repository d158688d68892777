"""A market that the test feeds, and what a subscriber of its board is told."""

import json
from collections.abc import Sequence
from typing import Any

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.sources.base import Frame
from binance_mcp_server.exchange.ws.board import Board
from binance_mcp_server.exchange.ws.events import Form
from tests.exchange.market.feeds import SYMBOL, THURSDAY, HandFed

RAW = Form(combined=False, scale=1)
COMBINED = Form(combined=True, scale=1)
SNAPSHOT = b'{"lastUpdateId":7,"bids":[["99.00000000","1.00000000"]],"asks":[["101.00000000","2.00000000"]]}'


class Cutting(HandFed):
    """A source whose batches may cut an aggregate."""

    ended = False


class Member:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.frames: list[tuple[str | None, bytes]] = []

    def send(self, stream: str | None, payload: bytes) -> None:
        self.frames.append((stream, payload))

    def take(self) -> list[Any]:
        """What came since the last time, decoded."""
        frames, self.frames = self.frames, []
        return [json.loads(payload) for _, payload in frames]


class Scene:
    """One symbol, BTCUSDT, from a Thursday's midnight on."""

    def __init__(self, source: HandFed | None = None) -> None:
        self.source = source or HandFed(THURSDAY)
        self.market = Market(self.source)
        self.board = Board({"spot": self.market})

    def subscribe(
        self, name: str, form: Form = RAW, product: Product = "spot", route: str | None = None
    ) -> Member:
        stream, member = self.board.resolve(name, product, route), Member()
        assert stream is not None
        self.board.join(stream, member, form)
        return member

    def play(self, *frames: Frame, at: int | None = None) -> None:
        """Take in a batch and tell; *at* is the venue's time after it, ms since midnight."""
        if at is not None:
            self.source.time_ms = THURSDAY + at
        self.market.apply(frames)
        self.tell(frames)

    def tell(self, frames: Sequence[Frame] = ()) -> None:
        for telling in self.board.tellings(frames):
            for member in telling.members:
                member.send(telling.stream, telling.payload)


def trade(number: int, at: int, price: int = 100, qty: int = 1, *, maker: bool = False) -> Trade:
    """*at* in ms since midnight, amounts in whole units."""
    return Trade(number, price * SCALE, qty * SCALE, THURSDAY + at, maker)


def snapshot() -> Frame:
    return Frame(THURSDAY, SYMBOL, SNAPSHOT)
