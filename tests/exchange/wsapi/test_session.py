"""Keys and subscriptions of one connection (web-socket-api.md "Session Authentication", read 2026-11-24)."""

import pytest

from binance_mcp_server.exchange.accounts.keys import Key, KeyRing
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wsapi import subscriptions
from binance_mcp_server.exchange.wsapi.openings import Opening
from binance_mcp_server.exchange.wsapi.session import RevokedError, Session
from binance_mcp_server.exchange.wsapi.subscriptions import Subscriptions

NOW = 1_700_000_000_000
RING = KeyRing()


def key_of(uid: int, kind: str = "ED25519") -> Key:
    account = Account(uid=uid, name=f"account {uid}")
    return RING.find(RING.issue(account, kind).api_key)


def session() -> Session:
    return Session(Opening(), NOW)


def refusal_of(act: object) -> int:
    with pytest.raises(VenueError) as caught:
        act()  # type: ignore[operator]
    return caught.value.code


def test_the_key_of_a_session_is_shown_while_it_is_authenticated() -> None:
    its, key = session(), key_of(1)
    its.log_on(key, NOW + 5)
    body = its.status(NOW + 9)
    assert body == {
        "apiKey": key.api_key,
        "authorizedSince": NOW + 5,
        "connectedSince": NOW,
        "returnRateLimits": True,
        "serverTime": NOW + 9,
        "userDataStream": False,
    }
    its.log_out()
    assert (its.status(NOW)["apiKey"], its.status(NOW)["authorizedSince"]) == (None, None)


@pytest.mark.parametrize("kind", ["HMAC", "RSA"])
def test_other_keys_than_ed25519_cannot_log_on(kind: str) -> None:
    its = session()
    assert refusal_of(lambda: its.log_on(key_of(1, kind), NOW)) == -1193
    assert its.key is None


def test_ids_count_up_and_an_account_has_one_subscription() -> None:
    its, one, two = session(), key_of(1), key_of(2)
    assert its.subscribe(one, by_logon=False) == {"subscriptionId": 0}
    assert its.subscribe(two, by_logon=False) == {"subscriptionId": 1}
    assert refusal_of(lambda: its.subscribe(key_of(1), by_logon=True)) == -2035
    its.unsubscribe(0)
    assert its.subscribe(one, by_logon=False) == {"subscriptionId": 2}
    assert its.subscriptions.ids() == [1, 2]


def test_what_is_not_subscribed_cannot_be_unsubscribed() -> None:
    its = session()
    assert refusal_of(lambda: its.unsubscribe(0)) == -2036
    assert refusal_of(lambda: its.unsubscribe(None)) == -2036


def test_without_an_id_all_subscriptions_end() -> None:
    its = session()
    for uid in (1, 2):
        its.subscribe(key_of(uid), by_logon=False)
    its.unsubscribe(None)
    assert [ended.id for ended in its.take_ended()] == [0, 1]
    assert its.take_ended() == []
    assert not its.subscriptions


def test_a_logout_ends_what_was_subscribed_by_the_session_alone() -> None:
    its, key = session(), key_of(1)
    its.log_on(key, NOW)
    its.subscribe(key, by_logon=True)
    its.subscribe(key_of(2), by_logon=False)
    its.log_out()
    assert [ended.id for ended in its.take_ended()] == [0]
    assert its.subscriptions.ids() == [1]


def test_logging_on_as_another_account_ends_the_first_ones_subscription() -> None:
    its, first, same = session(), key_of(1), key_of(1)
    its.log_on(first, NOW)
    its.subscribe(first, by_logon=True)
    same.account = first.account
    its.log_on(same, NOW)
    assert its.subscriptions.ids() == [0]
    its.log_on(key_of(2), NOW)
    assert its.subscriptions.ids() == []


def test_a_revoked_key_is_told_once_and_forgotten() -> None:
    its, key = session(), key_of(1)
    its.log_on(key, NOW)
    RING.revoke(key.api_key)
    with pytest.raises(RevokedError):
        its.living_key()
    assert its.living_key() is None


def test_the_limits_on_subscriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_AT_A_TIME", 2)
    monkeypatch.setattr(subscriptions, "MOST_EVER", 3)
    its = Subscriptions()
    keys = [key_of(uid) for uid in range(4)]
    for key in keys[:2]:
        its.add(key, by_logon=False)
    assert refusal_of(lambda: its.add(keys[2], by_logon=False)) == -2042
    its.end(0)
    its.add(keys[2], by_logon=False)
    its.end(1)
    assert refusal_of(lambda: its.add(keys[3], by_logon=False)) == -2042
