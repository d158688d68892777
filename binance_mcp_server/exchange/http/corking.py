"""Small writes gathered: an answer's head and its body leave in one packet, with one call of the system.

uvicorn writes them one after the other; on loopback each such call costs as much as finding the answer.
"""

import asyncio
from collections.abc import Iterable
from typing import Any


def corked(protocol: type[Any]) -> type[asyncio.Protocol]:
    """One of uvicorn's protocols, which writes through :class:`Corked`."""

    class CorkedProtocol(protocol):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Corked(transport))

    return CorkedProtocol


class Corked:
    """A transport that sends what was written in one turn of the loop at its end; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []
        self._call_soon = asyncio.get_running_loop().call_soon

    def write(self, data: bytes) -> None:
        if not self._held:
            self._call_soon(self._flush)
        self._held.append(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        self.write(b"".join(lines))

    def close(self) -> None:
        """After what was written has been sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
