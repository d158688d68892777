"""What an API key may do, and why that may be too much to trade with. Pure.

The venue tells it by ``apiRestrictions`` (the wallet documents' "Get API Key Permission", read 2026-11-24). Venues
without ``/sapi`` (testnet, demo) tell nothing of a key, and have no money to lose.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from binance_mcp_server.models.account import ApiRestrictions
from binance_mcp_server.venues import VenueName

_REAL_MONEY: Final[frozenset[VenueName]] = frozenset({"live", "us"})
WITHOUT_SAPI: Final[frozenset[VenueName]] = frozenset({"testnet", "demo"})
"""Venues that have ``/api`` only (rest-api.md, testnet and demo pages, read 2026-11-22)."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a key is not traded with, and what the owner can do about it."""

    rule: str
    """``key_unknown``, ``key_cannot_trade``, ``key_can_withdraw`` or ``key_without_ip_list``."""
    text: str
    advice: str


def objections(
    rights: ApiRestrictions | None,
    venue: VenueName,
    *,
    allow_withdrawal_key: bool = False,
    allow_unrestricted_key: bool = False,
) -> tuple[Objection, ...]:
    """Why this server does not trade on *venue* with a key of these *rights*; nothing where it does.

    *rights*: ``None`` where the venue did not tell them. Only the owner's configuration allows what is too much.
    """
    if rights is None:
        return (_UNKNOWN,) if venue in _REAL_MONEY else ()
    found = []
    if not rights.enable_spot_and_margin_trading:
        found.append(_CANNOT_TRADE)
    if venue in _REAL_MONEY:
        if rights.moves_money_out and not allow_withdrawal_key:
            found.append(_CAN_WITHDRAW)
        if not rights.ip_restrict and not allow_unrestricted_key:
            found.append(_WITHOUT_IP_LIST)
    return tuple(found)


def describe(rights: ApiRestrictions) -> list[str]:
    """What a key may do, in a few words each."""
    words = {
        "read": rights.enable_reading,
        "trade spot": rights.enable_spot_and_margin_trading,
        "trade futures": rights.enable_futures,
        "withdraw": rights.enable_withdrawals,
        "transfer": rights.enable_internal_transfer or rights.permits_universal_transfer,
    }
    found = [word for word, may in words.items() if may]
    found.append("from listed addresses only" if rights.ip_restrict else "from any address")
    if until := rights.trading_authority_expiration_time:
        found.append(f"trades until {datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%d}")
    return found


_ON_BINANCE: Final = "on Binance under API Management"
_UNKNOWN: Final = Objection(
    "key_unknown",
    "The venue does not tell what the key may do.",
    "Try again later; without it, nothing is traded.",
)
_CANNOT_TRADE: Final = Objection(
    "key_cannot_trade",
    "The key may not trade spot.",
    f"Enable spot trading for it {_ON_BINANCE}, or use another key.",
)
_CAN_WITHDRAW: Final = Objection(
    "key_can_withdraw",
    "The key can take money out of the account.",
    f"Use a key without withdrawals and transfers: make one {_ON_BINANCE}. The owner can allow this one in the limits"
    " file: `allow_withdrawal_key = true`.",
)
_WITHOUT_IP_LIST: Final = Objection(
    "key_without_ip_list",
    "The key works from any address.",
    f"Restrict it to this machine's address {_ON_BINANCE}. The owner can allow it as it is in the limits file:"
    " `allow_unrestricted_key = true`.",
)
