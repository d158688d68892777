"""A TCP proxy on loopback that misbehaves on demand: latency, bandwidth, slices, resets, silence.

What a direction does to its bytes is a :class:`Toxics`, which may be changed while connections run. Time is a clock's,
chance is seeded.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Self

from binance_mcp_server.clock import Clock, SystemClock

CHUNK = 64 * 1024
_WAITING = 64  # chunks that may be on their way in one direction
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s: closing sends RST

End = Literal["fin", "reset"]


@dataclass(slots=True)
class Toxics:
    """What is done to one direction of all connections. Times in seconds, sizes in bytes."""

    latency: float = 0.0
    jitter: float = 0.0
    """A chunk takes the latency and up to so much more; order is kept."""
    bandwidth: float = 0.0
    """Bytes a second; 0: no bound."""
    slice: int = 0
    """The largest piece that is written at once, sizes by chance; 0: as it came."""
    limit_data: int | None = None
    """A connection ends when it has passed so many bytes."""
    limit_by: End = "fin"
    slow_close: float = 0.0
    """The end of one side is told to the other so much later."""
    _passing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._passing.set()

    @property
    def blackhole(self) -> bool:
        """Connections stay, nothing passes: not even their end. What came meanwhile passes afterwards."""
        return not self._passing.is_set()

    @blackhole.setter
    def blackhole(self, on: bool) -> None:
        (self._passing.clear if on else self._passing.set)()

    async def passing(self) -> None:
        """Return when there is no black hole."""
        await self._passing.wait()


class _LimitReachedError(Exception):
    """The connection has passed all that it may."""


class _Pipe:
    """One direction of one connection."""

    def __init__(
        self,
        proxy: "TcpProxy",
        toxics: Toxics,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.passed = 0
        self._proxy, self._toxics = proxy, toxics
        self._reader, self._writer = reader, writer
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)

    async def take(self) -> None:
        """Read until the end; an empty chunk is the end."""
        clock, random = self._proxy.clock, self._proxy.random
        chunk = b"."
        while chunk:
            chunk = await self._reader.read(CHUNK)
            late = self._toxics.latency + random.uniform(0.0, self._toxics.jitter)
            await self._queue.put((clock.monotonic() + late, chunk))

    async def give(self) -> None:
        """Write what was read, when it is due."""
        while True:
            due, chunk = await self._queue.get()
            await self._sleep(due - self._proxy.clock.monotonic())
            await self._toxics.passing()
            if not chunk:
                break
            for piece in self._pieces(chunk):
                await self._write(piece)
        await self._sleep(self._toxics.slow_close)
        await self._toxics.passing()
        self._writer.write_eof()

    async def _write(self, piece: bytes) -> None:
        toxics = self._toxics
        if toxics.bandwidth:
            await self._sleep(len(piece) / toxics.bandwidth)
        await toxics.passing()
        left = len(piece) if toxics.limit_data is None else toxics.limit_data - self.passed
        self._writer.write(piece[: max(0, left)])
        self.passed += min(len(piece), max(0, left))
        await self._writer.drain()
        await asyncio.sleep(0)  # each piece is a segment of its own
        if left < len(piece):
            raise _LimitReachedError

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(chunk):
            most = self._toxics.slice
            size = self._proxy.random.randint(1, most) if most else len(chunk)
            yield chunk[at : at + size]
            at += size

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self._proxy.clock.sleep(seconds)


class _Link:
    """One connection through the proxy."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writers = [writer]
        self.pipes: list[_Pipe] = []
        self.task: asyncio.Task[None] | None = None

    def end(self, how: End) -> None:
        for writer in self.writers:
            if how == "reset":
                sock: socket.socket = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):  # closed already
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()


class TcpProxy:
    """Use it as an async context manager; *port* is where to connect to instead of *target*."""

    def __init__(self, target: int, *, clock: Clock | None = None, seed: int = 1) -> None:
        self.clock = clock or SystemClock()
        self.random = Random(seed)
        self.up, self.down = Toxics(), Toxics()
        """To the server, and to the client."""
        self.connections = 0
        """Since the start."""
        self.port = 0
        self._target = target
        self._gone = [0, 0]
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = [link.task for link in self._links if link.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def open(self) -> int:
        """Connections that run now."""
        return len(self._links)

    @property
    def bytes_up(self) -> int:
        return self._gone[0] + sum(link.pipes[0].passed for link in self._links if link.pipes)

    @property
    def bytes_down(self) -> int:
        return self._gone[1] + sum(link.pipes[1].passed for link in self._links if link.pipes)

    def reset(self) -> None:
        """RST to both sides of every connection, now."""
        self._end("reset")

    def fin(self) -> None:
        """FIN to both sides of every connection, now; what is on its way is lost."""
        self._end("fin")

    def _end(self, how: End) -> None:
        for link in tuple(self._links):
            link.end(how)
            if link.task is not None:
                link.task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        link = _Link(writer)
        self._links.add(link)
        link.task = asyncio.get_running_loop().create_task(self._carry(link, reader))

    async def _carry(self, link: _Link, reader: asyncio.StreamReader) -> None:
        how: End = "fin"
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            link.writers.append(far_writer)
            link.pipes = [
                _Pipe(self, self.up, reader, far_writer),
                _Pipe(self, self.down, far_reader, link.writers[0]),
            ]
            await self._run(link)
        except _LimitReachedError:
            how = max(self.up.limit_by, self.down.limit_by)  # "reset" where either says so
        except (
            OSError
        ):  # one side reset it, or nobody is there: the other side learns it the same way
            how = "reset"
        finally:
            link.end(how)
            for index, pipe in enumerate(link.pipes):
                self._gone[index] += pipe.passed
            self._links.discard(link)
            for writer in link.writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _run(self, link: _Link) -> None:
        """Until both directions have ended, or one has broken."""
        work = [each for pipe in link.pipes for each in (pipe.take(), pipe.give())]
        tasks = [asyncio.get_running_loop().create_task(each) for each in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
