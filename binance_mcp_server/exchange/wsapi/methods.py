"""The methods of the WebSocket API by name (web-socket-api.md, read 2026-11-24). Pure.

Those of market data are REST's public endpoints under other names, those of accounts REST's signed ones; what concerns
the connection itself is :mod:`.session`'s.
"""

from collections.abc import Mapping

PUBLIC: Mapping[str, str] = {
    "ping": "ping",
    "time": "time",
    "exchangeInfo": "exchangeInfo",
    "executionRules": "executionRules",
    "depth": "depth",
    "trades.recent": "trades",
    "trades.historical": "historicalTrades",
    "trades.aggregate": "aggTrades",
    "blockTrades.historical": "historicalBlockTrades",
    "klines": "klines",
    "uiKlines": "uiKlines",
    "avgPrice": "avgPrice",
    "ticker.24hr": "ticker/24hr",
    "ticker.tradingDay": "ticker/tradingDay",
    "ticker": "ticker",
    "ticker.price": "ticker/price",
    "ticker.book": "ticker/bookTicker",
    "referencePrice": "referencePrice",
    "referencePrice.calculation": "referencePrice/calculation",
}
"""Method → path below ``/api/v3/``."""

SIGNED: Mapping[str, tuple[str, str]] = {
    "order.place": ("POST", "order"),
    "order.test": ("POST", "order/test"),
    "order.cancel": ("DELETE", "order"),
    "order.cancelReplace": ("POST", "order/cancelReplace"),
    "order.amend.keepPriority": ("PUT", "order/amend/keepPriority"),
    "openOrders.cancelAll": ("DELETE", "openOrders"),
    "orderList.place": ("POST", "order/oco"),
    "orderList.place.oco": ("POST", "orderList/oco"),
    "orderList.place.oto": ("POST", "orderList/oto"),
    "orderList.place.otoco": ("POST", "orderList/otoco"),
    "orderList.place.opo": ("POST", "orderList/opo"),
    "orderList.place.opoco": ("POST", "orderList/opoco"),
    "orderList.cancel": ("DELETE", "orderList"),
    "sor.order.place": ("POST", "sor/order"),
    "sor.order.test": ("POST", "sor/order/test"),
    "account.status": ("GET", "account"),
    "order.status": ("GET", "order"),
    "openOrders.status": ("GET", "openOrders"),
    "allOrders": ("GET", "allOrders"),
    "orderList.status": ("GET", "orderList"),
    "openOrderLists.status": ("GET", "openOrderList"),
    "allOrderLists": ("GET", "allOrderList"),
    "myTrades": ("GET", "myTrades"),
    "account.rateLimits.orders": ("GET", "rateLimit/order"),
    "myPreventedMatches": ("GET", "myPreventedMatches"),
    "myAllocations": ("GET", "myAllocations"),
    "account.commission": ("GET", "account/commission"),
    "order.amendments": ("GET", "order/amendments"),
    "myFilters": ("GET", "myFilters"),
}
"""Method → method and path of REST's operation."""

IGNORED_WITH_TIMES: Mapping[str, str] = {"allOrders": "orderId", "allOrderLists": "fromId"}
"""What a method does not look at when it is given ``startTime`` or ``endTime``, unlike REST."""
IN_A_LIST = frozenset(("sor.order.place",))
"""Whose result is a list of one, unlike REST's body."""
