"""``doctor``: what works from here, and what to do about what does not."""

import argparse
import asyncio
import ssl
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal
from urllib.parse import urlsplit

from binance_mcp_server.access.state_files import prepare
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.cli.sim import SimVenue
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import BinanceMcpError, RegionError, SettingsError
from binance_mcp_server.services import Addresses, Connection
from binance_mcp_server.settings import Settings, load_settings
from binance_mcp_server.venues import PRODUCT_NAMES, Hosts, Market

Verdict = Literal["ok", "note", "FAIL"]
STREAM_WITHIN = 10.0
CLOSED = "this release reads over REST; the embedded exchange only reserves the port"
LARGE_OFFSET_MS = 1000
"""The venue refuses signed requests that are this far ahead of its clock (rest-api.md, read 2026-11-22)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    verdict: Verdict
    subject: str
    text: str
    advice: str = ""


def doctor(options: argparse.Namespace) -> int:
    """Print what works; returns 0 when the chosen venue can serve."""
    settings = load_settings({"venue": options.venue, "key": options.key})
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> int:
    able = True
    async for finding in findings(settings):
        sys.stdout.write(f"{finding.verdict:4}  {finding.subject:12}  {finding.text}\n")
        if finding.advice:
            sys.stdout.write(f"{'':20}{finding.advice}\n")
        sys.stdout.flush()
        able = able and finding.verdict != "FAIL"
    sys.stdout.write(f"\n{settings.label} {'can' if able else 'cannot'} serve from here.\n")
    if not able and settings.venue != "sim":
        sys.stdout.write("--venue sim works everywhere: an exchange of our own, offline.\n")
    return 0 if able else 1


async def findings(settings: Settings) -> AsyncIterator[Finding]:
    """Everything worth knowing, in the order in which things can fail."""
    yield Finding("ok", "venue", settings.label)
    yield _proxy(settings)
    yield _credentials(settings)
    yield _state_directory(settings)
    sim = SimVenue() if settings.venue == "sim" and "spot" not in settings.hosts else None
    if sim:  # its port is chance: nothing to remember
        settings = replace(settings, state_dir=None)
    addresses = sim.addresses if sim else _own_addresses(settings)
    try:
        hosts = await addresses("spot")
    except BinanceMcpError as error:
        yield Finding("FAIL", "exchange", error.message, error.advice)
        return
    try:
        async for finding in _network(settings, hosts):
            yield finding
        for market in settings.markets:
            if market != "spot":
                yield await _futures(settings, market, await addresses(market))
    finally:
        if sim:
            await sim.close()


def _own_addresses(settings: Settings) -> Addresses:
    async def addresses(market: Market) -> Hosts:
        return settings.at(market)

    return addresses


async def _network(settings: Settings, hosts: Hosts) -> AsyncIterator[Finding]:
    async def addresses() -> Hosts:
        return hosts

    connection = Connection(addresses, settings, SystemClock())
    try:
        rest = await _rest(connection, hosts)
        yield rest
        if rest.verdict != "FAIL":
            yield await _clock(connection)
            yield _weight(connection)
        if hosts.stream:
            yield await _streams(settings, hosts)
    finally:
        await connection.close()


async def _futures(settings: Settings, market: Market, hosts: Hosts) -> Finding:
    """Whether a product beside spot answers. Spot serves without it: never a FAIL."""

    async def addresses() -> Hosts:
        return hosts

    name = PRODUCT_NAMES[market]
    connection = Connection(addresses, settings, SystemClock(), market=market)
    began = time.perf_counter()
    try:
        await connection.send(connection.product.requests.ping())
    except BinanceMcpError as error:
        return Finding("note", name, error.message, error.advice)
    finally:
        await connection.close()
    took = round((time.perf_counter() - began) * 1000)
    return Finding("ok", name, f"{hosts.rest} answered in {took} ms")


def _proxy(settings: Settings) -> Finding:
    text = "HTTPS_PROXY is set and used" if settings.proxy else "none (HTTPS_PROXY is not set)"
    return Finding("ok", "proxy", text)


def _credentials(settings: Settings) -> Finding:
    if not settings.keys.is_given:
        return Finding("ok", "credentials", "none found; market data needs none")
    if not settings.keys.is_complete:
        return Finding(
            "note",
            "credentials",
            "BINANCE_API_KEY found, but no secret or private key",
            "Set BINANCE_API_SECRET or BINANCE_PRIVATE_KEY_PATH for account reads.",
        )
    if settings.keys.name:
        return Finding("ok", "credentials", f"key {settings.keys.name!r} of the keyring is used")
    return Finding("ok", "credentials", "API key and secret found")


def _state_directory(settings: Settings) -> Finding:
    folder = settings.state_dir
    if folder is None:
        return Finding("note", "state", "no state directory: this process counts its weight alone")
    try:
        prepare(folder)
        with TemporaryFile(dir=folder):
            pass
    except (SettingsError, OSError):
        return Finding(
            "note",
            "state",
            f"{_home_relative(folder)} cannot be written: this process counts its weight alone",
            "Set BINANCE_MCP_STATE_DIR to a directory of yours.",
        )
    return Finding("ok", "state", f"{_home_relative(folder)} can be written")


def _home_relative(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


async def _rest(connection: Connection, hosts: Hosts) -> Finding:
    began = time.perf_counter()
    try:
        reply = await connection.send(endpoints.ping())
    except RegionError as error:
        return Finding("FAIL", "REST", error.message, error.advice)
    except BinanceMcpError as error:
        return Finding("FAIL", "REST", error.message, error.advice)
    took = round((time.perf_counter() - began) * 1000)
    if reply.source == "mirror":
        return Finding(
            "note",
            "REST",
            f"{hosts.rest} refuses this region (451); the public mirror {hosts.mirror} answers",
            "Market data works, from the mirror; its list of endpoints is shorter.",
        )
    return Finding("ok", "REST", f"{hosts.rest} answered in {took} ms")


async def _clock(connection: Connection) -> Finding:
    try:
        offset = await connection.sync_time()
    except BinanceMcpError as error:
        return Finding("FAIL", "clock", error.message, error.advice)
    text = f"the venue is {abs(offset)} ms {'ahead of' if offset >= 0 else 'behind'} this machine"
    if abs(offset) < LARGE_OFFSET_MS:
        return Finding("ok", "clock", text)
    return Finding("note", "clock", text, "Let the machine keep its time by NTP.")


def _weight(connection: Connection) -> Finding:
    if connection.ledger is None:
        return Finding("note", "weight", "unknown")
    now = connection.ledger.snapshot()
    shared = "with all processes of this user" if now.shared else "by this process alone"
    return Finding("ok", "weight", f"{now.used} of {now.limit} a minute, counted {shared}")


async def _streams(settings: Settings, hosts: Hosts) -> Finding:
    """Whether the stream host speaks WebSocket to us. Streams are not served by this release: never a FAIL."""
    if settings.proxy and urlsplit(hosts.stream).scheme == "wss":
        return Finding("note", "streams", f"{hosts.stream} not checked behind a proxy")
    try:
        status = await asyncio.wait_for(_upgrade(hosts.stream), STREAM_WITHIN)
    except ConnectionRefusedError:
        return Finding("note", "streams", f"{hosts.stream} is closed: {CLOSED}")
    except (OSError, TimeoutError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        return Finding("note", "streams", f"{hosts.stream}: {reason or 'no connection'}")
    if status == 101:
        return Finding("ok", "streams", f"{hosts.stream} speaks WebSocket")
    return Finding("note", "streams", f"{hosts.stream} answered HTTP {status}")


async def _upgrade(url: str) -> int:
    """The HTTP status of a WebSocket handshake with *url*."""
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if secure else 80), ssl=context
    )
    status = b""
    try:
        writer.write(
            f"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
        )
        await writer.drain()
        status = await reader.readline()
        return int(status.split()[1])
    except IndexError:
        raise ValueError("no HTTP answer") from None
    finally:
        writer.close()
