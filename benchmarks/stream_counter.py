"""``python -m benchmarks.stream_counter URL [COUNT]``: the least that a subscriber can do with messages: count them.

It prints ``ready`` when it is subscribed. With a COUNT it leaves after so many messages; without, it asks its venue a
last question when a line comes on stdin, whose answer shows that everything sent before has come. Then it prints
messages and bytes, the seconds from the first burst (not counted itself) to the last, and the CPU seconds of those.
"""

import asyncio
import json
import sys
import time

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

PATIENCE = 200.0
_LAST = b'{"method":"GET_PROPERTY","params":["combined"],"id":"last"}'
_ANSWER = b'"id":"last"}'
_SHORT = 100
"""Bytes: an answer has fewer, an event more."""


class Counter(WSListener):
    """Counts until it has seen *count* messages, or the answer to the last question."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self.messages = self.size = 0
        self.done = asyncio.Event()
        self.transport: WSTransport | None = None
        self._first: tuple[int, float, float] | None = None
        self._last = (0.0, 0.0)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        size = frame.payload_size
        if size < _SHORT and self._is_aside(transport, frame):
            return
        self.messages += 1
        self.size += size
        if frame.last_in_buffer:
            self._last = (time.perf_counter(), time.process_time())
            self._first = self._first or (self.messages, *self._last)
            if self.messages == self.count:
                self.done.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' own
        self.done.set()

    def ask(self) -> None:
        """The last question."""
        assert self.transport
        self.transport.send(WSMsgType.TEXT, _LAST)

    def told(self) -> dict[str, float]:
        """What was seen."""
        before, *begun = self._first or (0, 0.0, 0.0)
        wall, cpu = (now - then for now, then in zip(self._last, begun, strict=True))
        return {
            "messages": self.messages,
            "bytes": self.size,
            "counted": self.messages - before,
            "seconds": wall,
            "cpu_seconds": cpu,
        }

    def _is_aside(self, transport: WSTransport, frame: WSFrame) -> bool:
        """Whether it is no event of a stream."""
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            return True
        if frame.get_payload_as_bytes().endswith(_ANSWER):
            self.done.set()
            return True
        return frame.msg_type != WSMsgType.TEXT


async def main() -> None:
    url = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else None
    counter = Counter(count)
    await ws_connect(lambda: counter, url, enable_auto_pong=False)
    print("ready", flush=True)
    if count is None:
        await asyncio.to_thread(sys.stdin.readline)
        counter.ask()
    async with asyncio.timeout(PATIENCE):
        await counter.done.wait()
    print(json.dumps(counter.told()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
