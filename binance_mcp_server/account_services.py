"""One account at the venue, put together at its first use: its key, its lines, what is read over them, its events."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.queries.account import AccountQueries
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.settings import Settings, addresses
from binance_mcp_server.venues import Hosts, is_loopback

if TYPE_CHECKING:
    from binance_mcp_server.access.credentials import Credentials
    from binance_mcp_server.access.order_limits import OrderLedger
    from binance_mcp_server.binance_api.client import BinanceApi
    from binance_mcp_server.binance_api.signed import SignedApi
    from binance_mcp_server.binance_ws_api.api_client import WsApi
    from binance_mcp_server.feeds.account_feed import AccountFeed, Wing

T = TypeVar("T")


class Lazy(Generic[T]):
    """Something that is made at its first use, once however many ask at the same time; made anew after a failure."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._making = asyncio.Lock()
        self.value: T | None = None
        """What was made; ``None`` before."""

    async def get(self) -> T:
        if self.value is None:
            async with self._making:
                if self.value is None:
                    self.value = await self._make()
        return self.value


class SpotConnection(Protocol):
    """What is needed of the connection to spot."""

    async def open(self) -> "BinanceApi": ...
    def orders(self, api_key: str) -> "OrderLedger":
        """The count of an account's orders; the connection must be open."""
        ...


class AccountServices:
    """The account whose key the owner gave, or one with play money that an embedded exchange opens for us."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        connection: Callable[[], SpotConnection],
        market: Callable[[], MarketQueries],
    ) -> None:
        """*connection* and *market* are those of spot; they raise ``NotBuiltError`` where the venue has none."""
        self._settings = settings
        self._clock = clock
        self._connection = connection
        self._market = market
        self._credentials: Lazy[Credentials] = Lazy(self._key)
        self._begin()

    def _begin(self) -> None:
        """What lives as long as one run of the server."""
        self._line: Lazy[SignedApi] = Lazy(self._open_line)
        self._ws: Lazy[WsApi] = Lazy(self._open_ws)
        self._queries: Lazy[AccountQueries] = Lazy(self._read_over)
        self._feed: AccountFeed | None = None

    @property
    def is_play_money(self) -> bool:
        """Whether the account is one that we open ourselves."""
        settings = self._settings
        return settings.venue == "sim" and settings.trading and not settings.keys.is_given

    async def line(self) -> "SignedApi":
        """Signed REST. Raises ``SettingsError`` where there is no key, or not a whole one."""
        return await self._line.get()

    async def ws(self) -> "WsApi":
        """The WebSocket API, of the same key."""
        return await self._ws.get()

    async def queries(self) -> AccountQueries:
        """What can be read of the account."""
        return await self._queries.get()

    def feed(self) -> "AccountFeed":
        """What happens to the account's orders and balances; it works while somebody listens."""
        from binance_mcp_server.feeds.account_feed import AccountFeed

        if self._feed is None:
            self._feed = AccountFeed(self._wing, self._clock)
        return self._feed

    async def close(self) -> None:
        """Forget the connections; the account stays the same one. Idempotent."""
        feed, ws = self._feed, self._ws.value
        self._begin()
        if feed is not None:
            await feed.close()
        if ws is not None:
            await ws.close()

    async def _key(self) -> "Credentials":
        from binance_mcp_server.access.credentials import load
        from binance_mcp_server.binance_api.play_money import open_account

        settings, rest = self._settings, (await self._connection().open()).hosts.rest
        if self.is_play_money:
            return await open_account(rest)
        urls = [*addresses(settings.hosts), rest]
        found = await asyncio.to_thread(load, settings.keys, settings.venue, urls)
        if found is None:
            raise SettingsError(
                "there is no API key for an account",
                advice="The owner sets BINANCE_API_KEY with BINANCE_API_SECRET or BINANCE_PRIVATE_KEY_PATH.",
            )
        return found

    async def _open_line(self) -> "SignedApi":
        from binance_mcp_server.binance_api.signed import SignedApi

        connection = self._connection()
        api, credentials = await connection.open(), await self._credentials.get()
        orders = connection.orders(credentials.api_key.reveal())
        return SignedApi(api, credentials, orders=orders)

    async def _open_ws(self) -> "WsApi":
        from binance_mcp_server.binance_ws_api.api_client import WsApi
        from binance_mcp_server.binance_ws_api.connection import dial

        line = await self.line()
        return WsApi(_ws_url(line.api.hosts), line, partial(dial, trust_env_proxy=True))

    async def _read_over(self) -> AccountQueries:
        return AccountQueries(await self.line(), self._market())

    async def _wing(self) -> "Wing":
        from binance_mcp_server.feeds.account_feed import Wing

        symbols = self._market().symbols

        async def every() -> Mapping[str, SymbolInfo]:
            return (await symbols.all()).data

        return Wing(await self.ws(), await self.line(), every)


def _ws_url(hosts: Hosts) -> str:
    """The WebSocket API; an embedded exchange has it beside REST. Raises ``SettingsError`` where none is known."""
    if not hosts.ws_api and is_loopback(hosts.rest):
        return f"ws://{urlsplit(hosts.rest).netloc}/ws-api/v3"
    if not hosts.ws_api:
        raise SettingsError(
            "there is no address of the WebSocket API",
            advice="Set BINANCE_MCP_WS_API_URL beside BINANCE_MCP_REST_URL.",
        )
    return hosts.ws_api
