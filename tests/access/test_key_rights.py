"""A key that can do too much is not traded with on a venue of real money, unless its owner says otherwise."""

import msgspec
import pytest

from binance_mcp_server.access.key_rights import describe, objections
from binance_mcp_server.models.account import ApiRestrictions
from binance_mcp_server.venues import VenueName

GOOD = ApiRestrictions(ip_restrict=True, enable_reading=True, enable_spot_and_margin_trading=True)


def rules(rights: ApiRestrictions | None, venue: VenueName = "live", **allowed: bool) -> list[str]:
    return [each.rule for each in objections(rights, venue, **allowed)]


def changed(**flags: bool) -> ApiRestrictions:
    return msgspec.structs.replace(GOOD, **flags)


def test_a_key_that_trades_from_listed_addresses_and_no_more_is_right() -> None:
    assert rules(GOOD) == []


@pytest.mark.parametrize(
    "flag", ["enable_withdrawals", "enable_internal_transfer", "permits_universal_transfer"]
)
def test_each_way_out_for_money_is_too_much(flag: str) -> None:
    key = changed(**{flag: True})
    assert rules(key) == ["key_can_withdraw"]
    assert rules(key, allow_unrestricted_key=True) == ["key_can_withdraw"]
    assert rules(key, allow_withdrawal_key=True) == []


def test_a_key_that_works_from_anywhere_is_too_much() -> None:
    key = changed(ip_restrict=False)
    assert rules(key) == ["key_without_ip_list"]
    assert rules(key, allow_withdrawal_key=True) == ["key_without_ip_list"]
    assert rules(key, allow_unrestricted_key=True) == []


def test_what_is_not_told_is_not_taken_for_allowed() -> None:
    assert rules(None) == ["key_unknown"]
    assert rules(None, allow_withdrawal_key=True, allow_unrestricted_key=True) == ["key_unknown"]
    assert rules(ApiRestrictions(ip_restrict=True)) == ["key_cannot_trade"]


@pytest.mark.parametrize("venue", ["sim", "testnet", "demo"])
def test_where_there_is_no_money_to_lose_only_what_is_needed_counts(venue: VenueName) -> None:
    assert rules(None, venue) == []
    assert rules(changed(ip_restrict=False, enable_withdrawals=True), venue) == []
    no_trade = changed(enable_spot_and_margin_trading=False)
    assert rules(no_trade, venue) == ["key_cannot_trade"]


def test_rights_in_words() -> None:
    assert describe(GOOD) == ["read", "trade spot", "from listed addresses only"]
    wide = ApiRestrictions(
        ip_restrict=False,
        enable_withdrawals=True,
        permits_universal_transfer=True,
        trading_authority_expiration_time=1_800_000_000_000,
    )
    assert describe(wide) == ["withdraw", "transfer", "from any address", "trades until 2027-01-15"]
