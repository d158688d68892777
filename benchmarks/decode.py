"""Bytes into records that keep the venue's digits, beside ``orjson.loads`` into lists and dicts.

Bodies are synthetic, in the venue's shape and of its length: 1,000 candles, and an exchangeInfo of 3,200 symbols
with all their filters and permission sets. Both sides take turns; medians of the rounds' ratios.
"""

import json
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import orjson

from benchmarks.report import Row
from binance_mcp_server.binance_api import endpoints
from binance_mcp_server.binance_api.decode import decode

CANDLES = 1000
SYMBOLS = 3200


def klines_body(seed: int = 1) -> bytes:
    """``GET /api/v3/klines``: 1,000 rows of 12 fields."""
    dice = random.Random(seed)
    rows = []
    for number in range(CANDLES):
        opened = 1_700_000_000_000 + number * 60_000
        prices = [f"{dice.uniform(60_000, 61_000):.8f}" for _ in range(4)]
        volumes = [f"{dice.uniform(1, 90):.8f}" for _ in range(4)]
        rows.append(
            [opened, *prices, volumes[0], opened + 59_999, volumes[1], 1234, *volumes[2:], "0"]
        )
    return json.dumps(rows, separators=(",", ":")).encode()


def _filters(dice: random.Random) -> list[dict[str, Any]]:
    tick = f"{10 ** -dice.randint(1, 8):.8f}"
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": tick, "maxQty": "9000.00000000", "stepSize": tick},
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "97.5", "stepSize": "0.00000000"},
        {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000,
         "minTrailingBelowDelta": 10, "maxTrailingBelowDelta": 2000},
        {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "bidMultiplierDown": "0.2",
         "askMultiplierUp": "5", "askMultiplierDown": "0.2", "avgPriceMins": 5},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True,
         "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]  # fmt: skip


def _symbol(number: int, dice: random.Random) -> dict[str, Any]:
    base = f"AST{number}"
    flags = ("icebergAllowed", "ocoAllowed", "otoAllowed", "opoAllowed", "amendAllowed",
             "quoteOrderQtyMarketAllowed", "allowTrailingStop", "cancelReplaceAllowed", "pegInstructionsAllowed",
             "isSpotTradingAllowed", "isMarginTradingAllowed")  # fmt: skip
    precisions = ("baseAssetPrecision", "quotePrecision", "quoteAssetPrecision",
                  "baseCommissionPrecision", "quoteCommissionPrecision")  # fmt: skip
    return {
        "symbol": f"{base}USDT",
        "status": "TRADING" if number % 3 else "BREAK",
        "baseAsset": base,
        "quoteAsset": "USDT",
        **dict.fromkeys(precisions, 8),
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT",
                       "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
        **dict.fromkeys(flags, True),
        "filters": _filters(dice),
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN", *(f"TRD_GRP_{group:03}" for group in range(4, 180))]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"],
    }  # fmt: skip


def exchange_info_body(seed: int = 1) -> bytes:
    """``GET /api/v3/exchangeInfo``, whole."""
    dice = random.Random(seed)
    body = {
        "timezone": "UTC",
        "serverTime": 1_700_000_000_000,
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": 6000,
            }
        ],
        "exchangeFilters": [],
        "symbols": [_symbol(number, dice) for number in range(SYMBOLS)],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _ms(work: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) * 1000 / times


def compare(
    what: str, body: bytes, ours: Callable[[], object], *, rounds: int, times: int, target: float
) -> Row:
    both = [(_ms(ours, times), _ms(lambda: orjson.loads(body), times)) for _ in range(rounds + 1)]
    samples = both[1:]  # the first is warm-up
    our, other = (median(arm) for arm in zip(*samples, strict=True))
    return Row(
        what=f"{what}, {len(body) / 1e6:.2f} MB, is decoded faster",
        ours=f"{our:.3g} ms",
        beside=f"orjson: {other:.3g} ms",
        figure=median(other / our for our, other in samples),
        target=target,
        sense=">=",
    )


def run() -> list[Row]:
    candles, info = klines_body(), exchange_info_body()
    klines = endpoints.klines("BTCUSDT", "1m", limit=CANDLES)
    every = endpoints.exchange_info()
    assert len(decode(klines, candles)) == CANDLES
    assert len(decode(every, info).symbols) == SYMBOLS
    return [
        compare("1,000 candles", candles, lambda: decode(klines, candles), rounds=15, times=100, target=1.3),
        compare("exchangeInfo, filters on demand", info, lambda: decode(every, info), rounds=9, times=2, target=5),
    ]  # fmt: skip
