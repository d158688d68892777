"""The composition root: what a server needs, put together once and closed in reverse."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from binance_mcp_server import __version__, venues
from binance_mcp_server.access.limits import Ledger, open_ledger
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.client import BinanceApi, Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import BinanceMcpError, NotBuiltError
from binance_mcp_server.market.times import format_time
from binance_mcp_server.models.info import ExchangeInfo
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts, Market

T = TypeVar("T")
Addresses = Callable[[], Awaitable[Hosts]]
"""Where the venue is, once it is known: an embedded exchange may have to be started first."""


class Connection:
    """The REST client of one venue, opened at its first use: nothing waits for a network before that."""

    def __init__(self, addresses: Addresses, settings: Settings, clock: Clock) -> None:
        self._addresses = addresses
        self._settings = settings
        self._clock = clock
        self._opening = asyncio.Lock()
        self._api: BinanceApi | None = None
        self.ledger: Ledger | None = None

    async def open(self) -> BinanceApi:
        """The client. Raises ``BinanceMcpError`` when the venue's address cannot be had."""
        if self._api is None:
            async with self._opening:
                if self._api is None:
                    self._api = await self._connect()
        return self._api

    async def _connect(self) -> BinanceApi:
        hosts = await self._addresses()
        self.ledger = open_ledger(hosts.rest, clock=self._clock, state_dir=self._settings.state_dir)
        return BinanceApi(hosts, ledger=self.ledger, clock=self._clock)

    async def send(self, request: Request[T]) -> Reply[T]:
        """The venue's answer to *request*. What it says of its limits goes to the ledger."""
        reply = await (self._api or await self.open()).send(request)
        if isinstance(reply.data, ExchangeInfo) and self.ledger is not None:
            self.ledger.set_limits(reply.data.rate_limits)
        return reply

    async def sync_time(self) -> int:
        """Ask the venue for its time; the offset to this machine's clock, ms."""
        return await (await self.open()).sync_time()

    async def now_ms(self) -> int:
        """The venue's time, asked for where what is known may be old."""
        return await (await self.open()).now_ms()

    def venue_now_ms(self) -> int:
        """The venue's time by what is known; this machine's before anything is."""
        return self._clock.now_ms() if self._api is None else self._api.venue_now_ms()

    async def close(self) -> None:
        """Close the client; idempotent. A later use opens another one."""
        api, self._api = self._api, None
        ledger, self.ledger = self.ledger, None
        if api is not None:
            await api.close()
        if ledger is not None:
            ledger.close()


class Services:
    """Everything that tools call, by product."""

    def __init__(
        self, settings: Settings, clock: Clock, addresses: Addresses | None = None
    ) -> None:
        self.settings = settings
        self.venue = settings.label
        self._clock = clock
        self._connection = Connection(addresses or self._own_hosts, settings, clock)
        registry = SymbolRegistry(self._connection, clock, venue=settings.label)
        spot = settings.hosts.get("spot")
        by_status = spot.by_status if spot else True
        self._spot = MarketQueries(self._connection, registry, clock, by_status=by_status)
        self._closing = AsyncExitStack()

    async def _own_hosts(self) -> Hosts:
        return self.settings.spot

    async def __aenter__(self) -> Self:
        self._closing.push_async_callback(self._connection.close)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._closing.aclose()

    def product(self, market: Market) -> MarketQueries:
        """Reads of *market*.

        Raises ``NotBuiltError`` for a product that this release does not serve.
        """
        if market not in venues.BUILT_MARKETS:
            raise NotBuiltError(
                f"market={market!r} is not served by this release.",
                advice='Use market="spot". USDⓈ-M and COIN-M futures come with a later release.',
            )
        return self._spot

    def lacks(self, market: Market) -> frozenset[str]:
        """REST paths that the venue is known not to serve."""
        hosts = self.settings.hosts.get(market)
        return hosts.lacks if hosts else frozenset()

    def complete_symbol(self, prefix: str) -> list[str]:
        """Symbols that begin with *prefix*, from memory."""
        return self._spot.symbols.complete(prefix)

    async def status(self) -> dict[str, Any]:
        """How the venue and this server are doing; a venue that fails is a fact here, not an error."""
        facts: dict[str, Any] = {"venue": self.venue, "as_of": "", "reachable": False}
        try:
            api = await self._connection.open()
            facts["clock_offset_ms"] = await api.sync_time()
            began = (
                time.perf_counter()
            )  # the connection stands by now: this is the way there and back
            reply = await api.send(endpoints.ping())
            facts["ping_ms"] = round((time.perf_counter() - began) * 1000, 1)
            facts["reachable"] = True
            if reply.source == "mirror":
                facts["source"] = "mirror"
                facts["partial"] = "the venue refuses this region (451); its public mirror answers"
        except BinanceMcpError as error:
            facts["error"] = error.message
            facts["do"] = error.advice
        facts["as_of"] = format_time(self._connection.venue_now_ms() // 1000 * 1000)
        facts.update(self._limits())
        facts["markets"] = sorted(venues.BUILT_MARKETS)
        facts["toolsets"] = list(self.settings.toolsets)
        facts["credentials"] = "found" if self.settings.api_key else "none (market data needs none)"
        facts["server"] = f"mcp-server-binance {__version__}"
        return {name: value for name, value in facts.items() if value not in (None, "")}

    def _limits(self) -> dict[str, Any]:
        ledger = self._connection.ledger
        if ledger is None:
            return {}
        now = ledger.snapshot()
        facts: dict[str, Any] = {
            "weight_used": now.used,
            "weight_limit": now.limit,
            "weight_window_s": now.window_seconds,
            "requests_used": now.raw_used,
            "requests_limit": now.raw_limit,
            "requests_window_s": now.raw_window_seconds,
            "weight_includes_other_programs": now.source == "header",
            "weight_shared_by_processes": now.shared,
        }
        if now.paused_until:
            facts["paused_until"] = format_time(now.paused_until)
        if now.banned_until:
            facts["banned_until"] = format_time(now.banned_until)
        return facts
