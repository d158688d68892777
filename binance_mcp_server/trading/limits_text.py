"""The owner's limits, read from the text of a TOML file. Pure.

One section for each venue. What a section does not name is as it is without a file: no limit on ``sim``, modest ones on
``testnet`` and ``demo``. ``live`` is off until its section says ``enabled = true`` and names the symbols; for other
limits that it leaves out the modest ones hold. A limit is lifted with ``"none"``. ::

    [live]
    enabled = true
    symbols = ["BTCUSDT", "ETHUSDT"]     # or "any"
    currency = "USDT"                    # of the notionals below
    order_notional = 50
    day_notional = 500
    open_orders = 5
    orders_per_minute = 5
    price_band_percent = 5
    person_from = 0                      # ask a person from this notional on; "none": never
    allow_withdrawal_key = false
    allow_unrestricted_key = false
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, get_args

from binance_mcp_server.errors import InputError, SettingsError
from binance_mcp_server.market.symbol_names import normalise
from binance_mcp_server.trading.policy import MODEST, Policy
from binance_mcp_server.venues import VenueName

SECTIONS: Final = ("sim", "testnet", "demo", "live")
"""Venues that can be traded on."""
_NONE: Final = "none"
_ANY: Final = "any"
_EXAMPLE: Final = "docs/trading.md shows a whole file."


def without_file(venue: VenueName) -> Policy:
    """What holds on *venue* where the owner wrote nothing."""
    if venue == "sim":
        return Policy("sim", enabled=True)
    if venue in {"testnet", "demo"}:
        return replace(MODEST, venue=venue)
    if venue == "live":
        why = "live needs [live] enabled = true in the limits file, beside --enable-trading live"
        return replace(MODEST, venue=venue, enabled=False, why_disabled=why, person_from=Decimal(0))
    return Policy(venue, why_disabled=f"this release does not trade on {venue}")


def read_limits(text: str, venue: VenueName) -> Policy:
    """The policy of *venue* by the file's *text*; every section is checked, whatever the venue.

    Raises :class:`SettingsError` for anything that is not understood: a limit with a typing error is no limit.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"it is not TOML ({error})") from None
    policies = {name: _section(name, table) for name, table in tables.items()}
    return policies.get(venue) or without_file(venue)


def _section(name: str, table: Any) -> Policy:
    venue = next((each for each in get_args(VenueName) if each == name), None)
    if venue is None or venue not in SECTIONS:
        raise _wrong(f"{name[:40]!r} is no section", f"Sections: {', '.join(SECTIONS)}.")
    if not isinstance(table, dict):
        raise _wrong(f"{name!r} is a value", f"Begin a section: [{name}].")
    readers: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READERS:
            raise _wrong(f"[{name}] has no {key[:40]!r}", f"It takes {', '.join(_READERS)}.")
        readers[key] = _READERS[key](f"[{name}] {key}", value)
    return _join(venue, readers)


def _join(venue: VenueName, given: Mapping[str, Any]) -> Policy:
    policy = replace(without_file(venue), **given)
    if "enabled" in given and not policy.enabled:
        return policy.disabled(f"the limits file says [{venue}] enabled = false")
    if venue == "live" and policy.enabled and "symbols" not in given:
        raise _wrong(
            "[live] is enabled and names no symbols", 'Write symbols = ["BTCUSDT"], or "any".'
        )
    return policy


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(
            f"{where} is neither true nor false", f"Write {where.rsplit(maxsplit=1)[-1]} = true."
        )
    return value


def _number(where: str, value: Any) -> Decimal | None:
    """Not negative; ``None`` for "none". 0 allows nothing."""
    if value == _NONE:
        return None
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or not Decimal(value).is_finite() or value < 0:
        raise _wrong(f'{where} is neither a number from 0 on nor "none"', "Write a plain number.")
    return Decimal(value)


def _count(where: str, value: Any) -> int | None:
    number = _number(where, value)
    if number is not None and number != number.to_integral_value():
        raise _wrong(f"{where} is not a whole number", "Write a whole number.")
    return None if number is None else int(number)


def _symbols(where: str, value: Any) -> frozenset[str] | None:
    if value == _ANY:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(f'{where} is neither a list of symbols nor "any"', 'Write ["BTCUSDT"].')
    try:
        return frozenset(normalise(each) for each in value)
    except InputError as error:
        raise _wrong(f"{where}: {error.message}", error.advice) from None


def _asset(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isalnum() or len(value) > 20:
        raise _wrong(f"{where} is not the name of an asset", 'Write "USDT".')
    return value.upper()


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "enabled": _flag,
    "symbols": _symbols,
    "currency": _asset,
    "order_notional": _number,
    "day_notional": _number,
    "open_orders": _count,
    "orders_per_minute": _count,
    "price_band_percent": _number,
    "person_from": _number,
    "allow_withdrawal_key": _flag,
    "allow_unrestricted_key": _flag,
}


def _wrong(what: str, advice: str = "") -> SettingsError:
    return SettingsError(f"the limits file is wrong: {what}", advice=f"{advice} {_EXAMPLE}".strip())
