"""Resource subscriptions in both protocol eras, which FastMCP serves in neither.

Sessions (2025-11-25 and older) send ``resources/subscribe`` and ``resources/unsubscribe``, and are told on the
connection's own channel: the pipe, or over HTTP the stream that a client opens with GET. From 2026-07-28 on
``subscriptions/listen`` names all resources at once, and its response is the stream of notices (schema of 2026-07-28,
read 2026-11-24). Registering the methods makes both eras advertise ``resources.subscribe``.

The server underneath FastMCP and the connection behind a session are private (seen in FastMCP 4.1.2 and mcp 2.3.0); the
test beside this module names the versions. The SDK's own ``ListenHandler`` would do for the second era alone: it
acknowledges addresses that do not exist, and knows no first and no last subscriber.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import mcp_types as mt
from fastmcp import FastMCP
from mcp.server import streamable_http
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import (
    SUBSCRIPTION_ID_META_KEY,
    ResourceUpdated,
    event_to_notification,
)

from binance_mcp_server.errors import BinanceMcpError, InputError
from binance_mcp_server.mcp_support.errors import DEFECT, error_text
from binance_mcp_server.mcp_support.resource_topics import ResourceTopics, Subscriber

PRIVATE_SERVER = "_mcp_server"
"""Of ``FastMCP``."""
PRIVATE_CONNECTION = "_connection"
"""Of the SDK's ``ServerSession``."""
PRIVATE_STOPPING = "_listen_for_exit_signal"
"""Of sse-starlette's ``EventSourceResponse``, a static method; seen in 3.7.0."""
MOST_STREAMS = 1000
"""``subscriptions/listen`` streams that are open at once."""

_STATE = "resource_updates"
"""Where a connection keeps what this module knows of it."""
_log = logging.getLogger(__name__)
_Context = ServerRequestContext[Any, Any]


def serve_updates(server: FastMCP[Any], topics: ResourceTopics) -> None:
    """Let clients of *server* subscribe to *topics*, if it still lets us add methods where we know."""
    low_level = getattr(server, PRIVATE_SERVER, None)
    if low_level is None:
        return
    methods = _Methods(topics)
    for name, params, handler in (
        ("resources/subscribe", mt.SubscribeRequestParams, methods.subscribe),
        ("resources/unsubscribe", mt.UnsubscribeRequestParams, methods.unsubscribe),
        ("subscriptions/listen", mt.SubscriptionsListenRequestParams, methods.listen),
    ):
        low_level.add_request_handler(name, params, handler)


@dataclass(frozen=True, slots=True)
class _Session:
    """A connection that lasts, and who tells it."""

    subscriber: Subscriber
    teller: asyncio.Task[None]


class _Methods:
    """The protocol's methods, as handlers."""

    def __init__(self, topics: ResourceTopics) -> None:
        self._topics = topics
        self._streams = 0

    async def subscribe(self, ctx: _Context, params: mt.SubscribeRequestParams) -> mt.EmptyResult:
        """``resources/subscribe``, until the session ends or unsubscribes."""
        connection: Connection = getattr(ctx.session, PRIVATE_CONNECTION)
        if not connection.has_standalone_channel:
            raise MCPError(mt.INVALID_REQUEST, "Nothing could be told over a connection like this.")
        await self._enter(params.uri, self._session(connection).subscriber)
        return mt.EmptyResult()

    async def unsubscribe(
        self, ctx: _Context, params: mt.UnsubscribeRequestParams
    ) -> mt.EmptyResult:
        """``resources/unsubscribe``; from what was never subscribed to as well."""
        connection: Connection = getattr(ctx.session, PRIVATE_CONNECTION)
        session: _Session | None = connection.state.get(_STATE)
        if session is not None:
            await self._topics.unsubscribe(params.uri, session.subscriber)
        return mt.EmptyResult()

    async def listen(
        self, ctx: _Context, params: mt.SubscriptionsListenRequestParams
    ) -> mt.SubscriptionsListenResult:
        """``subscriptions/listen``: the acknowledgement, then notices until the client or the server goes."""
        if self._streams >= MOST_STREAMS:
            raise MCPError(mt.INTERNAL_ERROR, f"{MOST_STREAMS} subscriptions are open already.")
        subscriber = Subscriber()
        ending = asyncio.get_running_loop().create_task(_end_with_server(ctx, subscriber))
        self._streams += 1
        try:
            for uri in dict.fromkeys(params.notifications.resource_subscriptions or ()):
                await self._enter(uri, subscriber)
            return await _stream(ctx, params.notifications, subscriber)
        finally:
            self._streams -= 1
            ending.cancel()
            self._topics.leave(subscriber)

    async def _enter(self, uri: str, subscriber: Subscriber) -> None:
        """Raises ``MCPError`` in the one form of error when *uri* cannot be subscribed to."""
        try:
            await self._topics.subscribe(uri, subscriber)
        except BinanceMcpError as error:
            code = mt.INVALID_PARAMS if isinstance(error, InputError) else mt.INTERNAL_ERROR
            raise MCPError(code, error_text(error), {"uri": uri}) from None
        except Exception:  # noqa: BLE001 - logged; its text is not for the client
            _log.exception("subscribing failed")
            raise MCPError(mt.INTERNAL_ERROR, DEFECT, {"uri": uri}) from None

    def _session(self, connection: Connection) -> _Session:
        """What is known of *connection*; it is forgotten when the connection ends, however it does."""
        known: _Session | None = connection.state.get(_STATE)
        if known is not None:
            return known
        subscriber = Subscriber()
        teller = asyncio.get_running_loop().create_task(_tell(connection, subscriber))

        def forget() -> None:
            teller.cancel()
            self._topics.leave(subscriber)

        connection.exit_stack.callback(forget)
        session = connection.state[_STATE] = _Session(subscriber, teller)
        return session


async def _tell(connection: Connection, subscriber: Subscriber) -> None:
    """Tell one session; one that does not read holds up nobody else."""
    while (uri := await subscriber.next()) is not None:
        await connection.send_resource_updated(uri)  # never raises: dropped where nobody listens


async def _end_with_server(ctx: _Context, subscriber: Subscriber) -> None:
    """End a stream over HTTP in good form when the server is told to stop.

    Uvicorn waits for open responses without a word to them, and then breaks them off. What the SDK sends its own
    streams with looks out for that.
    """
    carrier = getattr(streamable_http, "EventSourceResponse", None)
    stopping = getattr(carrier, PRIVATE_STOPPING, None)
    if ctx.request is not None and stopping is not None:
        await stopping()
        subscriber.end()


async def _stream(
    ctx: _Context, asked: mt.SubscriptionFilter, subscriber: Subscriber
) -> mt.SubscriptionsListenResult:
    """Acknowledge, then tell. Every frame bears the request's id."""
    meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
    acknowledged = mt.SubscriptionsAcknowledgedNotificationParams(
        notifications=_honoured(asked), _meta=meta
    )
    notice: mt.ServerNotification = mt.SubscriptionsAcknowledgedNotification(params=acknowledged)
    await ctx.session.send_notification(notice, related_request_id=ctx.request_id)
    while (uri := await subscriber.next()) is not None:
        notice = event_to_notification(ResourceUpdated(uri), meta)
        await ctx.session.send_notification(notice, related_request_id=ctx.request_id)
    return mt.SubscriptionsListenResult(_meta=meta)


def _honoured(asked: mt.SubscriptionFilter) -> mt.SubscriptionFilter:
    """What a stream delivers of what was asked for: all of it, since our lists never change."""
    return mt.SubscriptionFilter(
        tools_list_changed=asked.tools_list_changed or None,
        prompts_list_changed=asked.prompts_list_changed or None,
        resources_list_changed=asked.resources_list_changed or None,
        resource_subscriptions=list(dict.fromkeys(asked.resource_subscriptions or ())) or None,
    )
