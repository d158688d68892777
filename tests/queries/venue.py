"""A venue in a few lines, for readers: tables in, answers by the venue's own range rules out."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.errors import RejectedError
from binance_mcp_server.models.info import ExchangeInfo, RateLimit, ServerTime, SymbolInfo
from binance_mcp_server.models.market import AggTrade, Kline, PriceTicker, Ticker, Trade

T = TypeVar("T")
NOW_MS = 1_700_000_000_000
MINUTE = 60_000


@dataclass(frozen=True)
class FakeReply:
    data: Any
    venue_ms: int
    source: Literal["rest", "mirror"] = "rest"
    told_ms: int = 0


@dataclass
class FakeApi:
    """Records requests and answers from a function; its clock stands still unless told to move."""

    answer: Callable[[Request[Any]], Any]
    clock_ms: int = NOW_MS
    skew_ms: int = 0
    """How far this machine's idea of the venue's time is from the truth."""
    ms_per_request: int = 0
    error: Exception | None = None
    requests: list[Request[Any]] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def send(self, request: Request[T]) -> Any:
        self.requests.append(request)
        self.clock_ms += self.ms_per_request
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        self.clock_ms += (
            self.ms_per_request
        )  # so that requests sent together are answered one after the other
        if self.error is not None:
            raise self.error
        if request.path.endswith("/time"):
            return FakeReply(ServerTime(self.clock_ms), self.clock_ms)
        data, told_ms = self.answer(request), self.clock_ms // 1000 * 1000
        return FakeReply(data, self.clock_ms + self.skew_ms, told_ms=told_ms)

    def venue_now_ms(self) -> int:
        return self.clock_ms + self.skew_ms

    async def now_ms(self) -> int:
        return self.clock_ms

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order; questions about the time left out."""
        paths = [request.path.removeprefix("/api/v3/") for request in self.requests]
        return [path for path in paths if path != "time"]


def number(request: Request[Any], name: str, default: int | None = None) -> int | None:
    text = dict(request.params).get(name)
    return default if text is None else int(text)


def candle(open_time: int, close: str = "1.5", length: int = MINUTE) -> Kline:
    return Kline(
        open_time, "1", "2", "1", close, "10", open_time + length - 1, "15", 3, "5", "7"
    )  # fmt: skip


@dataclass
class CandleVenue:
    """Candles that opened at the given times; the one that is open now shows the time as its close."""

    opens: Sequence[int]
    page: int = 1000
    api: FakeApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)

    def _answer(self, request: Request[Any]) -> tuple[Kline, ...]:
        limit = min(number(request, "limit", 500) or 0, self.page)
        return self.range(number(request, "startTime"), number(request, "endTime"), limit)

    def range(self, start: int | None, end: int | None, limit: int) -> tuple[Kline, ...]:
        """The venue's rule, restated: the oldest from a start, else the latest."""
        low, high = start or 0, self.api.clock_ms if end is None else min(end, self.api.clock_ms)
        fitting = [opened for opened in self.opens if low <= opened <= high]
        chosen = fitting[:limit] if start is not None else fitting[-limit:]
        return tuple(self.seen(opened) for opened in chosen)

    def seen(self, opened: int) -> Kline:
        final = candle(opened)
        return (
            final
            if self.api.clock_ms > final.close_time
            else candle(opened, str(self.api.clock_ms))
        )


def trade(number: int, time: int | None = None) -> Trade:
    return Trade(
        id=number,
        price_text="1.5",
        quantity_text="2",
        quote_text="3",
        time=number if time is None else time,
        buyer_is_maker=False,
    )


def agg_trade(number: int) -> AggTrade:
    return AggTrade(
        id=number,
        price_text="1.5",
        quantity_text="2",
        first_id=number,
        last_id=number,
        time=number * 10,
        buyer_is_maker=True,
    )


@dataclass
class TradeVenue:
    """Trades with the given ids; a trade's time is its id, an aggregate's ten times its id."""

    ids: Sequence[int]
    page: int = 1000
    api: FakeApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)

    def _answer(self, request: Request[Any]) -> tuple[Any, ...]:
        limit = min(number(request, "limit", 500) or 0, self.page)
        from_id = number(request, "fromId")
        if request.path.endswith("aggTrades"):
            start, end = number(request, "startTime"), number(request, "endTime")
            return tuple(map(agg_trade, self.aggregates(from_id, start, end, limit)))
        chosen = self.ids[-limit:] if from_id is None else self.onward(from_id)[:limit]
        return tuple(map(trade, chosen))

    def onward(self, from_id: int) -> list[int]:
        return [each for each in self.ids if each >= from_id]

    def aggregates(
        self, from_id: int | None, start: int | None, end: int | None, limit: int
    ) -> list[int]:
        if from_id is not None:
            return self.onward(from_id)[:limit]
        within = [
            each
            for each in self.ids
            if (start or 0) <= each * 10 and (end is None or each * 10 <= end)
        ]
        return within[:limit] if start is not None else within[-limit:]


def symbol(base: str, quote: str, status: str = "TRADING") -> SymbolInfo:
    return SymbolInfo(symbol=base + quote, status=status, base_asset=base, quote_asset=quote)


PAIRS = (
    symbol("BTC", "USDT"),
    symbol("ETH", "USDT"),
    symbol("SOL", "USDT"),
    symbol("BTC", "USDC"),
    symbol("ETH", "BTC"),
    symbol("BTC", "TRY"),
    symbol("WBTC", "BTC"),
    symbol("PEPE", "USDT"),
    symbol("LUNA", "USDT", "BREAK"),
    symbol("1INCH", "USDT"),
    symbol("币安人生", "USDT"),
)


def exchange_info(pairs: Sequence[SymbolInfo] = PAIRS) -> ExchangeInfo:
    limits = (RateLimit(rate_limit_type="REQUEST_WEIGHT", interval="MINUTE", limit=6000),)
    return ExchangeInfo(server_time=NOW_MS, rate_limits=limits, symbols=tuple(pairs))


def ticker(name: str, **values: Any) -> Ticker:
    row = {
        "symbol": name,
        "openPrice": "100",
        "highPrice": "110",
        "lowPrice": "90",
        "lastPrice": "105",
        "volume": "10",
        "quoteVolume": "1000",
        "openTime": NOW_MS - 86_400_000,
        "closeTime": NOW_MS,
        "firstId": 1,
        "lastId": 9,
        "count": 9,
    }
    return msgspec.convert(row | values, Ticker)


def invalid_symbol() -> RejectedError:
    return RejectedError("Invalid symbol.", status=400, code=-1121)


@dataclass
class SpotVenue:
    """Prices and tickers of the listed pairs; −1121 for others, as the venue has it."""

    pairs: Sequence[SymbolInfo] = PAIRS
    api: FakeApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = FakeApi(self._answer)

    def _answer(self, request: Request[Any]) -> Any:
        if request.path.endswith("exchangeInfo"):
            return exchange_info(self.pairs)
        listed = {pair.symbol for pair in self.pairs}
        params = dict(request.params)
        asked = (
            [params["symbol"]]
            if "symbol" in params
            else msgspec.json.decode(params.get("symbols", "[]")) or sorted(listed)
        )
        if not listed.issuperset(asked):
            raise invalid_symbol()
        if params.get("symbolStatus") == "TRADING":
            trading = {pair.symbol for pair in self.pairs if pair.status == "TRADING"}
            if "symbol" in params and asked[0] not in trading:
                raise RejectedError("The symbol's status does not match.", status=400, code=-1220)
            asked = [name for name in asked if name in trading]
        if request.path.endswith("ticker/price"):
            rows = tuple(PriceTicker(symbol=name, price_text="1.5") for name in sorted(asked))
            return rows[0] if "symbol" in params else rows
        return tuple(ticker(name) for name in sorted(asked))
