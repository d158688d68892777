"""``python -m benchmarks.stream_sender LOAD COUNT``: sends the same frames to whoever connects, as fast as it can.

Prints its port. A client is served once it has asked for all streams of the load, by its path or by SUBSCRIBE; then
come the frames, made beforehand, and the end of the connection.
"""

import base64
import hashlib
import json
import socket
import struct
import sys
from contextlib import suppress
from typing import Final, cast

from benchmarks.stream_frames import Load, frames, names

_CHUNK: Final = 1 << 20
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PATIENCE: Final = 60.0


def frame(payload: bytes) -> bytes:
    """*payload* as an unmasked text frame (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack(">H", size) + payload
    return b"\x81\x7f" + struct.pack(">Q", size) + payload


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            more = self._connection.recv(65_536)
            if not more:
                raise ConnectionError
            self._buffer += more
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def shake_hands(self) -> str:
        """Answer the opening request; gives its path."""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._connection.recv(65_536)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        key = next(line for line in lines if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key.split(b": ", 1)[1] + _MAGIC).digest())  # noqa: S324
        assert fields[b"upgrade"] == b"websocket"
        self._connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        return lines[0].split(b" ")[1].decode()

    def until_subscribed(self, wanted: set[str]) -> None:
        """Acknowledge requests until all of *wanted* was asked for."""
        while wanted:
            kind, size = self._read(2)
            size &= 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._read(2))
            mask, body = self._read(4), self._read(size)
            text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))
            if kind & 0x0F == 1:
                request = json.loads(text)
                wanted -= set(request.get("params", ()))
                reply = {"result": None, "id": request.get("id")}
                self._connection.sendall(frame(json.dumps(reply).encode()))

    def blast(self, data: bytes) -> None:
        for start in range(0, len(data), _CHUNK):
            self._connection.sendall(data[start : start + _CHUNK])
        self._connection.shutdown(socket.SHUT_WR)
        while self._connection.recv(65_536):
            pass


def main() -> None:
    load, count = cast("Load", sys.argv[1]), int(sys.argv[2])
    data = b"".join(map(frame, frames(load, count)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            connection.settimeout(_PATIENCE)
            client = _Client(connection)
            with suppress(OSError), connection:
                path = client.shake_hands()
                client.until_subscribed({name for name in names(load) if name not in path})
                client.blast(data)


if __name__ == "__main__":
    main()
