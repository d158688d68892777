"""A preview as facts: what an order is, whether it may be, what it would do. Estimates are rounded, limits exact."""

from decimal import Decimal
from typing import Final

from binance_mcp_server.commands.views import fill as fill_view
from binance_mcp_server.commands.views import intents
from binance_mcp_server.commands.views.base import rounded, untrusted
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.exact import plain
from binance_mcp_server.queries.appraisal import Appraisal
from binance_mcp_server.trading.guard import Verdict
from binance_mcp_server.trading.intents import ListIntent, ReplaceIntent
from binance_mcp_server.trading.pricing import Priced

_PLACES: Final = 8
_LONGEST: Final = 400


def problems(found: Appraisal) -> list[str]:
    """Why the venue would refuse it, as far as can be told from here."""
    words = [untrusted(str(each), _LONGEST) for each in found.violations]
    if any(leg.would_take for leg in found.outlook.legs):
        words.append(
            "It would trade at once, and a LIMIT_MAKER order may not: use a LIMIT order or another price."
        )
    return [*words, *_shortages(found)]


def _shortages(found: Appraisal) -> list[str]:
    """What the account has not got. Of a replacement the old order sets something free, so that nothing is certain."""
    if isinstance(found.intent, ReplaceIntent):
        return []
    base, quote = found.info.base_asset, found.info.quote_asset
    after = {
        base: found.outlook.base_after(found.free[base]),
        quote: found.outlook.quote_after(found.free[quote]),
    }
    return [
        f"Not enough {untrusted(asset)}: {plain(found.free[asset])} are free, {plain(-left)} are missing."
        for asset, left in after.items()
        if left is not None and left < 0
    ]


def facts(found: Appraisal) -> Facts:
    """What the order is and what becomes of it if the book stays as it is."""
    return {**intents.facts(found.intent), **_expected(found), **_after(found)}


def verdict(said: Verdict, currency: str) -> Facts:
    """What the guard says."""
    told: Facts = {"allowed": said.allowed}
    if said.reasons:
        told["problems"] = [untrusted(str(reason), _LONGEST) for reason in said.reasons]
    if said.notional is not None:
        told["counts_for"] = f"{rounded(said.notional, _PLACES)} {untrusted(currency)}"
    if said.needs_person:
        told["needs_person"] = True
    return told


def _expected(found: Appraisal) -> Facts:
    """What trades at once. Of a list the first order alone may."""
    if not found.outlook.legs:
        return {}
    first = found.outlook.legs[0]
    told: Facts = {}
    if first.fill.filled:
        done = fill_view.fill(first.fill)
        told = {
            name: done[key]
            for name, key in (
                ("expected_filled", "filled"),
                ("expected_value", "value"),
                ("expected_average_price", "average_price"),
                ("worst_price", "worst_price"),
                ("slippage_percent", "slippage_percent"),
            )
        }
    return {**told, **_rest(first, found), **_fee(first, found)}


def _rest(first: Priced, found: Appraisal) -> Facts:
    told: Facts = {}
    if first.rests and not isinstance(found.intent, ListIntent):
        told["rests"] = rounded(first.rests, _PLACES)
    if first.expires:
        told["expires"] = rounded(first.expires, _PLACES)
    if found.mid is not None:
        told["mid"] = plain(found.mid)
    return told


def _fee(first: Priced, found: Appraisal) -> Facts:
    if first.fee is None:
        return {"fee": "not known: the venue did not tell its rates"} if found.rates is None else {}
    fee = first.fee
    told = f"{rounded(fee.amount, _PLACES)} {untrusted(fee.asset)}"
    if fee.discount_asset:
        paid = rounded(fee.discounted, _PLACES)
        told += f"; {paid} while {untrusted(fee.discount_asset)} pays it"
    return {"fee": told, "fee_percent": plain(fee.rate * 100)}


def _after(found: Appraisal) -> Facts:
    """Free balances once it is carried out."""
    if not found.outlook.legs or isinstance(found.intent, ReplaceIntent):
        return {}
    base, quote = found.info.base_asset, found.info.quote_asset
    after: dict[str, Decimal | None] = {
        base: found.outlook.base_after(found.free[base]),
        quote: found.outlook.quote_after(found.free[quote]),
    }
    return {
        "free_after": [
            f"{rounded(left, _PLACES)} {untrusted(asset)}"
            for asset, left in after.items()
            if left is not None
        ]
    }
