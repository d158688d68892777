"""A venue that answers by script, byte by byte: for what a well-behaved server cannot do."""

import asyncio
import http
from types import TracebackType
from typing import Self

JSON = "application/json;charset=UTF-8"


def answer(
    status: int = 200, body: bytes = b"{}", *, length: int | None = None, **headers: str
) -> bytes:
    """An HTTP answer; *length* may lie. ``retry_after="3"`` becomes ``retry-after: 3``."""
    named = {"content_type": JSON, "content_length": str(len(body) if length is None else length)}
    lines = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in (named | headers).items())
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n{lines}\r\n".encode() + body


class ScriptedVenue:
    """Gives each request the next answer of the script, and the last one for ever.

    ``b""`` is an answer too: the connection is closed without a word.
    """

    def __init__(self, *script: bytes, close_after_each: bool = False, mute: bool = False) -> None:
        self._script = list(script)
        self._close = close_after_each
        self._mute = mute
        self.requests: list[str] = []
        """Heads of the requests, in the order of their arrival."""
        self.asked = asyncio.Event()
        """Set by the first request."""
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.wait_for(self._server.wait_closed(), 5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode())
                self.asked.set()
                said = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                if self._mute:
                    continue
                writer.write(said)
                await writer.drain()
                if self._close or not said:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
