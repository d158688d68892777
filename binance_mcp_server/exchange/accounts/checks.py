"""The checks of a signed request, in one order for REST and the WebSocket API.

The documents do not give the order. Ours: what the key looks like (-2014), whether it is known (-2015), that time
and signature are there (-1102), the time (-1021), the signature (-1022), and last what the key may do and from where
(-2015), which is nobody's business but its owner's.
"""

from collections.abc import Sequence
from typing import NamedTuple

from binance_mcp_server.exchange.accounts import refusals
from binance_mcp_server.exchange.accounts.keys import Key, KeyRing
from binance_mcp_server.exchange.accounts.signatures import Signed
from binance_mcp_server.exchange.accounts.times import check_times, read_window
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.params import INTEGER_RANGE, LARGEST_LONG


class Times(NamedTuple):
    """When a request was made, and how long it stays good."""

    timestamp: int
    """ms or µs, as sent."""
    window_us: int

    def check(self, clocks: Sequence[int]) -> None:
        """Raises -1021. Asked on arrival, and again just before the engine sees the request."""
        check_times(self.timestamp, self.window_us, clocks)


def read_times(timestamp: str | None, recv_window: str | None) -> Times:
    """Raises -1102 without a timestamp, -1100 and -1108 on one that is no number, and what ``read_window`` raises."""
    if timestamp is None:
        raise errors.mandatory("timestamp")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 20):
        raise errors.illegal_characters("timestamp", INTEGER_RANGE)
    if int(timestamp) > LARGEST_LONG:
        raise errors.overflow("timestamp")
    return Times(int(timestamp), read_window(recv_window))


def admit(
    key: Key, signed: Signed, times: Times, *, security: str, ip: str, clocks: Sequence[int]
) -> None:
    """A request that *key* is said to have signed: raises -1102, -1021, -1022 or -2015 unless it may pass."""
    if signed.signature is None:
        raise errors.mandatory("signature")
    times.check(clocks)
    if not key.verify(signed.payload, signed.signature):
        raise refusals.bad_signature()
    key.allow(security, ip)


def authenticate(
    ring: KeyRing,
    api_key: str | None,
    signed: Signed,
    *,
    timestamp: str | None,
    recv_window: str | None,
    security: str,
    ip: str,
    clocks: Sequence[int],
) -> tuple[Key, Times]:
    """All checks of a signed request; the key that speaks, and the times for the check before the engine.

    *timestamp*, *recv_window*: as sent, ``None`` where they were not. *clocks*: see :func:`.times.check_times`.
    """
    key = ring.find(api_key)
    times = read_times(timestamp, recv_window)
    admit(key, signed, times, security=security, ip=ip, clocks=clocks)
    return key, times
