"""The composition root: what a server needs, put together once and closed in reverse."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Self, TypeVar

from binance_mcp_server import venues
from binance_mcp_server.access.limits import Ledger, open_ledger
from binance_mcp_server.binance_api.client import BinanceApi, Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import NotBuiltError
from binance_mcp_server.models.info import ExchangeInfo
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.status import Status, look
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

    async def status(self) -> Status:
        """How the venue is doing, as seen from here."""
        return await look(self._connection, self._clock)
