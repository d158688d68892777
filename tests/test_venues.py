"""The table of venues: every address is Binance's own, and what a venue lacks is a path that exists."""

import inspect
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from binance_mcp_server import venues
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.venues import MARKETS, VENUES, Market, VenueName


def known_paths() -> set[str]:
    """The path of every endpoint that we have."""
    paths = {"/api/v3/uiKlines"}
    for name, make in inspect.getmembers(endpoints, inspect.isfunction):
        if name.startswith("_") or make.__module__ != endpoints.__name__:
            continue
        required = {
            parameter.name: {"symbols": ["A"], "from_id": 1}.get(parameter.name, "A")
            for parameter in inspect.signature(make).parameters.values()
            if parameter.default is parameter.empty
        }
        paths.add(make(**required).path)
    return paths


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("venue", [venue for venue in VENUES if venue != "sim"])
def test_every_venue_is_reached_over_tls_at_binance(venue: VenueName, market: Market) -> None:
    hosts = venues.hosts(venue, market)
    assert (hosts is None) is (venue == "us" and market != "spot")
    given = (
        (hosts.rest, hosts.stream, hosts.ws_api, hosts.mirror, hosts.stream_mirror) if hosts else ()
    )
    for url in filter(None, given):
        assert venues.is_binance(url)
        assert not venues.is_loopback(url)
        assert not url.endswith("/")
        assert urlsplit(url).scheme in {"https", "wss"}


def test_only_the_simulated_venue_gets_its_addresses_later() -> None:
    assert venues.hosts("sim", "spot") is None
    assert venues.hosts("sim", "usdm") is None


def test_an_embedded_exchange_serves_every_product_on_the_same_ports() -> None:
    spot = venues.at("http://127.0.0.1:1", "ws://127.0.0.1:2", "ws://127.0.0.1:1/ws-api/v3")
    assert venues.beside(spot, "spot") is spot
    places: tuple[tuple[Market, str], ...] = (("usdm", ""), ("coinm", "/coinm"))
    for market, path in places:
        beside = venues.beside(spot, market)
        assert (beside.rest, beside.stream, beside.stream_path) == (spot.rest, spot.stream, path)
        assert not beside.by_status


def test_coinm_streams_of_binance_have_no_path_before_them() -> None:
    chosen = venues.at("https://dapi.binance.com", "wss://dstream.binance.com", "", "coinm")
    assert chosen.stream_path == ""
    assert venues.hosts("live", "coinm") == replace(
        chosen, ws_api="wss://ws-dapi.binance.com/ws-dapi/v1"
    )


def test_paths_of_the_table_are_paths_of_ours() -> None:
    paths = known_paths()
    assert paths >= venues.MIRROR_PATHS
    for venue in VENUES:
        hosts = venues.hosts(venue, "spot")
        assert hosts is None or paths >= hosts.lacks


def test_only_the_live_venue_has_a_mirror() -> None:
    mirrors = {
        (venue, market)
        for venue in VENUES
        for market in MARKETS
        if (hosts := venues.hosts(venue, market)) and (hosts.mirror or hosts.stream_mirror)
    }
    assert mirrors == {("live", "spot")}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ws://localhost", "http://[::1]:5"])
def test_loopback_is_this_machine(url: str) -> None:
    assert venues.is_loopback(url)
    assert not venues.is_binance(url)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1", "http://127.0.0.1.evil.example", "http://0.0.0.0"]
)
def test_other_names_are_not(url: str) -> None:
    assert not venues.is_loopback(url)


@pytest.mark.parametrize(
    ("text", "market"), [("spot", "spot"), ("usdm", "usdm"), ("moon", None), ("SPOT", None)]
)
def test_a_product_is_known_by_its_name(text: str, market: str | None) -> None:
    assert venues.as_market(text) == market


@pytest.mark.parametrize(
    ("rest", "bands", "by_status"),
    [
        ("https://data-api.binance.vision", False, True),
        ("https://api.binance.us", False, False),
        ("https://api.binance.com", True, True),
        ("http://127.0.0.1:8001", True, True),
    ],
)
def test_what_a_host_can_do_is_known_by_whatever_name_it_was_chosen(
    rest: str, bands: bool, by_status: bool
) -> None:
    chosen = venues.at(rest, "", "")
    assert chosen.rest == rest
    assert ("/api/v3/executionRules" not in chosen.lacks) is bands
    assert chosen.by_status is by_status
    assert chosen.lacks <= known_paths()


def test_the_mirror_lacks_what_it_does_not_document() -> None:
    mirror = venues.at("https://data-api.binance.vision", "", "")
    assert mirror.lacks == known_paths() - venues.MIRROR_PATHS
