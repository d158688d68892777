"""Streams that come from no public endpoint, made to look to the hub like those that do: an account's events."""

from collections.abc import Callable, Mapping
from typing import Protocol

from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.errors import BinanceMcpError, InputError

Answered = Callable[[Stream, BinanceMcpError | None], None]
"""The stream runs, or is refused for a reason."""


class Carrier(Protocol):
    """Who fills a stream."""

    def add(self, stream: Stream, answered: Answered) -> None:
        """Fill *stream* from now on, and call *answered* whenever it begins to run or is refused. Idempotent."""
        ...

    def remove(self, stream: Stream) -> None:
        """Fill it no longer."""
        ...


def carried(carriers: Mapping[str, "Carried"], kind: str) -> "Carried":
    """What fills streams of *kind*. Raises :class:`InputError` where nothing does."""
    if kind not in carriers:
        raise InputError(
            "There is no account here: its owner has given this server no key.",
            advice="Public streams need none; docs/trading.md says how to give one.",
        )
    return carriers[kind]


class Carried:
    """One carrier in the place of an endpoint."""

    barred_by: BinanceMcpError | None = None

    def __init__(self, carrier: Carrier, answered: Answered) -> None:
        self._carrier = carrier
        self._answered = answered

    def add(self, stream: Stream) -> None:
        self._carrier.add(stream, self._answered)

    def remove(self, stream: Stream) -> None:
        self._carrier.remove(stream)
