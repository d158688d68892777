"""Replies, encoded (web-socket-api.md "Response format", read 2026-11-24). Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from binance_mcp_server.exchange.engine.unfilled import OrderCount
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wsapi.requests import Id

OK = 200
REVOKED_STATUS = 401
Limit = Mapping[str, object]
"""One entry of ``rateLimits``."""

_encode = msgspec.json.encode


def weight_limit(limit: int, count: int) -> Limit:
    return {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": limit,
        "count": count,
    }


def order_limit(counted: OrderCount) -> Limit:
    return {
        "rateLimitType": "ORDERS",
        "interval": counted.interval,
        "intervalNum": counted.interval_num,
        "limit": counted.limit,
        "count": counted.used,
    }


def done(id_: Id, result: object, limits: Sequence[Limit] | None) -> bytes:
    """*limits*: ``None`` where they are not shown."""
    return _whole({"id": id_, "status": OK, "result": result}, limits)


def refused(
    id_: Id,
    error: VenueError,
    limits: Sequence[Limit] | None,
    retry: tuple[int, int] | None = None,
) -> bytes:
    """*retry*: the venue's time, and when to ask again, both in the unit that the connection asked for."""
    body = error.body()
    if retry is not None:
        body = {**body, "data": {"serverTime": retry[0], "retryAfter": retry[1]}}
    return _whole({"id": id_, "status": error.status, "error": body}, limits)


def revoked() -> bytes:
    """The key by which the session was authenticated is none any more."""
    error = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    return _encode({"id": None, "status": REVOKED_STATUS, "error": error})


def event(subscription: int, payload: bytes) -> bytes:
    """An event of user data, encoded already."""
    return b'{"subscriptionId":%d,"event":%b}' % (subscription, payload)


def server_shutdown(time: int) -> bytes:
    """*time*: in the unit that the connection asked for."""
    return _encode({"event": {"e": "serverShutdown", "E": time}})


def _whole(reply: dict[str, object], limits: Sequence[Limit] | None) -> bytes:
    return _encode(reply if limits is None else {**reply, "rateLimits": limits})
