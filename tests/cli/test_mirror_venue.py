"""Whose market a mirror shows: the venues, Binance's own addresses, an exchange on this machine, and nobody else."""

import pytest

from binance_mcp_server import venues
from binance_mcp_server.cli.mirror_venue import NAMES, mirror_settings
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import BinanceMcpError, SettingsError
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from tests.e2e.processes import free_port

pytestmark = pytest.mark.anyio
CLOCK = SystemClock()


@pytest.mark.parametrize("name", NAMES)
async def test_a_venue_is_meant_by_its_name(name: venues.VenueName) -> None:
    settings = await mirror_settings(name.upper(), CLOCK)
    assert (settings.venue, settings.spot) == (name, venues.hosts(name, "spot"))


async def test_nothing_of_the_environment_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "hunter2")
    monkeypatch.setenv("BINANCE_MCP_REST_URL", "http://127.0.0.1:1")
    settings = await mirror_settings("live", CLOCK)
    assert not settings.keys.is_given
    assert settings.spot == venues.hosts("live", "spot")


async def test_an_address_of_binance_is_known_with_its_streams() -> None:
    live = venues.hosts("live", "spot")
    assert live is not None
    assert (await mirror_settings(f"{live.rest}/", CLOCK)).spot == live
    public = (await mirror_settings(live.mirror, CLOCK)).spot
    assert (public.rest, public.stream) == (live.mirror, live.stream_mirror)
    testnet = venues.hosts("testnet", "spot")
    assert testnet is not None
    assert (await mirror_settings(testnet.rest, CLOCK)).venue == "testnet"


async def test_an_exchange_on_this_machine_says_where_its_streams_are() -> None:
    clock = VirtualClock()
    async with Exchange(ScenarioSource(1, clock), clock=clock) as exchange:
        settings = await mirror_settings(exchange.rest_url, CLOCK)
        assert settings.venue == "sim"
        assert settings.spot.rest == exchange.rest_url
        assert settings.spot.stream == exchange.ready_line()["stream"]


async def test_where_nobody_listens_is_an_error_in_words() -> None:
    with pytest.raises(BinanceMcpError, match=r"127\.0\.0\.1"):
        await mirror_settings(f"http://127.0.0.1:{free_port()}", CLOCK)


@pytest.mark.parametrize(
    "where",
    [
        *("", "moon", "sim", "ws://127.0.0.1:1", "https://evil.example"),
        *("http://127.0.0.1:1/path", "http://user@127.0.0.1:1", "https://api.binance.com.evil.io"),
        *("http://api.binance.com", "https://fapi.binance.com"),
    ],
)
async def test_anything_else_is_refused(where: str) -> None:
    with pytest.raises(SettingsError, match="--mirror"):
        await mirror_settings(where, CLOCK)
