"""The composition root: what a server needs, put together once and closed in reverse."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Self, TypeVar

from binance_mcp_server.access.limits import Ledger, Snapshot
from binance_mcp_server.access.order_limits import OrderLedger
from binance_mcp_server.access.pools import Ledgers, Shared
from binance_mcp_server.account_services import AccountServices
from binance_mcp_server.binance_api.client import BinanceApi, Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.binance_ws_api.connection import dial
from binance_mcp_server.binance_ws_api.hub import Hub
from binance_mcp_server.binance_ws_api.kinds import ACCOUNT
from binance_mcp_server.clock import Clock
from binance_mcp_server.desk_services import DeskServices
from binance_mcp_server.errors import NotBuiltError, SettingsError
from binance_mcp_server.feeds.books import BookFeeds
from binance_mcp_server.feeds.repair import RestSource
from binance_mcp_server.models.info import ExchangeInfo
from binance_mcp_server.models.market import Depth
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.queries.status import Status, look
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts, Market

T = TypeVar("T")
Addresses = Callable[[Market], Awaitable[Hosts]]
"""Where a product of the venue is, once it is known: an embedded exchange may have to be started first."""


class Connection:
    """The REST client of one product of a venue, opened at its first use: nothing waits for a network before that."""

    def __init__(
        self,
        addresses: Callable[[], Awaitable[Hosts]],
        settings: Settings,
        clock: Clock,
        *,
        market: Market = "spot",
        ledgers: Ledgers | None = None,
    ) -> None:
        """*ledgers* are those of the process, which closes them; without them this connection has its own."""
        self._addresses = addresses
        self._clock = clock
        self.product = PRODUCTS[market]
        self._ledgers = ledgers or Ledgers(clock, settings.state_dir)
        self._closes_ledgers = ledgers is None
        self._shared: Shared | None = None
        self._opening = asyncio.Lock()
        self._api: BinanceApi | None = None

    @property
    def ledger(self) -> Ledger | None:
        """What is counted; ``None`` before the connection is open."""
        return self._shared.ledger if self._shared else None

    async def open(self) -> BinanceApi:
        """The client. Raises ``BinanceMcpError`` when the venue's address cannot be had."""
        if self._api is None:
            async with self._opening:
                if self._api is None:
                    self._api = await self._connect()
        return self._api

    async def _connect(self) -> BinanceApi:
        hosts = await self._addresses()
        self._shared = self._ledgers.of(self.product.market, hosts.rest)
        return BinanceApi(
            hosts, ledger=self._shared.ledger, clock=self._clock, product=self.product
        )

    async def send(self, request: Request[T]) -> Reply[T]:
        """The venue's answer to *request*. What it says of its limits goes to the ledger."""
        reply = await (self._api or await self.open()).send(request)
        if isinstance(reply.data, ExchangeInfo) and self._shared is not None:
            self._shared.tell(self.product.market, reply.data.rate_limits)
        return reply

    def orders(self, api_key: str) -> OrderLedger:
        """The count of the orders of the account of *api_key*. The connection must be open."""
        if self._shared is None:
            raise RuntimeError("the connection is not open")
        return self._shared.orders(api_key)

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
        self._shared = None
        if api is not None:
            await api.close()
        if self._closes_ledgers:
            self._ledgers.close()


class Services:
    """Everything that tools call, by product."""

    def __init__(
        self, settings: Settings, clock: Clock, addresses: Addresses | None = None
    ) -> None:
        self.settings = settings
        self.venue = settings.label
        self._clock = clock
        self._ledgers = Ledgers(clock, settings.state_dir)
        where = addresses or self._own_hosts
        self._connections = {
            market: Connection(
                partial(where, market), settings, clock, market=market, ledgers=self._ledgers
            )
            for market in settings.markets
        }
        self._queries = {market: self._reads(market) for market in settings.markets}
        self._where = where
        spot = partial(self.product, "spot")
        self.account = AccountServices(settings, clock, partial(self.connection, "spot"), spot)
        self.trading = DeskServices(settings, clock, self.account, spot, lambda: self.books)
        self.hub, self.books = self._streams()
        self._closing = AsyncExitStack()

    def _reads(self, market: Market) -> MarketQueries:
        connection, hosts = self._connections[market], self.settings.hosts.get(market)
        name = self.venue_of(market) if market == "spot" else f"{self.venue_of(market)} {market}"
        registry = SymbolRegistry(connection, self._clock, venue=name, product=connection.product)
        by_status = hosts.by_status if hosts else True
        return MarketQueries(connection, registry, self._clock, by_status=by_status)

    async def _own_hosts(self, market: Market) -> Hosts:
        return self.settings.at(market)

    def _streams(self) -> tuple[Hub, BookFeeds]:
        """What a run of the server has of streams, and of books made of them."""
        hub = Hub(
            self._clock,
            self._streams_of,
            partial(dial, trust_env_proxy=True),
            source=RestSource(self.product, self._clock),
        )
        if "account" in self.settings.served_toolsets:
            hub.carry(ACCOUNT, self.account.feed())
        return hub, BookFeeds(hub, self._snapshot, self._clock)

    async def _snapshot(self, market: Market, symbol: str, levels: int) -> Answer[Depth]:
        return await self.product(market).snapshot(symbol, levels)

    async def _streams_of(self, market: Market) -> tuple[str, ...]:
        """Where the streams of *market* are, and their public mirror if there is one."""
        self.connection(market)
        hosts = await self._where(market)
        if not hosts.stream:
            raise SettingsError(
                f"There is no stream address for {market} at {self.venue_of(market)}.",
                advice="Set BINANCE_MCP_STREAM_URL beside BINANCE_MCP_REST_URL.",
            )
        mirrors = (hosts.stream_mirror,) if hosts.stream_mirror else ()
        return (hosts.stream + hosts.stream_path, *mirrors)

    async def __aenter__(self) -> Self:
        if self.hub.is_closed:  # a server may run again after its end
            self.hub, self.books = self._streams()
        self._closing.callback(self._ledgers.close)
        for connection in self._connections.values():
            self._closing.push_async_callback(connection.close)
        self._closing.push_async_callback(self.account.close)
        self._closing.push_async_callback(self.trading.close)
        self._closing.push_async_callback(self.hub.close)
        self._closing.push_async_callback(self.books.close)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._closing.aclose()

    @property
    def toolsets(self) -> tuple[str, ...]:
        """What is served: trading only where the owner's limits let it be, too."""
        served = self.settings.served_toolsets
        return tuple(each for each in served if each != "trading" or self.trading.policy.enabled)

    @property
    def clock(self) -> Clock:
        """What everything here is paced by."""
        return self._clock

    def product(self, market: Market) -> MarketQueries:
        """Reads of *market*.

        Raises ``NotBuiltError`` for a product that the venue does not trade.
        """
        try:
            return self._queries[market]
        except KeyError:
            raise self._not_here(market) from None

    def connection(self, market: Market) -> Connection:
        """The REST client of *market*. Raises as :meth:`product` does."""
        try:
            return self._connections[market]
        except KeyError:
            raise self._not_here(market) from None

    def _not_here(self, market: Market) -> NotBuiltError:
        served = " or ".join(f'"{each}"' for each in self._queries)
        return NotBuiltError(
            f"market={market!r} is not served: venue {self.venue!r} has no address for it.",
            advice=f"Use market={served}, or another venue.",
        )

    def venue_of(self, market: Market) -> str:
        """The venue of *market* as replies name it."""
        return self.settings.label_of(market)

    def lacks(self, market: Market) -> frozenset[str]:
        """REST paths that the venue is known not to serve."""
        hosts = self.settings.hosts.get(market)
        return hosts.lacks if hosts else frozenset()

    def complete_symbol(self, prefix: str, market: Market = "spot") -> list[str]:
        """Symbols of *market* that begin with *prefix*, from memory."""
        queries = self._queries.get(market)
        return queries.symbols.complete(prefix) if queries else []

    async def status(self) -> Status:
        """How the venue is doing, as seen from here."""
        return await look(self.connection("spot"), self._clock)

    def futures_limits(self) -> Snapshot | None:
        """What is used of the limit that USDⓈ-M and COIN-M share; ``None`` before either was asked."""
        ledgers = (self._connections[each].ledger for each in self._connections if each != "spot")
        return next((ledger.snapshot() for ledger in ledgers if ledger), None)
