"""Whose market ``--mirror`` means: a venue's name, or an address of Binance's or of an exchange on this machine."""

from dataclasses import replace
from typing import Final

import msgspec

from binance_mcp_server import venues
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.services import Connection
from binance_mcp_server.settings import Settings, child_environment, load_settings
from binance_mcp_server.venues import Hosts, VenueName

NAMES: Final[tuple[VenueName, ...]] = tuple(name for name in venues.VENUES if name != "sim")
_SWITCHBOARD: Final = "/__sim/state"


class _Addresses(msgspec.Struct):
    stream: str
    ws_api: str


class _State(msgspec.Struct):
    """What an exchange of ours says of itself."""

    addresses: _Addresses


async def mirror_settings(where: str, clock: Clock) -> Settings:
    """Settings for listening to *where*. No key and no address of the environment goes with them.

    Raises ``SettingsError`` for an address that is nobody's, ``BinanceMcpError`` when an exchange on this machine
    does not answer.
    """
    name = next((each for each in NAMES if each == where.strip().lower()), None)
    if name is not None:
        return _of(name)
    url = where.strip().rstrip("/")
    if not venues.is_plain_address(url, ("http", "https")):
        raise SettingsError(
            f"--mirror {where[:80]!r} is neither a venue nor a plain address",
            advice=f"Use {', '.join(NAMES)}, or the REST address of an exchange on this machine.",
        )
    if venues.is_loopback(url):
        return await _beside_us(url, clock)
    for name in NAMES:
        settings = _of(name)
        hosts = settings.spot
        if url == hosts.rest:
            return settings
        if url == hosts.mirror:
            return _with(settings, replace(hosts, rest=url, stream=hosts.stream_mirror))
    raise SettingsError(
        f"--mirror {where[:80]!r} is no address of Binance's that is known here",
        advice=f"Use {', '.join(NAMES)}, or the REST address of an exchange on this machine.",
    )


def _of(name: VenueName) -> Settings:
    return load_settings({"venue": name}, child_environment())


def _with(settings: Settings, hosts: Hosts) -> Settings:
    return replace(settings, hosts={"spot": hosts})


async def _beside_us(url: str, clock: Clock) -> Settings:
    """An exchange on this machine says by itself where its streams are."""
    settings = Settings(venue="sim", hosts={"spot": venues.at(url, "", "")})

    async def address() -> Hosts:
        return settings.spot

    connection = Connection(address, settings, clock)
    try:
        request = Request(_SWITCHBOARD, (), 0, _State)
        found = (await connection.send(request)).data.addresses
    finally:
        await connection.close()
    return _with(settings, venues.at(url, found.stream, found.ws_api))
