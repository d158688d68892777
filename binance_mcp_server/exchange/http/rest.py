"""The venue's REST interface: limits, parameters, an endpoint's answer, and the headers that go with it."""

import asyncio
import logging
import uuid
from collections import Counter
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.http.answers import (
    Answer,
    header,
    html_answer,
    http_date,
    json_answer,
    send_answer,
)
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswers
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.endpoints import ENDPOINTS, Call, Endpoint
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.info import Catalogue
from binance_mcp_server.exchange.wire.limits import IpLedger, Limits, Usage
from binance_mcp_server.exchange.wire.params import Query, parse_query
from binance_mcp_server.exchange.wire.view import MarketView

log = logging.getLogger(__name__)

PREFIX = "/api/v3/"
RETIRED = ("/api/v1/", "/api/v3/userDataStream")
"""Gone since 2026-03-25 and 2026-02-20."""
OTHER_PRODUCTS = ("/sapi/", "/fapi/", "/dapi/", "/eapi/", "/papi/")
SCALES = {b"": 1, b"MILLISECOND": 1, b"millisecond": 1, b"MICROSECOND": 1000, b"microsecond": 1000}
DAYS_A_TURN = 6
"""Days of a simulated past that a read makes before others have their turn: 20 to 40 ms."""
MOST_TURNS = 100
"""More than all days of all symbols in a window of tickers need."""
_COMMON_HEADERS = [
    (b"server", b"nginx"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'self'"),
    (b"cache-control", b"no-cache, no-store, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
]


@dataclass(slots=True)
class Counters:
    """What was asked since the start, for tests."""

    requests: int = 0
    by_path: Counter[str] = field(default_factory=Counter)
    """Unknown paths together as ``other``."""
    by_status: Counter[int] = field(default_factory=Counter)


class RestApi:
    """ASGI application of everything but the admin side."""

    def __init__(
        self, market: MarketView, clock: Clock, *, limits: Limits, latency_ms: int = 0
    ) -> None:
        self.market = market
        self.limits = limits
        self.programmed = ProgrammedAnswers()
        self.counters = Counters()
        self.failure: str | None = None
        """Why the market behind it stopped; from then on it answers 503."""
        self._clock = clock
        self._latency_ms = latency_ms
        self._catalogue = Catalogue(market.rules)
        self._ledgers: dict[str, IpLedger] = {}
        self._long_read = asyncio.Lock()

    def usage(self, ip: str = "127.0.0.1") -> Usage:
        """What *ip* has used in the current windows."""
        return self._ledger(ip).usage(self._clock.now_ms())

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        programmed = self.programmed.take(path)
        if programmed is not None and programmed.delay_ms:
            await self._clock.sleep(programmed.delay_ms / 1000)
        await self._travel()
        answer = programmed.answer() if programmed is not None else None
        if answer is None:
            answer = await self._answer(scope, path)
            answer.cut = programmed.cut if programmed is not None else None
        self._count(path, answer.status)
        await self._travel()
        await send_answer(scope, send, answer)

    async def _travel(self) -> None:
        """Half of the latency: the market is read between the two halves."""
        if self._latency_ms:
            await self._clock.sleep(self._latency_ms / 2000)

    async def _answer(self, scope: Scope, path: str) -> Answer:
        endpoint = ENDPOINTS.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        if endpoint is None and not path.startswith("/api/"):
            return _not_found(scope, path)
        answer = await self._limited(scope, path, endpoint)
        used = str(self.usage(_ip(scope)).weight).encode()
        answer.headers += [
            *_COMMON_HEADERS,
            (b"date", http_date(self.market.now_ms() // 1000)),
            (b"x-mbx-uuid", str(uuid.uuid4()).encode()),
            (b"x-mbx-used-weight", used),
            (b"x-mbx-used-weight-1m", used),
        ]
        return answer

    async def _limited(self, scope: Scope, path: str, endpoint: Endpoint | None) -> Answer:
        """An answer or a refusal, never an exception. Paths that are not there weigh nothing, but count."""
        params, malformed = _params(scope)
        weight = endpoint.weight(params) if endpoint else 0
        try:
            self._ledger(_ip(scope)).charge(weight, self.limits, self._clock.now_ms())
            if path.startswith(RETIRED):
                return html_answer(410, "410 Gone")
            if endpoint is None:
                return _not_found(scope, path)
            if scope["method"] not in {"GET", "HEAD"}:
                return _method_not_allowed(scope)
            if malformed is not None:
                return _refusal(malformed)
            return await self._ask(scope, endpoint, params)
        except VenueError as error:
            return _refusal(error)
        except Exception:
            log.exception("cannot answer %s?%s", scope["path"], scope["query_string"])
            return _refusal(errors.unknown())

    async def _ask(self, scope: Scope, endpoint: Endpoint, params: dict[str, str]) -> Answer:
        if self.failure is not None:
            raise errors.unavailable()
        scale = SCALES.get(header(scope, b"x-mbx-time-unit"))
        if scale is None:
            raise errors.bad_time_unit()
        if header(scope, b"accept").startswith(b"application/sbe"):
            raise errors.no_sbe()
        query = Query(params, endpoint.params)
        call = Call(self.market, self._catalogue, self.limits, query, scale)
        body = await self._in_turns(endpoint, call)
        query.finish()
        return json_answer(200, body)

    async def _in_turns(self, endpoint: Endpoint, call: Call) -> object:
        """The answer, read anew after every turn that was too short for it. One long read at a time: two could take
        the days that each of them needs out of the memory again."""
        try:
            return self._turn(endpoint, call, DAYS_A_TURN)
        except TurnOverError:
            await self._clock.sleep(0)
        async with self._long_read:
            for _ in range(MOST_TURNS):
                try:
                    return self._turn(endpoint, call, DAYS_A_TURN)
                except TurnOverError:
                    await self._clock.sleep(0)
        return self._turn(endpoint, call, None)

    def _turn(self, endpoint: Endpoint, call: Call, days: int | None) -> object:
        self.market.allow(days)
        try:
            return endpoint.answer(call)
        finally:
            self.market.allow(None)

    def _ledger(self, ip: str) -> IpLedger:
        return self._ledgers.setdefault(ip, IpLedger())

    def _count(self, path: str, status: int) -> None:
        counters = self.counters
        counters.requests += 1
        counters.by_path[path if path.removeprefix(PREFIX) in ENDPOINTS else "other"] += 1
        counters.by_status[status] += 1


def _params(scope: Scope) -> tuple[dict[str, str], VenueError | None]:
    """The parameters, or what is wrong with them: a malformed query costs weight too."""
    try:
        return parse_query(scope["query_string"]), None
    except VenueError as error:
        return {}, error


def _ip(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else "127.0.0.1"


def _refusal(error: VenueError) -> Answer:
    answer = json_answer(error.status, error.body())
    if error.retry_after is not None:
        answer.headers.append((b"retry-after", str(error.retry_after).encode()))
    return answer


def _not_found(scope: Scope, path: str) -> Answer:
    """Other products in their own manner; else nothing, or a page for those who ask for one."""
    if path.startswith(OTHER_PRODUCTS):
        text = f"Path {path}, Method {scope['method']} is invalid"
        return json_answer(404, {"code": -5000, "msg": text})
    if b"text/html" in header(scope, b"accept"):
        return html_answer(404, "404 Not found")
    return Answer(404, b"", [])


def _method_not_allowed(scope: Scope) -> Answer:
    answer = Answer(405, b"", [])
    if b"text/html" in header(scope, b"accept"):
        answer = html_answer(405, "405 Method Not Allowed")
    answer.headers.append((b"allow", b"GET, HEAD"))
    return answer
