"""Text frames as a server sends them: whole and not masked. RFC 6455 section 5.2. Pure."""

from collections.abc import Iterable

_TEXT = 0x81  # the last of its message
_IN_2_BYTES, _IN_8_BYTES = 126, 127
_REMEMBERED = 4096
"""Heads of payloads with fewer bytes."""


def joined(payloads: Iterable[bytes]) -> bytes:
    """One frame after the other."""
    heads, parts = _heads, list[bytes]()
    for payload in payloads:
        parts.append(heads[len(payload)])
        parts.append(payload)
    return b"".join(parts)


class _Heads(dict[int, bytes]):
    """Size of a payload → what stands before it."""

    def __missing__(self, size: int) -> bytes:
        head = _head(size)
        if size < _REMEMBERED:
            self[size] = head
        return head


def _head(size: int) -> bytes:
    if size < _IN_2_BYTES:
        return bytes((_TEXT, size))
    if size < 1 << 16:
        return bytes((_TEXT, _IN_2_BYTES)) + size.to_bytes(2, "big")
    return bytes((_TEXT, _IN_8_BYTES)) + size.to_bytes(8, "big")


_heads = _Heads()
