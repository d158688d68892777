"""The composition root: one client, opened when first needed, closed at the end; a sick venue is a fact."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from binance_mcp_server.access.secrets import KeySettings, Secret
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.commands.views.status import facts
from binance_mcp_server.errors import NotBuiltError, SettingsError, TransportError
from binance_mcp_server.services import Connection, Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts, Market
from tests.commands.venue import StillExchange

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def venue() -> Iterator[StillExchange]:
    with StillExchange() as exchange:
        yield exchange


def services_on(hosts: Hosts | None, **settings: object) -> Services:
    places = {"spot": hosts} if hosts else {}
    given = Settings(**{"venue": "sim", "hosts": places, **settings})  # type: ignore[arg-type]
    return Services(given, VirtualClock(1_790_000_000_000, auto_advance=True))


def dead_hosts() -> Hosts:
    """Addresses at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Hosts(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")


async def test_addresses_are_asked_for_once_however_many_need_them(venue: StillExchange) -> None:
    asked = 0

    async def addresses(_market: str) -> Hosts:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return venue.hosts

    clock = VirtualClock(1_790_000_000_000)
    services = Services(Settings(venue="sim"), clock, addresses)
    async with services:
        assert asked == 0
        queries = services.product("spot")
        await asyncio.gather(queries.prices(["BTCUSDT"]), queries.average_price("ETHUSDT"))
        assert asked == 1


async def test_addresses_that_cannot_be_had_are_asked_for_again(venue: StillExchange) -> None:
    fails = [True]

    async def addresses() -> Hosts:
        if fails.pop() if fails else False:
            raise SettingsError("not yet")
        return venue.hosts

    connection = Connection(addresses, Settings(venue="sim"), VirtualClock(1_790_000_000_000))
    with pytest.raises(SettingsError, match="not yet"):
        await connection.open()
    assert await connection.open() is await connection.open()
    await connection.close()
    await connection.close()


async def test_the_venue_s_limits_reach_the_ledger(venue: StillExchange) -> None:
    async with services_on(venue.hosts) as services:
        await services.product("spot").symbols.all()
        status = facts(services.settings, await services.status())
    assert (status["weight_limit"], status["requests_limit"]) == (1_000_000, 1_000_000)


async def test_status_tells_what_works(venue: StillExchange) -> None:
    key = Secret("SIMkey")
    async with services_on(
        venue.hosts, keys=KeySettings(api_key=key), toolsets=("market_info",)
    ) as services:
        status = facts(services.settings, await services.status())
    assert status["venue"] == "sim"
    assert status["reachable"] is True
    assert status["as_of"].endswith("Z")
    assert status["toolsets"] == ["market_info"]
    assert status["credentials"] == "found"
    assert status["weight_used"] >= 2
    assert "SIMkey" not in repr(status)


async def test_a_mirror_that_answers_for_the_venue_is_told(venue: StillExchange) -> None:
    mirrored = replace(venue.hosts, mirror=venue.rest.replace("127.0.0.1", "localhost"))
    venue.respond("/api/v3/time", status=451, body="{}")
    async with services_on(mirrored) as services:
        status = facts(services.settings, await services.status())
    assert (status["reachable"], status["source"]) == (True, "mirror")
    assert "451" in status["partial"]


async def test_a_venue_that_does_not_answer_is_a_fact_and_not_an_error() -> None:
    async with services_on(dead_hosts()) as services:
        status = facts(services.settings, await services.status())
        assert status["reachable"] is False
        assert "No connection" in status["error"]
        assert status["do"]
        with pytest.raises(TransportError):
            await services.product("spot").prices(["BTCUSDT"])


async def test_a_venue_without_an_address_says_what_to_set() -> None:
    async with services_on(None) as services:
        status = facts(services.settings, await services.status())
    assert status["reachable"] is False
    assert "BINANCE_MCP_REST_URL" in status["do"]


@pytest.mark.parametrize("market", ["usdm", "coinm"])
async def test_a_product_that_the_venue_does_not_trade_says_so(market: Market) -> None:
    services = services_on(dead_hosts(), venue="us")
    for ask in (services.product, services.connection):
        with pytest.raises(NotBuiltError, match="not served") as caught:
            ask(market)
        assert 'market="spot"' in caught.value.advice
    assert services.complete_symbol("BTC", market) == []


async def test_both_futures_count_in_one_ledger_and_spot_in_another(venue: StillExchange) -> None:
    async with services_on(venue.hosts) as services:
        for market in ("usdm", "coinm"):
            await services.connection(market).open()
        await services.product("spot").prices(["BTCUSDT"])
        usdm, coinm = (services.connection(market) for market in ("usdm", "coinm"))
        await usdm.send(usdm.product.requests.ping())
        await coinm.send(coinm.product.requests.ping())
        spot = services.connection("spot").ledger
        used = services.futures_limits()
        assert usdm.ledger is coinm.ledger is not spot
        assert used is not None
        assert (used.raw_used, used.limit) == (2, 2400)
        assert spot is not None
        assert (spot.snapshot().raw_used, spot.snapshot().limit) == (1, 6000)


async def test_a_product_on_this_machine_is_not_named_as_the_venue(venue: StillExchange) -> None:
    places = {"spot": Hosts("https://api.binance.com", "", ""), "usdm": venue.hosts}
    services = Services(Settings(venue="live", hosts=places), VirtualClock())
    assert services.venue_of("spot") == "live"
    assert services.venue_of("usdm").startswith("live at 127.0.0.1:")


async def test_paths_that_a_venue_lacks_are_known(venue: StillExchange) -> None:
    lacking = Hosts("http://127.0.0.1:1", "", "", lacks=frozenset({"/api/v3/executionRules"}))
    assert services_on(lacking).lacks("spot") == {"/api/v3/executionRules"}
    assert services_on(None).lacks("spot") == frozenset()


async def test_what_runs_again_after_its_end_has_streams_again(venue: StillExchange) -> None:
    services = services_on(venue.hosts)
    async with services:
        first = services.hub
    assert first.is_closed
    async with services:
        assert services.hub is not first
        assert not services.hub.is_closed
        assert services.hub.subscriptions() == []
