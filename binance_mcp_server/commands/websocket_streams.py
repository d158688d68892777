"""Tools that watch the market as it moves: subscriptions, what they came to, and waiting until something happens."""

from typing import Annotated, Any

from fastmcp import Context, FastMCP
from fastmcp.tools import ToolResult
from pydantic import Field

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands import stream_actions as actions
from binance_mcp_server.commands.market_data import Decimals
from binance_mcp_server.commands.tables import streams
from binance_mcp_server.commands.views import waits
from binance_mcp_server.errors import TransportError
from binance_mcp_server.market import conditions
from binance_mcp_server.market.conditions import Watch
from binance_mcp_server.mcp_support.departures import client_gone
from binance_mcp_server.mcp_support.registration import CLOSES, OPENS, READ_ONLY, add_read_tool
from binance_mcp_server.mcp_support.tables import MAX_BYTES, SMALL, object_result, reply
from binance_mcp_server.services import Services

TOOLSET = "websocket_streams"
LISTED = 500
"""Rows of one list: as many as there can be subscriptions."""
_GRACE = 15.0
"""Seconds that a call may take beyond what it was asked to wait."""


def _schema(needed: str, **kinds: str) -> dict[str, Any]:
    """A small published schema of a flat reply."""
    every = {**kinds, "venue": "string", "as_of": "string"}
    properties = {name: {"type": kind} for name, kind in every.items()}
    return {"type": "object", "properties": properties, "required": [needed, "venue", "as_of"]}


Id = Annotated[str, Field(description="From subscribe_stream, e.g. s1")]


class WebsocketStreams:
    """The market as it moves."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def subscribe_stream(
        self,
        kind: Annotated[
            str,
            Field(
                description="trade aggTrade blockTrade kline miniTicker ticker rollingTicker bookTicker depth"
                " partialDepth avgPrice referencePrice; futures: markPrice liquidation"
            ),
        ],
        symbol: Annotated[
            str | None, Field(description="Left out: all symbols, for tickers and futures")
        ] = None,
        market: args.Market = "spot",
        interval: Annotated[str | None, Field(description="kline: 1m …")] = None,
        levels: Annotated[int | None, Field(description="partialDepth: 5, 10, 20")] = None,
        speed: Annotated[str | None, Field(description="Depth: 100ms …")] = None,
        window: Annotated[str | None, Field(description="rollingTicker: 1h, 4h, 1d")] = None,
        time_zone: Annotated[str | None, Field(description="kline: 8, or UTC")] = None,
        buffer: Annotated[int, Field(description="Records kept, to 1,000,000")] = 10_000,
    ) -> ToolResult:
        """Start to collect a stream; read_stream and summarize_stream look at what came. A subscription that
        nobody reads for 15 minutes ends. To wait for one event, wait_for_market is simpler."""
        options = actions.Options(interval, levels, speed, window, time_zone)
        wanted = args.given(symbol)
        return object_result(
            await actions.subscribe(self._services, market, kind, wanted, options, buffer)
        )

    async def read_stream(
        self,
        id: Id,
        cursor: args.Cursor = None,
        limit: int = 100,
        wait_seconds: Annotated[
            float, Field(description="Wait for a first record, 0 to 45", allow_inf_nan=False)
        ] = 0,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        max_bytes: args.MaxBytes = None,
    ) -> ToolResult:
        """Records of a subscription, oldest first, each once: pass `next` as cursor to go on; left_out are there
        already. Several readers may read the same one. limit up to 10,000 (raise max_bytes). dropped: left the
        buffer before they were read; gaps: what the venue could not give any more. Both are ranges of ids."""
        page = await streams.read(self._services, id, cursor, limit, wait_seconds, columns)
        return page.reply(format, max_bytes or MAX_BYTES)

    async def list_streams(
        self,
        limit: int = 100,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
    ) -> ToolResult:
        """Subscriptions of this server with their state and counters."""
        table = streams.listed(self._services, args.limit(limit, LISTED), cursor, columns)
        return reply(table, format, max_bytes or SMALL)

    async def unsubscribe_stream(self, id: Id) -> ToolResult:
        """End a subscription; the reply has its last counters."""
        return object_result(await actions.unsubscribe(self._services, id))

    async def summarize_stream(
        self,
        id: Id,
        seconds: Annotated[int | None, Field(description="The newest; left out: all kept")] = None,
    ) -> ToolResult:
        """What a subscription came to, in a few bytes. Trades: open, high, low, close, vwap, volume, buy and
        sell volume (the taker's side), largest, rate, gaps. bookTicker: mid and spread. Others likewise."""
        return object_result(await actions.summarise(self._services, id, seconds))

    async def wait_for_market(
        self,
        ctx: Context,
        symbol: args.Symbol,
        condition: Annotated[
            str,
            Field(
                description="price_above price_below spread_above spread_below imbalance_above imbalance_below"
                " volume_above trade_above candle_close"
            ),
        ],
        value: Annotated[
            Decimals,
            Field(
                description="Price; spread; imbalance (bid share in percent); volume or trade size in the base asset"
            ),
        ] = None,
        unit: Annotated[
            conditions.Unit | None,
            Field(description="Spread: of mid (default), or in the quote asset"),
        ] = None,
        window_seconds: Annotated[int | None, Field(description="Volume: 60, to 3600")] = None,
        levels: Annotated[int | None, Field(description="Imbalance: 10, to 20")] = None,
        interval: Annotated[str | None, Field(description="Candle: 1m …")] = None,
        timeout_seconds: Annotated[
            float, Field(description="To 3600; many hosts end calls after 60", allow_inf_nan=False)
        ] = 30,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Wait until something happens: one call instead of polling. Above and below include the value; what
        holds already is met at once (already: true). met: false after timeout_seconds, with the last value
        seen: call again to go on waiting."""
        wanted = conditions.parse(
            condition,
            args.decimal(value, "value"),
            unit=unit,
            window=window_seconds,
            levels=levels,
            interval=args.given(interval),
        )

        async def report(seconds: float, watch: Watch) -> None:
            if client_gone():
                raise TransportError("The client has gone.")
            await ctx.report_progress(seconds, timeout_seconds, waits.progress(watch))

        return object_result(
            await actions.wait(self._services, market, symbol, wanted, timeout_seconds, report)
        )


def register(server: FastMCP[Any], services: Services) -> None:
    """Add this module's tools to *server*."""
    tools = WebsocketStreams(services)
    opened = _schema("id", id="string", stream="string", state="string", note="string")
    ended = _schema("id", id="string", received="integer", dropped="integer")
    summary = _schema("id", id="string", records="integer", dropped="integer")
    waited = _schema("met", met="boolean", seen="string", at="string", waited_seconds="number")
    for method, title, schema, hints, longest in (
        (tools.subscribe_stream, "Subscribe to a stream", opened, OPENS, 45.0),
        (tools.read_stream, "Read a stream", None, READ_ONLY, streams.LONGEST_WAIT + _GRACE),
        (tools.list_streams, "Subscriptions", None, READ_ONLY, 45.0),
        (tools.unsubscribe_stream, "End a subscription", ended, CLOSES, 45.0),
        (tools.summarize_stream, "Summary of a stream", summary, READ_ONLY, 45.0),
        (
            tools.wait_for_market,
            "Wait for the market",
            waited,
            READ_ONLY,
            actions.LONGEST_TIMEOUT + _GRACE,
        ),
    ):
        add_read_tool(
            server,
            method,
            title=title,
            toolset=TOOLSET,
            output_schema=schema,
            annotations=hints,
            longest=longest,
        )
