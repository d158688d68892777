"""``serve``: the MCP server on stdio or HTTP."""

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from binance_mcp_server.errors import SettingsError
from binance_mcp_server.settings import HttpSettings, Settings, load_settings


def serve(options: argparse.Namespace) -> int:
    """Serve until the client goes or a signal comes; returns the exit code."""
    settings = load_settings(
        {
            "venue": options.venue,
            "http": options.http,
            "toolsets": options.toolsets,
            "read_only": options.read_only,
            "key": options.key,
            "enable_trading": options.enable_trading,
            "orders_over": options.orders_over,
        }
    )
    mirror = _mirror(options, settings)
    _log_to_stderr()
    gc.disable()  # a collection amid thousands of new classes finds nothing and takes its time
    import asyncio

    try:
        return asyncio.run(_serve(settings, mirror))
    finally:
        gc.enable()


def _starts_an_exchange(settings: Settings) -> bool:
    return settings.venue == "sim" and "spot" not in settings.hosts


def _mirror(options: argparse.Namespace, settings: Settings) -> list[str]:
    """What the exchange that we start is told of a market to mirror."""
    if options.mirror is None:
        return []
    if not _starts_an_exchange(settings):
        raise SettingsError(
            "--mirror is for the embedded exchange that this server starts",
            advice="Use it with --venue sim, and without BINANCE_MCP_REST_URL.",
        )
    symbols = ["--mirror-symbols", ",".join(options.mirror_symbols)]
    return ["--mirror", options.mirror, *(symbols if options.mirror_symbols else [])]


async def _serve(settings: Settings, mirror: Sequence[str]) -> int:
    from binance_mcp_server.cli.heap import give_back_large_blocks
    from binance_mcp_server.cli.sim import SimVenue
    from binance_mcp_server.server import build_server

    give_back_large_blocks()
    sim = SimVenue(mirror) if _starts_an_exchange(settings) else None
    if sim:  # nobody else speaks to it, and its port may be another exchange's tomorrow
        settings = replace(settings, state_dir=None)
    server = build_server(settings, addresses=sim.addresses if sim else None)
    if settings.trading:
        _tell_what_may_be_traded(settings)
    gc.freeze()
    gc.enable()
    try:
        await _run(server, settings)
    finally:
        if sim:
            await sim.close()
    return 0


async def _run(server: Any, settings: Settings) -> None:
    if settings.http is None:
        if sys.stdin is not None and sys.stdin.isatty():
            _say(
                f"serving MCP over stdio, venue {settings.label}: an MCP client belongs at the other end"
            )
        await server.run_async(transport="stdio", show_banner=False, log_level="WARNING")
        return
    from starlette.middleware import Middleware

    from binance_mcp_server.mcp_support.departures import Departures
    from binance_mcp_server.mcp_support.large_replies import LargeReplies

    _check_address(settings.http)
    name = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
    token = "a token is needed" if settings.http.token else "no token is needed"
    _say(f"serving http://{name}:{settings.http.port}/mcp, venue {settings.label}; {token}")
    if not settings.http.is_loopback:
        _say("this is not encrypted, and the token travels in it: put TLS in front")
    await server.run_async(
        transport="http",
        host=settings.http.host,
        port=settings.http.port,
        show_banner=False,
        log_level="WARNING",
        **_guard(settings.http.host),
        middleware=[Middleware(Departures), Middleware(LargeReplies)],
        uvicorn_config={"access_log": False},
    )


def _tell_what_may_be_traded(settings: Settings) -> None:
    """The owner sees the limits that hold, and why there is no trading where there is none."""
    from binance_mcp_server.desk_services import policy_of

    policy = policy_of(settings)
    if not policy.enabled:
        _say(f"no trading: {policy.why_disabled}")
    elif not settings.has_account:
        _say(f"no trading: {settings.venue} needs an API key (docs/trading.md)")
    elif "trading" not in settings.served_toolsets:
        _say("no trading and no account over HTTP without BINANCE_MCP_HTTP_TOKEN")
    else:
        limits = "; ".join(f"{name}: {text}" for name, text in policy.described())
        _say(f"tools may trade on {settings.label}. Limits: {limits}")


def _say(text: str) -> None:
    """For the person who started us; a program reads stdout alone."""
    sys.stderr.write(f"mcp-server-binance: {text}\n")
    sys.stderr.flush()


def _check_address(http: HttpSettings) -> None:
    """Try the address first: the HTTP server would end the process with a line and a code of its own.

    Raises ``SettingsError`` when it cannot be had.
    """
    import socket

    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        socket.create_server((http.host, http.port), family=family).close()
    except OSError as error:
        raise SettingsError(
            f"cannot serve on {http.host} port {http.port}: {_reason(error)}",
            advice="Choose another with --http HOST:PORT.",
        ) from error


def _reason(error: OSError) -> str:
    """The system's words, without the address that Python adds to them."""
    return (error.strerror or str(error)).partition(" (while")[0]


def _guard(host: str) -> dict[str, Any]:
    """Under which names we may be addressed: DNS rebinding comes under another.

    An address that stands for all of this machine's has no name to insist on: there the token guards, and loopback
    names are still held to.
    """
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return {"host_origin_protection": "auto"}
    return {"host_origin_protection": True, "allowed_hosts": [f"[{host}]" if ":" in host else host]}


def _log_to_stderr() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    # A model's wrong argument is answered to the model; it is no event of ours.
    logging.getLogger("fastmcp.server.server").setLevel(logging.ERROR)
