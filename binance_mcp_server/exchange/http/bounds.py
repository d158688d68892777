"""What one HTTP connection may make the server hold: uvicorn itself has no bounds for it.

A body has its own (:mod:`.bodies`). A head is bounded here, as are requests that are sent before the ones ahead of them
are answered: past so many nothing is read until some of them are.
"""

import asyncio
from typing import Any

MOST_HEAD_BYTES = 64 * 1024
"""Of a request's line and headers, beyond what came with the first packet."""
MOST_WAITING = 100
"""Requests that wait for their turn; what was read with the last of them is let in still."""


def bounded(protocol: type[Any]) -> type[asyncio.Protocol]:
    """One of uvicorn's protocols, with bounds. The one by h11 bounds heads itself, and lets no request wait."""

    class Bounded(protocol):  # type: ignore[misc]
        _in_head = False
        _head_bytes = 0

        def data_received(self, data: bytes) -> None:
            went_on = self._in_head
            super().data_received(data)
            if went_on and self._in_head:
                self._head_bytes += len(data)
                if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                    self.send_400_response("The head of the request is too large.")

        def on_message_begin(self) -> None:
            self._in_head, self._head_bytes = True, 0
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._in_head = False
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if len(getattr(self, "pipeline", ())) > MOST_WAITING:
                self.flow.pause_reading()

    return Bounded
