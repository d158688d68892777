"""Tools that read the market: prices, tickers, order books, candles, trades, and a scan of all symbols."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastmcp import Context, FastMCP
from fastmcp.tools import ToolResult
from pydantic import Field

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands import fills
from binance_mcp_server.commands.tables import book, candles, scan, trades
from binance_mcp_server.commands.tables import tickers as list_of_tickers
from binance_mcp_server.commands.views import prices
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.market.symbol_names import normalise
from binance_mcp_server.mcp_support.registration import add_read_tool
from binance_mcp_server.mcp_support.tables import MAX_BYTES, SMALL, object_result, reply
from binance_mcp_server.queries.candles import MOST as MOST_CANDLES
from binance_mcp_server.queries.market import MOST_LEVELS
from binance_mcp_server.queries.trades import MOST as MOST_TRADES
from binance_mcp_server.services import Services

PRICE_SCHEMA = {
    "type": "object",
    "properties": {
        "symbol": {"type": "string"},
        "price": {"type": "string"},
        "prices": {"type": "object", "additionalProperties": {"type": "string"}},
        "venue": {"type": "string"},
        "as_of": {"type": "string"},
    },
    "required": ["venue", "as_of"],
}
AVERAGE_SCHEMA = {
    "type": "object",
    "properties": {
        "symbol": {"type": "string"},
        "price": {"type": "string"},
        "minutes": {"type": "integer"},
        "last_trade": {"type": "string"},
        "venue": {"type": "string"},
        "as_of": {"type": "string"},
    },
    "required": ["symbol", "venue", "as_of"],
}

Kind = Annotated[
    Literal["auto", "recent", "aggregate", "historical", "block"],
    Field(
        description="auto: by the other arguments. aggregate: by id or time; spot also historical, block: by id"
    ),
]
Interval = Annotated[
    str, Field(description="1s (spot) 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M (M: month)")
]
Window = Annotated[
    str, Field(description='"24h"; spot also "day" (trading day), 1m–59m, 1h–23h, 1d–7d')
]
Sort = Annotated[
    Literal["volume", "move", "change", "trades", "range"],
    Field(description="move: change without its sign; volume: in the quote asset"),
]
Decimals = Annotated[str | float | int | None, Field(description="A number")]


class MarketData:
    """The market, read over REST."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def get_price(self, symbols: args.Symbols, market: args.Market = "spot") -> ToolResult:
        """Last traded price of one or several symbols, in the quote asset. The cheapest look at a
        price; for change, volume or range use get_ticker."""
        answer = await self._services.product(market).prices(symbols)
        facts = provenance(self._services.venue_of(market), answer, market)
        return object_result(prices.content(answer.data) | facts)

    async def get_ticker(
        self,
        symbols: args.Symbols,
        window: Window = "24h",
        time_zone: args.TimeZone = None,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        limit: int = 100,
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Change, high, low, volume and trade count of symbols over a window. change_percent is in
        percent; volume in the base asset (coinm: contracts), quote_volume in the quote asset. time_zone only with
        "day"."""
        names = list(dict.fromkeys(normalise(symbol, market) for symbol in symbols))
        asked = list_of_tickers.Question(names, window, args.zone(time_zone), market)
        table = await list_of_tickers.read(
            self._services, asked, args.limit(limit, 200), cursor, columns
        )
        return reply(table, format, max_bytes or SMALL)

    async def get_order_book(
        self,
        symbol: args.Symbol,
        limit: int = 20,
        group: Annotated[
            Decimals, Field(description="Merge levels into steps of this price")
        ] = None,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Order book: best bids and asks first, with spread, mid and imbalance (bid share of the quantity in
        the best imbalance_levels levels a side, in percent). limit is levels a side, at most 5000 (futures 1000);
        group merges levels (bids down, asks up). columns="all" adds running totals. A cursor goes deeper, in a
        newer snapshot."""
        asked = book.Question(normalise(symbol, market), args.canonical(group, "group"), market)
        page = await book.read(
            self._services, asked, args.limit(limit, MOST_LEVELS), columns, cursor
        )
        return page.reply(format, max_bytes or MAX_BYTES)

    async def estimate_fill(
        self,
        symbol: args.Symbol,
        side: Literal["buy", "sell"],
        quantity: Annotated[
            Decimals, Field(description="In the base asset (coinm: contracts)")
        ] = None,
        quote_quantity: Annotated[
            Decimals, Field(description="Instead: in the quote asset")
        ] = None,
        within_percent: Annotated[
            Decimals, Field(description="Also sum what stands so near mid")
        ] = 1,
        market: args.Market = "spot",
    ) -> ToolResult:
        """What a market order would cost against the book now: average and worst price, slippage from mid and
        from the best price in percent, value in the quote asset, what would stay unfilled; and the depth within
        some percent of mid. Fees are not in it; nothing is ordered."""
        near = args.decimal(within_percent, "within_percent")
        asked = fills.Question(
            normalise(symbol, market),
            side,
            args.decimal(quantity, "quantity"),
            args.decimal(quote_quantity, "quote_quantity"),
            Decimal(1) if near is None else near,
            market,
        )
        return object_result(await fills.estimate(self._services, asked))

    async def get_candles(
        self,
        ctx: Context,
        symbol: args.Symbol,
        interval: Interval = "1h",
        start: args.Time = None,
        end: args.Time = None,
        limit: int = 100,
        time_zone: args.TimeZone = None,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Candles (klines), oldest first; times are open times, UTC. Without start: the newest, and `next`
        goes back in time; with start: from there on, and `next` goes forward. limit up to 20,000 (raise
        max_bytes). `open: true` says that the last candle is not closed yet."""
        asked = candles.Question(
            normalise(symbol, market),
            interval,
            args.given(start),
            args.given(end),
            args.zone(time_zone),
            market,
        )
        table = await candles.read(
            self._services,
            asked,
            args.limit(limit, MOST_CANDLES),
            cursor,
            columns,
            ctx.report_progress,
        )
        return reply(table, format, max_bytes or MAX_BYTES)

    async def get_trades(
        self,
        symbol: args.Symbol,
        kind: Kind = "auto",
        from_id: Annotated[str | int | None, Field(description="First trade id")] = None,
        start: args.Time = None,
        end: args.Time = None,
        limit: int = 100,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Trades, oldest first; side is the taker's. auto: the latest, from from_id on where one is given,
        or aggregate trades (fills of one taker order at one price as one) between start and end. For the
        latest, `next` goes back in time; else forward. block: block trades. limit up to 10,000 (futures: latest to
        1000, older ones as aggregate trades alone)."""
        first, since, until = args.given(from_id), args.given(start), args.given(end)
        chosen = trades.kind_of(kind, first, since, until)
        asked = trades.Question(normalise(symbol, market), chosen, first, since, until, market)
        table = await trades.read(
            self._services, asked, args.limit(limit, MOST_TRADES), cursor, columns
        )
        return reply(table, format, max_bytes or MAX_BYTES)

    async def get_average_price(
        self, symbol: args.Symbol, market: args.Market = "spot"
    ) -> ToolResult:
        """Volume-weighted average price of the last minutes (the venue says how many), on spot alone; order
        filters are checked against it."""
        queries = self._services.product(market)
        answer = await queries.average_price(symbol)
        name = queries.symbols.normalise(symbol)
        facts = prices.average(name, answer.data)
        idle = args.idle_fact(queries, name)
        return object_result({**facts, **provenance(self._services.venue, answer), **idle})

    async def scan_market(
        self,
        quote: Annotated[
            str | None, Field(description="Quote asset, e.g. USDT (coinm: USD); empty: any")
        ] = "USDT",
        sort: Sort = "volume",
        ascending: bool = False,
        min_quote_volume: Decimals = None,
        min_trades: int | None = None,
        min_change: Decimals = None,
        max_change: Decimals = None,
        columns: args.Columns = "default",
        format: args.Format = "csv",
        limit: int = 10,
        cursor: args.Cursor = None,
        max_bytes: args.MaxBytes = None,
        market: args.Market = "spot",
    ) -> ToolResult:
        """Rank all symbols by their last 24 hours: movers, most traded, widest range. Filters: quote asset,
        quote volume, trades, change in percent. One call instead of thousands of rows."""
        if market == "coinm" and quote == "USDT":  # all of COIN-M is priced in USD
            quote = "USD"
        asked = scan.Question(
            quote, sort, ascending, min_quote_volume, min_trades, min_change, max_change, market
        )
        table = await scan.read(self._services, asked, args.limit(limit, 1000), cursor, columns)
        return reply(table, format, max_bytes or SMALL)


def register(server: FastMCP[Any], services: Services) -> None:
    """Add this module's tools to *server*."""
    tools = MarketData(services)
    for method, title, schema in (
        (tools.get_price, "Price", PRICE_SCHEMA),
        (tools.get_ticker, "Ticker over a window", None),
        (tools.get_order_book, "Order book", None),
        (tools.estimate_fill, "Cost of a fill", fills.SCHEMA),
        (tools.get_candles, "Candles", None),
        (tools.get_trades, "Trades", None),
        (tools.get_average_price, "Average price", AVERAGE_SCHEMA),
        (tools.scan_market, "Market scan", None),
    ):
        add_read_tool(server, method, title=title, toolset="market_data", output_schema=schema)
