"""The few ``/sapi`` requests that clients make when they start, with answers for a venue that has spot only.

Source: the wallet and margin documents of developers.binance.com, read 2026-11-24. Deposits and withdrawals do not
exist here (``POST /__sim/deposit`` does), so no asset has a network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.numbers import show
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.shapes import Body
from binance_mcp_server.exchange.wire.trading.view import VenueView

Security = Literal["NONE", "MARKET_DATA", "USER_DATA"]
"""``MARKET_DATA``: with a key, unsigned."""
_NOTHING = "0"


class KeyFacts(NamedTuple):
    """What a key may do."""

    permissions: frozenset[str]
    is_bound_to_ips: bool
    created_ms: int


@dataclass(frozen=True, slots=True)
class SapiCall:
    """One request, by :data:`NOBODY` where it needs no key."""

    venue: VenueView
    rules: Mapping[str, SymbolRules]
    params: Mapping[str, str]
    now: int
    account: Account
    key: KeyFacts


NOBODY = Account(uid=0, name="")
NO_KEY = KeyFacts(frozenset(), is_bound_to_ips=False, created_ms=0)

Answer = Callable[[SapiCall], object]


class SapiEndpoint(NamedTuple):
    security: Security
    weight: int
    """Per IP; each path has a limit of its own."""
    answer: Answer


def _assets(call: SapiCall) -> list[str]:
    """Of the symbols, and what the account has besides."""
    listed = (asset for rules in call.rules.values() for asset in (rules.base, rules.quote))
    return sorted({*listed, *call.venue.ledger.balances(call.account.uid)})


def _coins(call: SapiCall) -> object:
    balances = call.venue.ledger.balances(call.account.uid)
    return [_coin(asset, *balances.get(asset, (0, 0))) for asset in _assets(call)]


def _coin(asset: str, free: int, locked: int) -> Body:
    return {
        "coin": asset,
        "depositAllEnable": False,
        "withdrawAllEnable": False,
        "name": asset,
        "free": show(free),
        "locked": show(locked),
        "freeze": _NOTHING,
        "withdrawing": _NOTHING,
        "ipoing": _NOTHING,
        "ipoable": _NOTHING,
        "storage": _NOTHING,
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }


def _no_pairs(_call: SapiCall) -> object:
    """There is no margin trading."""
    return []


def _restrictions(call: SapiCall) -> object:
    key = call.key
    may_not = (
        *("enableWithdrawals", "enableInternalTransfer", "enableMargin", "enableFutures"),
        *("permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade"),
        *("enableFixReadOnly", "enablePortfolioMarginTrading"),
    )
    return {
        "ipRestrict": key.is_bound_to_ips,
        "createTime": key.created_ms,
        "enableReading": "USER_DATA" in key.permissions,
        "enableSpotAndMarginTrading": "TRADE" in key.permissions,
    } | dict.fromkeys(may_not, False)


def _status(_call: SapiCall) -> object:
    return {"data": "Normal"}


def _trading_status(call: SapiCall) -> object:
    return {
        "data": {
            "isLocked": not call.account.can_trade,
            "plannedRecoverTime": 0,
            "triggerCondition": {"GCR": 150, "IFER": 150, "UFR": 300},
            "updateTime": call.now,
        }
    }


def _trade_fees(call: SapiCall) -> object:
    """Of all symbols, or of ``symbol``; raises -1121."""
    symbol = call.params.get("symbol")
    if symbol is not None and symbol not in call.rules:
        raise errors.bad_symbol()
    rates = ((name, call.account.rates_on(name).standard) for name in call.rules)
    return [
        {
            "symbol": name,
            "makerCommission": show(its.maker),
            "takerCommission": show(its.taker),
        }
        for name, its in rates
        if symbol in (None, name)
    ]


def _user_assets(call: SapiCall) -> object:
    """What the account has something of."""
    wanted = call.params.get("asset")
    return [
        {
            "asset": asset,
            "free": show(free),
            "locked": show(locked),
            "freeze": _NOTHING,
            "withdrawing": _NOTHING,
            "ipoable": _NOTHING,
            "btcValuation": _NOTHING,
        }
        for asset, (free, locked) in call.venue.ledger.balances(call.account.uid).items()
        if (free or locked) and wanted in (None, asset)
    ]


def _burn(call: SapiCall) -> Body:
    return {"spotBNBBurn": call.account.bnb_burn, "interestBNBBurn": False}


def _set_burn(call: SapiCall) -> object:
    """Whether commissions are paid in BNB."""
    text = call.params.get("spotBNBBurn")
    if text not in (None, "true", "false"):
        raise errors.invalid("spotBNBBurn")
    if text is not None:
        call.account.bnb_burn = text == "true"
    return _burn(call)


def _system_status(_call: SapiCall) -> object:
    return {"status": 0, "msg": "normal"}


ENDPOINTS: Mapping[tuple[str, str], SapiEndpoint] = {
    ("GET", "/sapi/v1/system/status"): SapiEndpoint("NONE", 1, _system_status),
    ("GET", "/sapi/v1/capital/config/getall"): SapiEndpoint("USER_DATA", 10, _coins),
    ("GET", "/sapi/v1/margin/allPairs"): SapiEndpoint("MARKET_DATA", 1, _no_pairs),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): SapiEndpoint("MARKET_DATA", 10, _no_pairs),
    ("GET", "/sapi/v1/account/apiRestrictions"): SapiEndpoint("USER_DATA", 1, _restrictions),
    ("GET", "/sapi/v1/account/status"): SapiEndpoint("USER_DATA", 1, _status),
    ("GET", "/sapi/v1/account/apiTradingStatus"): SapiEndpoint("USER_DATA", 1, _trading_status),
    ("GET", "/sapi/v1/asset/tradeFee"): SapiEndpoint("USER_DATA", 1, _trade_fees),
    ("POST", "/sapi/v3/asset/getUserAsset"): SapiEndpoint("USER_DATA", 5, _user_assets),
    ("GET", "/sapi/v1/bnbBurn"): SapiEndpoint("USER_DATA", 1, _burn),
    ("POST", "/sapi/v1/bnbBurn"): SapiEndpoint("USER_DATA", 1, _set_burn),
}
"""By method and path. Parameters that they do not know are overlooked, as the venue does there."""
