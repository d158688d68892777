"""The venue's REST interface: limits, parameters, an endpoint's answer, and the headers that go with it."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.faults.orders import NoAnswerError
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.http.answers import (
    Answer,
    html_answer,
    http_date,
    json_answer,
    send_answer,
)
from binance_mcp_server.exchange.http.asked import LOCAL, ip_of, read_params, refusal
from binance_mcp_server.exchange.http.bodies import ClientGoneError, TooLargeError, read_body
from binance_mcp_server.exchange.http.interfaces import (
    PREFIXES,
    READING,
    Futures,
    Interface,
    Spot,
    not_found,
)
from binance_mcp_server.exchange.http.long_reads import LongReads
from binance_mcp_server.exchange.http.programmed import ProgrammedAnswer, ProgrammedAnswers
from binance_mcp_server.exchange.http.sapi import PREFIX as SAPI
from binance_mcp_server.exchange.http.sapi import Sapi
from binance_mcp_server.exchange.http.severing import sever
from binance_mcp_server.exchange.http.signed import SignedSpot, route
from binance_mcp_server.exchange.http.struck import cut_of, delay_of, outage_of
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.futures.refusals import of_limits
from binance_mcp_server.exchange.wire.limits import FUTURES_LIMITS, Limits, Pool, Usage
from binance_mcp_server.exchange.wire.view import FuturesView, MarketView

log = logging.getLogger(__name__)

DEPTH = "/depth"
UNPROGRAMMED = ProgrammedAnswer("/")
NO_FUTURES: Mapping[Product, FuturesView] = {}
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
        office: Office | None = None,
    ) -> None:
        """*market* is spot's; *futures* may hold USDⓈ-M's and COIN-M's. Without an *office* there are no accounts."""
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
        self._signed = office and SignedSpot(office, self.pool, clock, lambda: self.failure)
        self._sapi = office and Sapi(office, market, clock)
        self._interfaces: list[Interface] = [Spot(market, self.pool, signed=office is not None)]
        self._interfaces += [
            Futures(product, futures[product], self.futures_pool)
            for product in PREFIXES
            if product in futures
        ]
        self.long_reads = LongReads(clock)

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        try:
            body = b"" if scope["method"] in READING else await read_body(receive)
        except TooLargeError:
            self._count(path, 413)
            await send_answer(scope, send, html_answer(413, "413 Request Entity Too Large"))
            return
        except ClientGoneError:
            return
        programmed = self.programmed.take(path) or UNPROGRAMMED
        struck = self.faults.schedule.requested(path)
        delay_ms = programmed.delay_ms + delay_of(struck)
        if delay_ms:
            await self._clock.sleep(delay_ms / 1000)
        await self._travel()
        answer = programmed.answer() or outage_of(struck)
        if answer is None:
            try:
                answer = await self._answer(scope, path, body)
            except NoAnswerError as lost:
                await sever(scope, receive, self._clock, lost.seconds)
                return
            answer.cut = programmed.cut
        answer.cut = cut_of(struck, answer.cut)
        self._count(path, answer.status)
        await self._travel()
        await send_answer(scope, send, answer)

    async def _travel(self) -> None:
        """Half of the latency: the market is read between the two halves."""
        if self._latency_ms:
            await self._clock.sleep(self._latency_ms / 2000)

    async def _answer(self, scope: Scope, path: str, body: bytes) -> Answer:
        if self._sapi and path.startswith(SAPI):
            answer = self._sapi.answer(scope, body) or not_found(scope)
            answer.headers += [*_COMMON_HEADERS, self._date()]
            return answer
        interface = next((it for it in self._interfaces if path.startswith(it.prefix)), None)
        if interface is None or not interface.limits(scope):
            return not_found(scope)
        routed = route(scope) if self._signed else None
        if self._signed and routed:
            answer = self._signed.answer(scope, body, routed)
        else:
            answer = await self._limited(scope, interface)
        used = interface.pool.usage(ip_of(scope), self._clock.now_ms()).weight
        answer.headers += [
            *_COMMON_HEADERS,
            self._date(),
            *interface.headers(used),
        ]
        return answer

    def _date(self) -> tuple[bytes, bytes]:
        return b"date", http_date(self.market.now_ms() // 1000)

    async def _limited(self, scope: Scope, interface: Interface) -> Answer:
        """An answer or a refusal, never an exception."""
        params, malformed = read_params(scope)
        weight = interface.weight(scope["path"], params)
        try:
            interface.pool.charge(ip_of(scope), weight, self._clock.now_ms())
            elsewhere = interface.elsewhere(scope)
            if elsewhere is not None:
                return elsewhere
            if malformed is not None:
                return refusal(malformed)
            if self.failure is not None:
                raise errors.unavailable()
            is_book = scope["path"].endswith(DEPTH)
            older = self.faults.older(interface.product) if is_book else None
            make = interface.prepare(scope, params, older)
            return json_answer(200, await self.long_reads.read(interface.market, make))
        except VenueError as error:
            return refusal(error)
        except Exception:
            log.exception("cannot answer %s?%s", scope["path"], scope["query_string"])
            return refusal(errors.unknown())

    def _count(self, path: str, status: int) -> None:
        counters = self.counters
        counters.requests += 1
        known = any(interface.knows(path) for interface in self._interfaces)
        known = known or bool(self._sapi and self._sapi.knows(path))
        counters.by_path[path if known else "other"] += 1
        counters.by_status[status] += 1
