"""Filters as the venue publishes them (filters.md, read 2026-11-24), from the rules that the engine enforces."""

from collections.abc import Iterator

from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.engine.trading_rules import ExchangeRules, TradingRules
from binance_mcp_server.exchange.numbers import show

Filter = dict[str, object]


def symbol_filters(rules: SymbolRules) -> list[Filter]:
    """Those that a spot symbol has, in the order in which the venue gives them."""
    trading = rules.trading
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": show(rules.min_price),
            "maxPrice": show(rules.max_price),
            "tickSize": show(rules.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": show(rules.min_qty),
            "maxQty": show(rules.max_qty),
            "stepSize": show(rules.step),
        },
        {"filterType": "ICEBERG_PARTS", "limit": trading.iceberg_parts},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": show(trading.min_market_qty),
            "maxQty": show(rules.max_market_qty),
            "stepSize": show(trading.market_step),
        },
        *_deltas(trading),
        *_percent(trading),
        {
            "filterType": "NOTIONAL",
            "minNotional": show(rules.min_notional),
            "applyMinToMarket": trading.min_notional_on_market,
            "maxNotional": show(rules.max_notional),
            "applyMaxToMarket": trading.max_notional_on_market,
            "avgPriceMins": trading.average_minutes,
        },
        *_counts(trading),
    ]


def exchange_filters(rules: ExchangeRules) -> list[Filter]:
    """Those of all symbols together; the venue has none."""
    return [
        {"filterType": f"EXCHANGE_{kind}", field: limit}
        for kind, field, limit in (
            ("MAX_NUM_ORDERS", "maxNumOrders", rules.max_orders),
            ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", rules.max_algo_orders),
            ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", rules.max_iceberg_orders),
            ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", rules.max_lists),
        )
        if limit
    ]


def multiplier(number: int) -> str:
    """150000000 → ``"1.5"``: a multiplier without the zeros that say nothing."""
    return show(number).rstrip("0").rstrip(".")


def _deltas(trading: TradingRules) -> Iterator[Filter]:
    if trading.deltas:
        yield {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": trading.deltas.min_above,
            "maxTrailingAboveDelta": trading.deltas.max_above,
            "minTrailingBelowDelta": trading.deltas.min_below,
            "maxTrailingBelowDelta": trading.deltas.max_below,
        }


def _percent(trading: TradingRules) -> Iterator[Filter]:
    if trading.percent:
        yield {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": multiplier(trading.percent.bid_up),
            "bidMultiplierDown": multiplier(trading.percent.bid_down),
            "askMultiplierUp": multiplier(trading.percent.ask_up),
            "askMultiplierDown": multiplier(trading.percent.ask_down),
            "avgPriceMins": trading.average_minutes,
        }


def _counts(trading: TradingRules) -> Iterator[Filter]:
    if trading.max_position:
        yield {"filterType": "MAX_POSITION", "maxPosition": show(trading.max_position)}
    for kind, field, limit in (
        ("MAX_NUM_ORDERS", "maxNumOrders", trading.max_orders),
        ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", trading.max_lists),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", trading.max_algo_orders),
        ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", trading.max_iceberg_orders),
        ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", trading.max_amends),
    ):
        if limit:
            yield {"filterType": kind, field: limit}
