"""Frames as the venue sends them, made from the numbers that a test cares about."""

from binance_mcp_server.binance_ws_api.kinds import Spec, spec
from binance_mcp_server.models.events import Event, Gap, Record, TradeEvent

TRADES: Spec = spec("spot", "trade", "BTCUSDT")
DEPTH: Spec = spec("spot", "depth", "BTCUSDT")
FUTURES_DEPTH: Spec = spec("usdm", "depth", "BTCUSDT")
CANDLES: Spec = spec("spot", "kline", "BTCUSDT", interval="1m")
BEST: Spec = spec("spot", "bookTicker", "BTCUSDT")
EVERYTHING: Spec = spec("spot", "miniTicker")
E_MS = 1_723_161_255_343
MINUTE = 60_000


def combined(name: str, data: str) -> bytes:
    return f'{{"stream":"{name}","data":{data}}}'.encode()


def trade(id: int, *, name: str = TRADES.name, event_ms: int | None = None) -> bytes:
    time = E_MS + id % 1_000_000 if event_ms is None else event_ms
    data = (
        f'{{"e":"trade","E":{time},"s":"BTCUSDT","t":{id},"p":"61837.63000000","q":"0.02000000",'
        f'"T":{time},"m":true,"M":true}}'
    )
    return combined(name, data)


def trades(first: int, last: int) -> list[bytes]:
    return [trade(each) for each in range(first, last + 1)]


def row(id: int) -> TradeEvent:
    """A trade as it is fetched."""
    return TradeEvent(E_MS, "BTCUSDT", id, "61837.63000000", "0.02000000", E_MS, True)


def rows(first: int, last: int) -> dict[int, Event]:
    return {each: row(each) for each in range(first, last + 1)}


def depth(first: int, last: int, previous: int | None = None) -> bytes:
    chain = "" if previous is None else f'"pu":{previous},'
    name = DEPTH.name if previous is None else FUTURES_DEPTH.name
    data = f'{{"e":"depthUpdate","E":{E_MS},"s":"BTCUSDT","U":{first},"u":{last},{chain}"b":[],"a":[["1.5","2"]]}}'
    return combined(name, data)


def best(update: int) -> bytes:
    return combined(
        BEST.name, f'{{"u":{update},"s":"BTCUSDT","b":"1.1","B":"2","a":"1.2","A":"3"}}'
    )


def candle(
    minute: int, *, closed: bool = False, second: int = 1, name: str = CANDLES.name
) -> bytes:
    """The event of a minute's candle that was sent so many seconds after its opening."""
    opened = minute * MINUTE
    return combined(
        name,
        f'{{"e":"kline","E":{opened + second * 1000},"s":"BTCUSDT","k":{{"t":{opened},"T":{opened + MINUTE - 1},'
        f'"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"1","c":"2","h":"2","l":"1","v":"9","n":2,'
        f'"x":{str(closed).lower()},"q":"14","V":"4","Q":"6","B":"0"}}}}',
    )


def tickers(*symbols: str, event_ms: int = E_MS) -> bytes:
    """A frame of all symbols' mini tickers."""
    one = '{{"e":"24hrMiniTicker","E":{time},"s":"{symbol}","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}}'
    data = ",".join(one.format(time=event_ms, symbol=symbol) for symbol in symbols)
    return combined(EVERYTHING.name, f"[{data}]")


def ids(records: "list[Record]") -> list[int | tuple[int, int]]:
    """Ids of trades in order; a gap as its range."""
    return [
        (record.first, record.last) if isinstance(record, Gap) else record.id  # type: ignore[union-attr]
        for record in records
    ]
