"""``/__sim``: the exchange's own switchboard, for tests and tools. Not part of Binance's interface.

Every answer is a JSON object. It needs no token: the socket is on loopback, and Host and Origin are checked.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.http.answers import Answer, json_answer, send_answer
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.sources.base import Source
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.ws.streams import Streams

PREFIX = "/__sim"
MOST_BYTES = 1024 * 1024
"""Of a request's body."""


class NewLimits(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/limits``; what is left out stays."""

    request_weight: int | None = msgspec.field(default=None, name="REQUEST_WEIGHT")
    raw_requests: int | None = msgspec.field(default=None, name="RAW_REQUESTS")
    ban_after: int | None = None
    pool: Literal["spot", "futures"] = "spot"
    """Whose limits: those of spot, or those that USDⓈ-M and COIN-M share."""

    def over(self, old: Limits) -> Limits:
        """The limits from now on; raises ``ValueError`` below 0."""
        new = Limits(
            old.request_weight if self.request_weight is None else self.request_weight,
            old.raw_requests if self.raw_requests is None else self.raw_requests,
            old.ban_after if self.ban_after is None else self.ban_after,
        )
        if min(new.request_weight, new.raw_requests, new.ban_after) < 0:
            raise ValueError("a limit cannot be negative")
        return new


class TooLargeError(Exception):
    """A body past :data:`MOST_BYTES`."""


class Admin:
    """ASGI application of everything below ``/__sim``."""

    def __init__(self, source: Source, rest: RestApi, streams: Streams) -> None:
        self._source = source
        self._rest = rest
        self._streams = streams
        self._routes: dict[str, dict[str, Callable[[bytes], dict[str, object]]]] = {
            "/state": {"GET": self._state},
            "/play": {"POST": self._play},
            "/limits": {"POST": self._limits},
            "/respond": {"POST": self._respond},
            "/faults": {"GET": self._faults, "POST": self._arm},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(scope, send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = scope["path"].removeprefix(PREFIX)
        if path not in self._routes:
            known = ", ".join(
                f"{' or '.join(acts)} {PREFIX}{path}" for path, acts in self._routes.items()
            )
            return json_answer(404, {"error": f"no such path; there are {known}"})
        acts = self._routes[path]
        if scope["method"] not in acts:
            error = {"error": f"use {' or '.join(acts)}"}
            return json_answer(405, error, [(b"allow", ", ".join(acts).encode())])
        try:
            return json_answer(200, acts[scope["method"]](await _body(receive)))
        except TooLargeError:
            return json_answer(413, {"error": f"the body is over {MOST_BYTES} bytes"})
        except (msgspec.MsgspecError, ValueError) as error:
            return json_answer(400, {"error": str(error)})

    def _state(self, _body: bytes) -> dict[str, object]:
        rest, usage, futures = self._rest, self._rest.usage(), self._rest.futures_usage()
        counters = rest.counters
        return {
            **self._source.state(),
            "now_ms": rest.market.now_ms(),
            "failure": rest.failure,
            "market": rest.market.counters(),
            "markets": {product: market.counters() for product, market in rest.markets.items()},
            "limits": _limits(rest.limits),
            "used_weight": usage.weight,
            "raw_requests": usage.raw_requests,
            "banned_until_ms": usage.banned_until_ms or None,
            "futures": {
                "limits": _limits(rest.futures_pool.limits),
                "used_weight": futures.weight,
                "banned_until_ms": futures.banned_until_ms or None,
            },
            "requests": counters.requests,
            "refused_429": counters.by_status[429],
            "refused_418": counters.by_status[418],
            "by_path": dict(counters.by_path),
            "by_status": {str(status): count for status, count in counters.by_status.items()},
            "programmed": rest.programmed.pending(),
            "streams": self._streams.state(),
        }

    def _play(self, _body: bytes) -> dict[str, object]:
        self._source.play()
        return {"playing": True, **self._source.state()}

    def _limits(self, body: bytes) -> dict[str, object]:
        new = msgspec.json.decode(body, type=NewLimits)
        pool = self._rest.pool if new.pool == "spot" else self._rest.futures_pool
        pool.limits = new.over(pool.limits)
        return {"limits": _limits(pool.limits)}

    def _respond(self, body: bytes) -> dict[str, object]:
        self._rest.programmed.add(msgspec.json.decode(body, type=ProgrammedAnswer))
        return {"programmed": self._rest.programmed.pending()}

    def _faults(self, _body: bytes) -> dict[str, object]:
        return self._rest.faults.schedule.state()

    def _arm(self, body: bytes) -> dict[str, object]:
        self._rest.faults.arm(read_plan(body))
        self._streams.arm()
        return self._rest.faults.schedule.state()


def _limits(limits: Limits) -> dict[str, int]:
    return {
        "REQUEST_WEIGHT": limits.request_weight,
        "RAW_REQUESTS": limits.raw_requests,
        "ban_after": limits.ban_after,
    }


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise TooLargeError
    return body
