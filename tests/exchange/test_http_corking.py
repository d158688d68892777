"""What is written in one turn of the loop leaves in one piece, whole and in order."""

import asyncio
from typing import Any, cast

import pytest

from binance_mcp_server.exchange.http.corking import Corked

pytestmark = pytest.mark.anyio


class Transport:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return f"{name} of the transport"


def corked(transport: Transport) -> Any:
    return Corked(cast("asyncio.Transport", transport))


async def test_one_packet_a_turn() -> None:
    transport = Transport()
    cork = corked(transport)
    cork.write(b"head ")
    cork.writelines([b"bo", b"dy"])
    assert transport.sent == []
    await asyncio.sleep(0)
    assert transport.sent == [b"head body"]
    cork.write(b"next")
    await asyncio.sleep(0)
    assert transport.sent == [b"head body", b"next"]


async def test_closing_sends_what_is_held_and_nothing_after() -> None:
    transport = Transport()
    cork = corked(transport)
    cork.write(b"last words")
    cork.close()
    assert (transport.sent, transport.closed) == ([b"last words"], True)
    await asyncio.sleep(0)
    assert transport.sent == [b"last words"]


async def test_all_else_is_the_transports_own() -> None:
    assert corked(Transport()).get_extra_info("peername") == "peername of the transport"
