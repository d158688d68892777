"""Signed REST over sockets to the embedded exchange: an owner with a key of each kind, and what stands in its book."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from binance_mcp_server.access.credentials import Credentials
from binance_mcp_server.access.limits import Ledger
from binance_mcp_server.access.order_limits import OrderLedger
from binance_mcp_server.access.secrets import Secret
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.binance_api.endpoints_trading import Params
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.clock import Clock, SystemClock
from binance_mcp_server.venues import Hosts
from tests.clients.process import ExchangeProcess

SYMBOL = "BTCUSDT"
BALANCES = {"USDT": "100000", "BTC": "5"}


def credentials_of(account: dict[str, Any]) -> Credentials:
    """What the exchange told of a new account."""
    secret, key = account.get("api_secret"), account.get("private_key")
    return Credentials(
        Secret(account["api_key"]),
        secret=Secret(secret) if secret else None,
        private_key=Secret(key) if key else None,
    )


@asynccontextmanager
async def signed_api(
    rest: str,
    credentials: Credentials,
    *,
    clock: Clock | None = None,
    timeout: float = 10.0,
    orders: OrderLedger | None = None,
) -> AsyncIterator[SignedApi]:
    clock = clock or SystemClock()
    ledger = Ledger(clock)
    api = BinanceApi(Hosts(rest, "", ""), ledger=ledger, clock=clock, timeout=timeout)
    try:
        yield SignedApi(api, credentials, orders=orders or OrderLedger(clock))
    finally:
        await api.close()


@asynccontextmanager
async def owner(
    venue: ExchangeProcess, name: str, *, timeout: float = 10.0, **fields: object
) -> AsyncIterator[SignedApi]:
    """A new account on *venue*, and its signed client."""
    account = venue.open_account(name, **{"balances": BALANCES, **fields})
    async with signed_api(venue.rest, credentials_of(account), timeout=timeout) as api:
        yield api


async def resting_price(api: SignedApi) -> str:
    """Of a bid that nobody will meet soon, on a whole dollar."""
    top = (await api.send(endpoints.book_ticker(SYMBOL))).data
    return str(int(top.bid * Decimal("0.9")))


def limit_order(price: str, client_id: str, quantity: str = "0.01", side: str = "BUY") -> Params:
    return (
        ("symbol", SYMBOL),
        ("side", side),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", quantity),
        ("price", price),
        ("newClientOrderId", client_id),
    )


def market_order(client_id: str, quote: str = "100", side: str = "BUY") -> Params:
    return (
        ("symbol", SYMBOL),
        ("side", side),
        ("type", "MARKET"),
        ("quoteOrderQty", quote),
        ("newClientOrderId", client_id),
    )


def orders_at(venue: ExchangeProcess, name: str) -> list[dict[str, Any]]:
    """Every order that *name* ever had, as the exchange itself knows them."""
    found: list[dict[str, Any]] = venue.admin(f"orders?account={name}")["orders"]
    return found
