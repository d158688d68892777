"""``/__sim``: the exchange's own switchboard, for tests and tools. Not part of Binance's interface.

Every answer is a JSON object. It needs no token: the socket is on loopback, and Host and Origin are checked.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.exchange.admin_market import MarketDesk
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.http.answers import Answer, header, json_answer, send_answer
from binance_mcp_server.exchange.http.bodies import ClientGoneError, TooLargeError, read_body
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.page.files import page_answer
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


class Said(NamedTuple):
    """What a request brings."""

    body: bytes
    query: Mapping[str, str]


Act = Callable[[Said], dict[str, object]]


class Admin:
    """ASGI application of everything below ``/__sim``. Without *accounts* nobody trades."""

    def __init__(
        self,
        source: Source,
        rest: RestApi,
        streams: Streams,
        market: MarketDesk | None = None,
        accounts: AccountsDesk | None = None,
    ) -> None:
        self._source = source
        self._rest = rest
        self._streams = streams
        self._market = market
        self.addresses: Mapping[str, str] = {}
        """Where everything is, as the ready line says."""
        self.parts: Mapping[str, Callable[[], dict[str, object]]] = {}
        """What other parts have to say of themselves."""
        self._routes: dict[str, dict[str, Act]] = {
            "/state": {"GET": self._state},
            "/play": {"POST": self._play},
            "/limits": {"POST": self._limits},
            "/respond": {"POST": self._respond},
            "/faults": {"GET": self._faults, "POST": self._arm},
        }
        if market is not None:
            self._routes |= _market_routes(market)
        if accounts is not None:
            self._routes |= _account_routes(accounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        await send_answer(scope, send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = scope["path"].removeprefix(PREFIX)
        page = page_answer(path, wanted=b"text/html" in header(scope, b"accept"))
        if page is not None and scope["method"] == "GET":
            return page
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
            said = Said(await read_body(receive, MOST_BYTES), _query(scope))
            return json_answer(200, await self._act(path, acts[scope["method"]], said))
        except TooLargeError:
            return json_answer(413, {"error": f"the body is over {MOST_BYTES} bytes"})
        except (msgspec.MsgspecError, ValueError) as error:
            return json_answer(400, {"error": str(error)})
        except RefusedError as error:
            return json_answer(400, {"error": error.text})

    async def _act(self, path: str, act: Act, said: Said) -> object:
        """A look at the market may have to make some of a simulated past first, as REST does."""
        if path != "/market":
            return act(said)
        return await self._rest.long_reads.read(self._rest.market, lambda: act(said))

    def _state(self, _said: Said) -> dict[str, object]:
        rest, usage, futures = self._rest, self._rest.usage(), self._rest.futures_usage()
        counters = rest.counters
        return {
            **self._source.state(),
            "now_ms": rest.market.now_ms(),
            "addresses": dict(self.addresses),
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
            **{name: state() for name, state in self.parts.items()},
        }

    def _play(self, _said: Said) -> dict[str, object]:
        self._source.play()
        return {"playing": True, **self._source.state()}

    def _limits(self, said: Said) -> dict[str, object]:
        new = msgspec.json.decode(said.body, type=NewLimits)
        pool = self._rest.pool if new.pool == "spot" else self._rest.futures_pool
        pool.limits = new.over(pool.limits)
        return {"limits": _limits(pool.limits)}

    def _respond(self, said: Said) -> dict[str, object]:
        self._rest.programmed.add(msgspec.json.decode(said.body, type=ProgrammedAnswer))
        return {"programmed": self._rest.programmed.pending()}

    def _faults(self, _said: Said) -> dict[str, object]:
        return self._rest.faults.schedule.state()

    def _arm(self, said: Said) -> dict[str, object]:
        self._rest.faults.arm(read_plan(said.body))
        self._streams.arm()
        return self._rest.faults.schedule.state()


def _market_routes(desk: MarketDesk) -> dict[str, dict[str, Act]]:
    return {
        "/market": {"GET": lambda said: desk.overview(said.query)},
        "/clock": {"GET": lambda _: desk.clock(), "POST": lambda said: desk.steer(said.body)},
        "/symbols": {"POST": lambda said: desk.set_status(said.body)},
    }


def _account_routes(desk: AccountsDesk) -> dict[str, dict[str, Act]]:
    return {
        "/accounts": {"GET": lambda _: desk.list(), "POST": lambda said: desk.open(said.body)},
        "/orders": {"GET": lambda said: desk.orders(said.query)},
        "/deposit": {"POST": lambda said: desk.deposit(said.body)},
    }


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def _limits(limits: Limits) -> dict[str, int]:
    return {
        "REQUEST_WEIGHT": limits.request_weight,
        "RAW_REQUESTS": limits.raw_requests,
        "ban_after": limits.ban_after,
    }
