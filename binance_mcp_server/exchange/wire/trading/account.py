"""What accounts ask about themselves (rest-api.md "Account endpoints", read 2026-11-24)."""

from binance_mcp_server.exchange.engine.commission import Rates
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire.filters import symbol_filters
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wire.trading import reading
from binance_mcp_server.exchange.wire.trading.call import SignedCall
from binance_mcp_server.exchange.wire.trading.placing import discount

_POINT = 10_000
"""``makerCommission`` and its like are in hundredths of a percent, rates in units of 1e-8."""


def account(call: SignedCall) -> object:
    """With every asset that the account has ever held, or only those of which it has something."""
    omit = reading.boolean(call.query, "omitZeroBalances")
    its = call.account
    rates = its.rates.standard
    balances = call.venue.ledger.balances(call.uid)
    return {
        "makerCommission": rates.maker // _POINT,
        "takerCommission": rates.taker // _POINT,
        "buyerCommission": rates.buyer // _POINT,
        "sellerCommission": rates.seller // _POINT,
        "commissionRates": _rates(rates),
        "canTrade": its.can_trade,
        "canWithdraw": its.can_withdraw,
        "canDeposit": its.can_deposit,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": max(its.update_time, its.created_ms) * call.scale,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": show(free), "locked": show(locked)}
            for asset, (free, locked) in balances.items()
            if free or locked or not omit
        ],
        "permissions": list(its.permissions),
        "uid": its.uid,
    } | ({} if its.trade_group_id < 0 else {"tradeGroupId": its.trade_group_id})


def _rates(rates: Rates) -> Body:
    return {
        "maker": show(rates.maker),
        "taker": show(rates.taker),
        "buyer": show(rates.buyer),
        "seller": show(rates.seller),
    }


def commission(call: SignedCall) -> object:
    symbol = call.symbol()
    rates = call.account.rates_on(symbol)
    return {
        "symbol": symbol,
        "standardCommission": _rates(rates.standard),
        "specialCommission": _rates(rates.special),
        "taxCommission": _rates(rates.tax),
        "discount": discount(call, symbol),
    }


def unfilled_orders(call: SignedCall) -> object:
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": each.interval,
            "intervalNum": each.interval_num,
            "limit": each.limit,
            "count": each.used,
        }
        for each in call.unfilled.counts(call.uid, call.machine_now)
    ]


def my_filters(call: SignedCall) -> object:
    """The filters that concern the account on a symbol; MAX_ASSET is to be seen nowhere else."""
    rules = call.market.rules[call.symbol()]
    return {
        "exchangeFilters": [],
        "symbolFilters": symbol_filters(rules),
        "assetFilters": [
            {
                "filterType": "MAX_ASSET",
                "asset": asset,
                "limit": show(call.account.max_asset[asset]),
            }
            for asset in (rules.base, rules.quote)
            if asset in call.account.max_asset
        ],
    }
