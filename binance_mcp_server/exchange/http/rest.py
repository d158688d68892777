"""The venue's REST interface: limits, parameters, an endpoint's answer, and the headers that go with it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.http.answers import Answer, http_date, json_answer, send_answer
from binance_mcp_server.exchange.http.interfaces import (
    PREFIXES,
    Futures,
    Interface,
    Spot,
    not_found,
)
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer, ProgrammedAnswers
from binance_mcp_server.exchange.http.struck import cut_of, delay_of, outage_of
from binance_mcp_server.exchange.turns import TurnOverError
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.futures.refusals import of_limits
from binance_mcp_server.exchange.wire.limits import FUTURES_LIMITS, Limits, Pool, Usage
from binance_mcp_server.exchange.wire.params import parse_query
from binance_mcp_server.exchange.wire.view import FuturesView, MarketView

log = logging.getLogger(__name__)

LOCAL = "127.0.0.1"
DEPTH = "/depth"
UNPROGRAMMED = ProgrammedAnswer("/")
NO_FUTURES: Mapping[Product, FuturesView] = {}
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
        self,
        market: MarketView,
        clock: Clock,
        *,
        limits: Limits,
        latency_ms: int = 0,
        futures: Mapping[Product, FuturesView] = NO_FUTURES,
        faults: Faults | None = None,
    ) -> None:
        """*market* is spot's; *futures* may hold USDⓈ-M's and COIN-M's."""
        self.market = market
        self.markets: Mapping[Product, MarketView] = {**futures, "spot": market}
        self.pool = Pool(limits)
        self.futures_pool = Pool(FUTURES_LIMITS, of_limits)
        self.programmed = ProgrammedAnswers()
        self.faults = faults or Faults()
        self.counters = Counters()
        self.failure: str | None = None
        """Why the market behind it stopped; from then on it answers 503."""
        self._clock = clock
        self._latency_ms = latency_ms
        self._interfaces: list[Interface] = [Spot(market, self.pool)]
        self._interfaces += [
            Futures(product, futures[product], self.futures_pool)
            for product in PREFIXES
            if product in futures
        ]
        self._long_read = asyncio.Lock()

    @property
    def limits(self) -> Limits:
        """Those of spot."""
        return self.pool.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.pool.limits = limits

    def usage(self, ip: str = LOCAL) -> Usage:
        """What *ip* has used of spot's limits in the current windows."""
        return self.pool.usage(ip, self._clock.now_ms())

    def futures_usage(self, ip: str = LOCAL) -> Usage:
        """What *ip* has used of the limit that USDⓈ-M and COIN-M share."""
        return self.futures_pool.usage(ip, self._clock.now_ms())

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        programmed = self.programmed.take(path) or UNPROGRAMMED
        struck = self.faults.schedule.requested(path)
        delay_ms = programmed.delay_ms + delay_of(struck)
        if delay_ms:
            await self._clock.sleep(delay_ms / 1000)
        await self._travel()
        answer = programmed.answer() or outage_of(struck)
        if answer is None:
            answer = await self._answer(scope, path)
            answer.cut = programmed.cut
        answer.cut = cut_of(struck, answer.cut)
        self._count(path, answer.status)
        await self._travel()
        await send_answer(scope, send, answer)

    async def _travel(self) -> None:
        """Half of the latency: the market is read between the two halves."""
        if self._latency_ms:
            await self._clock.sleep(self._latency_ms / 2000)

    async def _answer(self, scope: Scope, path: str) -> Answer:
        interface = next((it for it in self._interfaces if path.startswith(it.prefix)), None)
        if interface is None or not interface.limits(scope):
            return not_found(scope)
        answer = await self._limited(scope, interface)
        used = interface.pool.usage(_ip(scope), self._clock.now_ms()).weight
        answer.headers += [
            *_COMMON_HEADERS,
            (b"date", http_date(self.market.now_ms() // 1000)),
            *interface.headers(used),
        ]
        return answer

    async def _limited(self, scope: Scope, interface: Interface) -> Answer:
        """An answer or a refusal, never an exception."""
        params, malformed = _params(scope)
        weight = interface.weight(scope["path"], params)
        try:
            interface.pool.charge(_ip(scope), weight, self._clock.now_ms())
            elsewhere = interface.elsewhere(scope)
            if elsewhere is not None:
                return elsewhere
            if malformed is not None:
                return _refusal(malformed)
            if self.failure is not None:
                raise errors.unavailable()
            is_book = scope["path"].endswith(DEPTH)
            older = self.faults.older(interface.product) if is_book else None
            make = interface.prepare(scope, params, older)
            return json_answer(200, await self._in_turns(interface.market, make))
        except VenueError as error:
            return _refusal(error)
        except Exception:
            log.exception("cannot answer %s?%s", scope["path"], scope["query_string"])
            return _refusal(errors.unknown())

    async def _in_turns(self, market: MarketView, make: Callable[[], object]) -> object:
        """The answer, read anew after every turn that was too short for it. One long read at a time: two could take
        the days that each of them needs out of the memory again."""
        try:
            return _turn(market, make, DAYS_A_TURN)
        except TurnOverError:
            await self._clock.sleep(0)
        async with self._long_read:
            for _ in range(MOST_TURNS):
                try:
                    return _turn(market, make, DAYS_A_TURN)
                except TurnOverError:
                    await self._clock.sleep(0)
        return _turn(market, make, None)

    def _count(self, path: str, status: int) -> None:
        counters = self.counters
        counters.requests += 1
        known = any(interface.knows(path) for interface in self._interfaces)
        counters.by_path[path if known else "other"] += 1
        counters.by_status[status] += 1


def _turn(market: MarketView, make: Callable[[], object], days: int | None) -> object:
    market.allow(days)
    try:
        return make()
    finally:
        market.allow(None)


def _params(scope: Scope) -> tuple[dict[str, str], VenueError | None]:
    """The parameters, or what is wrong with them: a malformed query costs weight too."""
    try:
        return parse_query(scope["query_string"]), None
    except VenueError as error:
        return {}, error


def _ip(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else LOCAL


def _refusal(error: VenueError) -> Answer:
    answer = json_answer(error.status, error.body())
    if error.retry_after is not None:
        answer.headers.append((b"retry-after", str(error.retry_after).encode()))
    return answer
