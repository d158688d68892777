"""Another venue's symbols: what it lists is what is traded here, to the last filter."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from binance_mcp_server.exchange.engine.orders import Stp
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import Band, Deltas, TradingRules
from binance_mcp_server.exchange.numbers import SCALE, parse
from binance_mcp_server.exchange.sources.errors import ListingError
from binance_mcp_server.exchange.sources.listing import Listing
from binance_mcp_server.exchange.wire.info import symbol_info
from tests.exchange.market.feeds import RULES

ODD = TradingRules(
    percent=Band(5 * SCALE, SCALE // 5, 3 * SCALE, SCALE // 3),
    average_minutes=0,
    min_notional_on_market=False,
    max_notional_on_market=True,
    min_market_qty=7,
    market_step=3,
    iceberg_parts=9,
    deltas=Deltas(1, 2, 3, 4),
    max_position=11 * SCALE,
    max_orders=5,
    max_algo_orders=4,
    max_iceberg_orders=3,
    max_lists=2,
    max_amends=1,
    iceberg=False,
    oco=False,
    oto=False,
    opo=False,
    quote_qty_market=False,
    trailing_stop=False,
    cancel_replace=False,
    amend=False,
    peg=False,
    stp=Stp.DECREMENT,
    stp_modes=(Stp.DECREMENT,),
)


def body(*symbols: dict[str, Any]) -> bytes:
    return json.dumps({"serverTime": 5, "symbols": symbols}, default=str).encode()


def info(rules: SymbolRules) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(symbol_info(rules)))
    return told


@pytest.mark.parametrize(
    "rules", [RULES, replace(RULES, status="BREAK", trading=ODD)], ids=["usual", "odd"]
)
def test_what_we_publish_is_read_back_whole(rules: SymbolRules) -> None:
    listing = Listing(body(info(rules)))
    assert list(listing.rules([rules.symbol])) == [rules]
    assert listing.time_ms == 5


def test_a_symbol_without_optional_filters_has_none() -> None:
    told = info(RULES)
    needed = ("PRICE_FILTER", "LOT_SIZE")
    told["filters"] = [each for each in told["filters"] if each["filterType"] in needed]
    [rules] = Listing(body(told)).rules([RULES.symbol])
    assert (rules.tick, rules.step, rules.max_market_qty) == (RULES.tick, RULES.step, RULES.max_qty)
    assert (rules.trading.percent, rules.trading.deltas) == (None, None)
    assert (rules.trading.iceberg_parts, rules.trading.max_orders) == (0, 0)


def test_modes_of_prevention_that_nobody_knows_yet_are_left_out() -> None:
    told = info(RULES) | {
        "defaultSelfTradePreventionMode": "NEWER",
        "allowedSelfTradePreventionModes": ["NEWER", "EXPIRE_BOTH"],
    }
    [rules] = Listing(body(told)).rules([RULES.symbol])
    assert (rules.trading.stp, rules.trading.stp_modes) == (Stp.NONE, (Stp.EXPIRE_BOTH,))


@pytest.mark.parametrize("missing", ["PRICE_FILTER", "LOT_SIZE"])
def test_a_symbol_without_prices_or_quantities_cannot_be_traded(missing: str) -> None:
    told = info(RULES)
    told["filters"] = [each for each in told["filters"] if each["filterType"] != missing]
    with pytest.raises(ListingError, match=f"BTCUSDT.*{missing}"):
        list(Listing(body(told)).rules([RULES.symbol]))


def test_every_recorded_symbol_can_be_read(data_dir: Path) -> None:
    whole = gzip.decompress((data_dir / "rest/exchangeInfo_spot_2024-09-08.json.gz").read_bytes())
    names = [each["symbol"] for each in json.loads(whole)["symbols"]]
    rules = {each.symbol: each for each in Listing(whole).rules(names)}
    assert len(rules) == len(names) > 1000
    bitcoin = rules["BTCUSDT"]
    assert (bitcoin.base, bitcoin.quote, bitcoin.status) == ("BTC", "USDT", "TRADING")
    assert (bitcoin.tick, bitcoin.step) == (parse("0.01"), parse("0.00001"))
    assert bitcoin.min_notional == parse("5")
    assert bitcoin.trading.max_orders == 200
