"""One event, encoded once for each form in which somebody wants it. Pure.

The same bytes go to all subscribers of a form: raw or combined, in milliseconds or microseconds.
"""

import re
from typing import NamedTuple, Protocol

import msgspec

from binance_mcp_server.exchange.ws.payloads import Body

_TIMES = re.compile(rb'"([ET])":([0-9]{13})(?=[,}])')
_HEAD = b'{"stream":"'
_DATA = b'","data":'
_AT = len(_HEAD)

_encode = msgspec.json.encode


class Form(NamedTuple):
    """How a connection wants its events."""

    combined: bool
    scale: int
    """1: times in ms; 1000: in µs."""


class Event(Protocol):
    """Something to tell."""

    def encoded(self, form: Form) -> bytes: ...


class Passed:
    """A frame of the source, byte for byte as it came; for microseconds, zeros are put behind its times."""

    __slots__ = ("_payload",)

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def encoded(self, form: Form) -> bytes:
        payload = self._payload if form.combined else data_of(self._payload)
        return payload if form.scale == 1 else _TIMES.sub(rb'"\1":\g<2>000', payload)


class Made:
    """An event that follows from the market."""

    __slots__ = ("_body", "_name")

    def __init__(self, name: bytes, body: Body) -> None:
        self._name, self._body = name, body

    def encoded(self, form: Form) -> bytes:
        return made(self._name, self._body, form)


def made(name: bytes, body: Body, form: Form) -> bytes:
    """What :class:`Made` encodes."""
    combined, scale = form
    data = body(scale)
    if type(data) is not bytes:
        data = _encode(data)
    return b"".join((_HEAD, name, _DATA, data, b"}")) if combined else data


class _Whole(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


_whole = msgspec.json.Decoder(_Whole)


def name_of(payload: bytes) -> bytes:
    """Which stream a frame is of; nothing for the body of a depth snapshot."""
    name = plain_name_of(payload)
    return _whole.decode(payload).stream.encode() if name is None else name


def plain_name_of(beginning: bytes) -> bytes | None:
    """The same of a frame that begins so, as the venue writes it; ``None``: all of it has to be read."""
    end = beginning.find(b'"', _AT)
    name = beginning[_AT:end]
    if end < 0 or b"\\" in name or not beginning.startswith(_HEAD):
        return None
    return name


def data_of(payload: bytes) -> bytes:
    """The data of a combined frame, as it stands there."""
    if payload.startswith(_HEAD) and payload.endswith(b"}"):
        end = payload.index(b'"', _AT) + 1
        if payload.startswith(b',"data":', end):
            return payload[end + 8 : -1]
    return bytes(_whole.decode(payload).data)
