"""A hand-fed source, and candles computed the plain way: the other opinion in these tests."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.market.intervals import DAY, WIDTHS
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import SCALE, parse, show
from binance_mcp_server.exchange.sources.base import Frame, KlineRow

SYMBOL = "BTCUSDT"
THURSDAY = 1_722_988_800_000 + 2 * DAY  # 2024-08-09: the last day of a three-day candle of BTCUSDT

Cells = tuple[str, str, str, str, str, str, str, str, str]
"""Open, high, low, close, volume, quote volume, count, taker volumes."""

RULES = SymbolRules(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick=parse("0.01"),
    step=parse("0.00001"),
    min_price=parse("0.01"),
    max_price=parse("1000000"),
    min_qty=parse("0.00001"),
    max_qty=parse("9000"),
    max_market_qty=parse("100"),
    min_notional=parse("5"),
    max_notional=parse("9000000"),
)


class Held:
    """History from rows in memory."""

    def __init__(self, rows: dict[str, list[KlineRow]] | None = None) -> None:
        self._rows = rows or {}

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        held = self._rows.get(interval)
        return held and [row for row in held if start_ms <= row.open_time <= end_ms]

    def intervals(self, symbol: str) -> Sequence[str]:
        return [interval for interval in WIDTHS if interval in self._rows]


class HandFed:
    """A source whose clock and frames are the test's."""

    def __init__(self, start_ms: int, rows: dict[str, list[KlineRow]] | None = None) -> None:
        self.rules = [RULES]
        self.start_ms = start_ms
        self.history = Held(rows)
        self.time_ms = start_ms

    def now_ms(self) -> int:
        return self.time_ms

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield []

    def state(self) -> dict[str, object]:
        return {}

    def play(self) -> None:
        pass


def trade_frame(trade: Trade, symbol: str = SYMBOL) -> Frame:
    maker = str(trade.buyer_is_maker).lower()
    data = (
        f'{{"e":"trade","E":{trade.time},"s":"{symbol}","t":{trade.id},"p":"{show(trade.price)}",'
        f'"q":"{show(trade.qty)}","T":{trade.time},"m":{maker},"M":true}}'
    )
    return _frame(trade.time, symbol, "trade", data)


def depth_frame(first: int, last: int, bids: str = "[]", asks: str = "[]") -> Frame:
    data = (
        f'{{"e":"depthUpdate","E":{THURSDAY},"s":"{SYMBOL}","U":{first},"u":{last},'
        f'"b":{bids},"a":{asks}}}'
    )
    return _frame(THURSDAY, SYMBOL, "depth@100ms", data)


def _frame(time_ms: int, symbol: str, stream: str, data: str) -> Frame:
    name = f"{symbol.lower()}@{stream}"
    return Frame(time_ms, symbol, f'{{"stream":"{name}","data":{data}}}'.encode())


def plain_open(interval: str, at_ms: int, offset_minutes: int = 0) -> int:
    """Open time of a candle by the calendar, on local time."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=offset_minutes)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "1M":
            opens = midnight.replace(day=1)
        case "1w":
            opens = midnight - timedelta(days=local.weekday())
        case "3d":
            opens = midnight - timedelta(
                days=(midnight - datetime(2017, 8, 17, tzinfo=UTC)).days % 3
            )
        case _:
            since = local - midnight
            width = timedelta(milliseconds=WIDTHS[interval])
            opens = midnight + since // width * width
    return round((opens - timedelta(minutes=offset_minutes)).timestamp() * 1000)


def plain_candles(
    trades: Sequence[Trade], interval: str, offset_minutes: int = 0
) -> dict[int, Cells]:
    """Candles by open time."""
    groups: dict[int, list[Trade]] = {}
    for trade in trades:
        groups.setdefault(plain_open(interval, trade.time, offset_minutes), []).append(trade)
    return {opens: _candle(group) for opens, group in groups.items()}


def _candle(trades: list[Trade]) -> Cells:
    prices = [trade.price for trade in trades]
    taken = [trade for trade in trades if not trade.buyer_is_maker]
    return (
        show(prices[0]),
        show(max(prices)),
        show(min(prices)),
        show(prices[-1]),
        show(sum(trade.qty for trade in trades)),
        show(sum(trade.price * trade.qty for trade in trades) // SCALE),
        str(len(trades)),
        show(sum(trade.qty for trade in taken)),
        show(sum(trade.price * trade.qty for trade in taken) // SCALE),
    )


def told(row: KlineRow) -> Cells:
    """A row in the form of :func:`plain_candles`."""
    return (
        *(row.open, row.high, row.low, row.close, row.volume),
        *(row.quote_volume, str(row.trades), row.taker_base, row.taker_quote),
    )


def plain_rows(trades: Sequence[Trade], interval: str) -> list[KlineRow]:
    """Rows of history, as the venue would give them; none for times without trades."""
    width = WIDTHS[interval]
    return [
        KlineRow(at, o, h, low, c, volume, at + width - 1, quote, int(count), base, taken)
        for at, (o, h, low, c, volume, quote, count, base, taken) in plain_candles(
            trades, interval
        ).items()
    ]
