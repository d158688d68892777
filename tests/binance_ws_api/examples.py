"""The payloads that the venue documents, one for each kind and market where they differ.

Spot: web-socket-streams.md "Detailed Stream information" of Binance's spot documents (2026-07-21). Futures: the pages
"Websocket Market Streams" of the USDⓈ-M and COIN-M documents. All read 2026-11-24; levels of books shortened.
"""

from typing import Any

from binance_mcp_server.binance_ws_api.kinds import Spec, spec

_TRADE = {
    "e": "trade", "E": 1672515782136, "s": "BNBBTC", "t": 12345, "p": "0.001", "q": "100",
    "T": 1672515782136, "m": True, "M": True,
}  # fmt: skip
_AGG_TRADE = {
    "e": "aggTrade", "E": 1672515782136, "s": "BNBBTC", "a": 12345, "p": "0.001", "q": "100", "f": 100, "l": 105,
    "T": 1672515782136, "m": True, "M": True,
}  # fmt: skip
_BLOCK_TRADE = {
    "e": "blockTrade", "E": 1772506983582, "s": "BNBBTC", "t": 582, "p": "0.052", "q": "5838", "T": 1772506983321,
    "m": True,
}  # fmt: skip
_KLINE = {
    "e": "kline", "E": 1672515782136, "s": "BNBBTC",
    "k": {
        "t": 1672515780000, "T": 1672515839999, "s": "BNBBTC", "i": "1m", "f": 100, "L": 200, "o": "0.0010",
        "c": "0.0020", "h": "0.0025", "l": "0.0015", "v": "1000", "n": 100, "x": False, "q": "1.0000", "V": "500",
        "Q": "0.500", "B": "123456",
    },
}  # fmt: skip
_MINI_TICKER = {
    "e": "24hrMiniTicker", "E": 1672515782136, "s": "BNBBTC", "c": "0.0025", "o": "0.0010", "h": "0.0025",
    "l": "0.0010", "v": "10000", "q": "18",
}  # fmt: skip
_TICKER = {
    "e": "24hrTicker", "E": 1672515782136, "s": "BNBBTC", "p": "0.0015", "P": "250.00", "w": "0.0018", "x": "0.0009",
    "c": "0.0025", "Q": "10", "b": "0.0024", "B": "10", "a": "0.0026", "A": "100", "o": "0.0010", "h": "0.0025",
    "l": "0.0010", "v": "10000", "q": "18", "O": 0, "C": 86400000, "F": 0, "L": 18150, "n": 18151,
}  # fmt: skip
_FUTURES_TICKER = {key: value for key, value in _TICKER.items() if key not in "xbBaA"}
_ROLLING = {
    "e": "1hTicker", "E": 1672515782136, "s": "BNBBTC", "p": "0.0015", "P": "250.00", "o": "0.0010", "h": "0.0025",
    "l": "0.0010", "c": "0.0025", "w": "0.0018", "v": "10000", "q": "18", "O": 0, "C": 1675216573749, "F": 0,
    "L": 18150, "n": 18151,
}  # fmt: skip
_BOOK_TICKER = {
    "u": 400900217, "s": "BNBUSDT", "b": "25.35190000", "B": "31.21000000", "a": "25.36520000", "A": "40.66000000",
}  # fmt: skip
_FUTURES_BOOK_TICKER = {"e": "bookTicker", "E": 1568014460893, "T": 1568014460891} | _BOOK_TICKER
_AVG_PRICE = {
    "e": "avgPrice", "E": 1693907033000, "s": "BTCUSDT", "i": "5m", "w": "25776.86000000", "T": 1693907032213,
}  # fmt: skip
_REFERENCE = {"e": "referencePrice", "s": "BAZUSD", "r": "1.00", "t": 1770313263917}
_PARTIAL = {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": [["0.0026", "100"]]}
_DEPTH = {
    "e": "depthUpdate", "E": 1672515782136, "s": "BNBBTC", "U": 157, "u": 160, "b": [["0.0024", "10"]],
    "a": [["0.0026", "100"]],
}  # fmt: skip
_FUTURES_DEPTH = {
    "e": "depthUpdate", "E": 123456789, "T": 123456788, "s": "BTCUSDT", "U": 157, "u": 160, "pu": 149,
    "b": [["0.0024", "10"]], "a": [["0.0026", "100"]],
}  # fmt: skip
_FUTURES_PARTIAL = {
    "e": "depthUpdate", "E": 1571889248277, "T": 1571889248276, "s": "BTCUSDT", "U": 390497796, "u": 390497878,
    "pu": 390497794, "b": [["7403.89", "0.002"]], "a": [["7405.96", "3.340"]],
}  # fmt: skip
_MARK = {
    "e": "markPriceUpdate", "E": 1562305380000, "s": "BTCUSDT", "p": "11794.15000000", "i": "11784.62659091",
    "P": "11784.25641265", "r": "0.00038167", "T": 1562306400000,
}  # fmt: skip
_COINM_MARK = {
    "e": "markPriceUpdate", "E": 1596095725000, "s": "BTCUSD_201225", "p": "10934.62615417", "P": "10962.17178236",
    "i": "10933.62615417", "r": "", "T": 0,
}  # fmt: skip
_FORCE_ORDER = {
    "e": "forceOrder", "E": 1568014460893,
    "o": {
        "s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.014", "p": "9910", "ap": "9910", "X": "FILLED",
        "l": "0.014", "z": "0.014", "T": 1568014460893,
    },
}  # fmt: skip

EXAMPLES: list[tuple[Spec, Any]] = [
    (spec("spot", "trade", "BNBBTC"), _TRADE),
    (spec("spot", "aggTrade", "BNBBTC"), _AGG_TRADE),
    (spec("spot", "blockTrade", "BNBBTC"), _BLOCK_TRADE),
    (spec("spot", "kline", "BNBBTC"), _KLINE),
    (spec("spot", "kline", "BNBBTC", time_zone="8"), _KLINE),
    (spec("spot", "miniTicker", "BNBBTC"), _MINI_TICKER),
    (spec("spot", "miniTicker"), [_MINI_TICKER, _MINI_TICKER | {"s": "ETHBTC"}]),
    (spec("spot", "ticker", "BNBBTC"), _TICKER),
    (spec("spot", "rollingTicker", "BNBBTC"), _ROLLING),
    (spec("spot", "rollingTicker", window="1h"), [_ROLLING]),
    (spec("spot", "bookTicker", "BNBUSDT"), _BOOK_TICKER),
    (spec("spot", "avgPrice", "BTCUSDT"), _AVG_PRICE),
    (spec("spot", "partialDepth", "BNBBTC", levels=5), _PARTIAL),
    (spec("spot", "depth", "BNBBTC"), _DEPTH),
    (spec("spot", "referencePrice", "BAZUSD"), _REFERENCE),
    (spec("usdm", "trade", "BNBBTC"), _TRADE | {"X": "MARKET"}),
    (spec("usdm", "aggTrade", "BNBBTC"), _AGG_TRADE),
    (spec("usdm", "kline", "BNBBTC"), _KLINE),
    (spec("usdm", "ticker", "BNBBTC"), _FUTURES_TICKER),
    (spec("usdm", "ticker"), [_FUTURES_TICKER]),
    (spec("usdm", "miniTicker"), [_MINI_TICKER]),
    (spec("usdm", "bookTicker", "BNBUSDT"), _FUTURES_BOOK_TICKER),
    (spec("usdm", "bookTicker"), _FUTURES_BOOK_TICKER),
    (spec("usdm", "depth", "BTCUSDT"), _FUTURES_DEPTH),
    (spec("usdm", "partialDepth", "BTCUSDT", levels=5), _FUTURES_PARTIAL),
    (spec("usdm", "markPrice", "BTCUSDT"), _MARK),
    (spec("usdm", "markPrice"), [_MARK]),
    (spec("usdm", "liquidation", "BTCUSDT"), _FORCE_ORDER),
    (spec("usdm", "liquidation"), _FORCE_ORDER),
    (spec("coinm", "markPrice", "BTCUSD_201225"), _COINM_MARK),
    (spec("coinm", "depth", "BTCUSD_PERP"), _FUTURES_DEPTH),
]
