"""``/__sim``: the exchange's own switchboard, for tests and tools. Not part of Binance's interface.

Every answer is a JSON object. It needs no token: the socket is on loopback, and Host and Origin are checked.
"""

from collections.abc import Callable

import msgspec
from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.http.answers import Answer, json_answer, send_answer
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.sources.base import Source
from binance_mcp_server.exchange.wire.limits import Limits

PREFIX = "/__sim"
MOST_BYTES = 1024 * 1024
"""Of a request's body."""


class NewLimits(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/limits``; what is left out stays."""

    request_weight: int | None = msgspec.field(default=None, name="REQUEST_WEIGHT")
    raw_requests: int | None = msgspec.field(default=None, name="RAW_REQUESTS")
    ban_after: int | None = None

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

    def __init__(self, source: Source, rest: RestApi) -> None:
        self._source = source
        self._rest = rest
        self._routes: dict[str, tuple[str, Callable[[bytes], dict[str, object]]]] = {
            "/state": ("GET", self._state),
            "/play": ("POST", self._play),
            "/limits": ("POST", self._limits),
            "/respond": ("POST", self._respond),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(scope, send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = scope["path"].removeprefix(PREFIX)
        if path not in self._routes:
            known = ", ".join(
                f"{method} {PREFIX}{path}" for path, (method, _) in self._routes.items()
            )
            return json_answer(404, {"error": f"no such path; there are {known}"})
        method, act = self._routes[path]
        if scope["method"] != method:
            return json_answer(405, {"error": f"use {method}"}, [(b"allow", method.encode())])
        try:
            return json_answer(200, act(await _body(receive)))
        except TooLargeError:
            return json_answer(413, {"error": f"the body is over {MOST_BYTES} bytes"})
        except (msgspec.MsgspecError, ValueError) as error:
            return json_answer(400, {"error": str(error)})

    def _state(self, _body: bytes) -> dict[str, object]:
        rest, usage = self._rest, self._rest.usage()
        counters = rest.counters
        return {
            **self._source.state(),
            "now_ms": rest.market.now_ms(),
            "failure": rest.failure,
            "market": rest.market.counters(),
            "limits": _limits(rest.limits),
            "used_weight": usage.weight,
            "raw_requests": usage.raw_requests,
            "banned_until_ms": usage.banned_until_ms or None,
            "requests": counters.requests,
            "refused_429": counters.by_status[429],
            "refused_418": counters.by_status[418],
            "by_path": dict(counters.by_path),
            "by_status": {str(status): count for status, count in counters.by_status.items()},
            "programmed": rest.programmed.pending(),
        }

    def _play(self, _body: bytes) -> dict[str, object]:
        self._source.play()
        return {"playing": True, **self._source.state()}

    def _limits(self, body: bytes) -> dict[str, object]:
        self._rest.limits = msgspec.json.decode(body, type=NewLimits).over(self._rest.limits)
        return {"limits": _limits(self._rest.limits)}

    def _respond(self, body: bytes) -> dict[str, object]:
        self._rest.programmed.add(msgspec.json.decode(body, type=ProgrammedAnswer))
        return {"programmed": self._rest.programmed.pending()}


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
