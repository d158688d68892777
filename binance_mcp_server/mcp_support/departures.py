"""HTTP clients that go away in the middle of a call.

In the era without sessions the MCP library ends a call whose client has gone. In the session era it does not: a client
may come back for its answer there, but only to a server that stores events, and ours does not (mcp 2.3.0, seen
2026-11-24). So a call that lasts asks here whether anybody is left to tell.
"""

from collections.abc import MutableMapping
from typing import Any, Final

from fastmcp.server.dependencies import get_http_request

from binance_mcp_server.mcp_support.large_replies import App, Message, Receive, Send

_KEY: Final = "mcp-server-binance.departure"


class Departures:
    """ASGI middleware: remembers of each request that its client has gone."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        heard: set[str] = set()

        async def listen() -> Message:
            message = await receive()
            heard.add(message["type"])
            return message

        await self._app({**scope, _KEY: heard}, listen, send)


def client_gone() -> bool:
    """Whether the HTTP client of the present call has gone; never so on stdio, which ends with its client."""
    try:
        request = get_http_request()
    except RuntimeError:
        return False
    return "http.disconnect" in request.scope.get(_KEY, ())
