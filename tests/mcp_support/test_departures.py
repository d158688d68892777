"""A call can know that its HTTP client has gone."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from fastmcp.server.http import set_http_request
from starlette.requests import Request

from binance_mcp_server.mcp_support.departures import Departures, client_gone
from binance_mcp_server.mcp_support.large_replies import Message, Receive, Send

pytestmark = pytest.mark.anyio


async def test_a_client_is_there_until_it_is_heard_to_go() -> None:
    coming = iter(["http.request", "http.disconnect"])
    seen: list[bool] = []

    async def app(scope: MutableMapping[str, Any], receive: Receive, _send: Send) -> None:
        with set_http_request(Request(scope)):
            seen.append(client_gone())
            for _ in range(2):
                await receive()
                seen.append(client_gone())

    async def receive() -> Message:
        return {"type": next(coming)}

    async def send(_message: Message) -> None:
        raise AssertionError("nothing is said")

    await Departures(app)({"type": "http", "method": "POST", "headers": []}, receive, send)
    assert seen == [False, False, True]


def test_without_http_nobody_goes() -> None:
    assert not client_gone()
