"""A client of a scripted venue, on a clock that moves by itself whenever somebody waits."""

from collections.abc import AsyncIterator, Callable

import pytest

from binance_mcp_server.access.limits import Ledger, Limits
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.binance_api.products import PRODUCTS
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.venues import Hosts, Market

ClientOf = Callable[..., BinanceApi]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(auto_advance=True)


@pytest.fixture
def ledger(clock: VirtualClock) -> Ledger:
    return Ledger(clock, limits=Limits(weight=1000))


@pytest.fixture
async def client_of(clock: VirtualClock, ledger: Ledger) -> AsyncIterator[ClientOf]:
    """Makes clients, and closes them."""
    made: list[BinanceApi] = []

    def make(
        rest: str, *, mirror: str = "", timeout: float = 10.0, market: Market = "spot"
    ) -> BinanceApi:
        hosts = Hosts(rest=rest, stream="", ws_api="", mirror=mirror)
        product = PRODUCTS[market]
        made.append(BinanceApi(hosts, ledger=ledger, clock=clock, product=product, timeout=timeout))
        return made[-1]

    yield make
    for client in made:
        await client.close()
