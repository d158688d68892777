"""Frames in forms that nobody expects. Pure; the same frame always becomes the same."""

import re
import zlib

from binance_mcp_server.exchange.faults.kinds import Form

HUGE_BYTES = 64 * 1024 * 1024
_EVENT = re.compile(rb'"e":"[A-Za-z0-9]+"')
_ORDER_TYPE = re.compile(rb'"X":"[A-Z_]+"')
_VALUE = re.compile(rb'"(?:p|b|bids|c|o|lastUpdateId)":(?:"[^"]*"|\[\[.*?\]\]|\[\]|[0-9]+)')
_SYMBOL = re.compile(rb'"s":"[^"]*')
_NAME = re.compile(rb'^\{"stream":"[^"]*",')


def malformed(payload: bytes, form: Form) -> bytes:
    """*payload* in another form. For ``rsv_bit`` it is what the bit would mean, had anybody agreed on it."""
    match form:
        case "bad_json":
            head = _NAME.match(payload)
            return (head.group() if head else b"{") + b'"data":{nonsense]'
        case "unknown_enum":
            return _unknown_enum(payload)
        case "null":
            return _VALUE.sub(lambda it: it.group().partition(b":")[0] + b":null", payload, count=1)
        case "extra_field":
            end = len(payload) - (2 if payload.endswith(b"}}") else 1)
            return payload[:end] + b',"newField":{"a":[1,null,"x"]}' + payload[end:]
        case "bad_utf8":
            end = found.end() if (found := _SYMBOL.search(payload)) else payload.rindex(b'"')
            return payload[:end] + b"\xff\xfe" + payload[end:]
        case "cut":
            return payload[: len(payload) // 2]
        case "huge":
            return payload.ljust(HUGE_BYTES)
        case "rsv_bit":
            return _deflated(payload)


def _deflated(payload: bytes) -> bytes:
    """A message as permessage-deflate has it (RFC 7692 section 7.2.1)."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed.removesuffix(b"\x00\x00\xff\xff")


def _unknown_enum(payload: bytes) -> bytes:
    """As ``INSURANCE_FUND`` once appeared among the order types of futures' trades; else a new type of event."""
    if _ORDER_TYPE.search(payload):
        return _ORDER_TYPE.sub(b'"X":"NOBODY_KNOWS"', payload, count=1)
    return _EVENT.sub(b'"e":"nobodyKnows"', payload, count=1)


def half_a_frame(payload: bytes) -> bytes:
    """The bytes of a text frame of a server, cut in its middle (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 1 << 16:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + payload[: size // 2]
