"""Order tokens: good for one order, venue, principal and minute, and for nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.errors import TokenError
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.tokens import LIFETIME_MS, Tokens, id_of, issued_ms
from tests.trading.intent_strategies import intents, small_amounts

KEY = bytes(range(32))
NOW = 1_800_000_000_000
TOKENS = Tokens(KEY)
whens = st.integers(0, 2**47)
names = st.text(max_size=8)


def refused(
    token: str, canonical: bytes, venue: str, principal: str, now: int, tokens: Tokens = TOKENS
) -> bool:
    try:
        tokens.check(token, canonical, venue, principal, now)
    except TokenError:
        return True
    return False


@settings(max_examples=200, deadline=None)
@given(intents(), names, names, whens, st.integers(0, LIFETIME_MS - 1))
def test_a_token_is_good_for_a_minute(
    intent: Intent, venue: str, principal: str, now: int, age: int
) -> None:
    token = TOKENS.issue(intent.canonical(), venue, principal, now)
    own_id = TOKENS.check(token, intent.canonical(), venue, principal, now + age)
    assert own_id == id_of(token)
    assert issued_ms(own_id) == now


@settings(max_examples=100, deadline=None)
@given(
    intents(),
    whens,
    st.integers(LIFETIME_MS, 2**47) | st.integers(-(2**40), -1),
)
def test_it_is_never_good_outside_of_its_minute(intent: Intent, now: int, age: int) -> None:
    token = TOKENS.issue(intent.canonical(), "sim", "me", now)
    assert refused(token, intent.canonical(), "sim", "me", now + age)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_it_is_never_good_once_changed(data: st.DataObject) -> None:
    token = TOKENS.issue(b"order", "sim", "me", NOW)
    place = data.draw(st.integers(0, len(token)))
    letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz234567ABC =-\n") | st.characters()
    how = data.draw(st.sampled_from(["change", "insert", "cut"]))
    changed = {
        "change": token[:place] + data.draw(letters) + token[place + 1 :],
        "insert": token[:place] + data.draw(letters) + token[place:],
        "cut": token[:place],
    }[how]
    assert changed == token or refused(changed, b"order", "sim", "me", NOW)
    assert refused(token.upper(), b"order", "sim", "me", NOW)


@settings(max_examples=200, deadline=None)
@given(intents(small_amounts), intents(small_amounts), names, names, names, names)
def test_it_is_good_for_nothing_else(
    one: Intent, other: Intent, venue: str, elsewhere: str, mine: str, theirs: str
) -> None:
    token = TOKENS.issue(one.canonical(), venue, mine, NOW)
    for canonical, where, who in (
        (other.canonical(), venue, mine),
        (one.canonical(), elsewhere, mine),
        (one.canonical(), venue, theirs),
        (one.canonical(), mine, venue),
    ):
        same = (canonical, where, who) == (one.canonical(), venue, mine)
        assert refused(token, canonical, where, who, NOW) != same


def test_a_principal_is_any_text() -> None:
    token = TOKENS.issue(b"order", "sim", "\ud800", NOW)
    assert not refused(token, b"order", "sim", "\ud800", NOW)
    assert refused(token, b"order", "sim", "?", NOW)


def test_fields_cannot_flow_into_each_other() -> None:
    token = TOKENS.issue(b"c", "ab", "", NOW)
    assert refused(token, b"c", "a", "b", NOW)
    assert refused(token, b"", "ab", "c", NOW)


def test_another_key_makes_other_tokens() -> None:
    token = Tokens(bytes(32)).issue(b"order", "sim", "me", NOW)
    assert refused(token, b"order", "sim", "me", NOW)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_nonsense_is_refused_and_not_more(text: str) -> None:
    assert refused(text, b"order", "sim", "me", NOW)


def test_two_tokens_for_one_order_are_two() -> None:
    tokens = {TOKENS.issue(b"order", "sim", "me", NOW) for _ in range(50)}
    assert len({id_of(token) for token in tokens}) == 50


def test_a_token_survives_being_copied_and_its_id_begins_a_client_id() -> None:
    token = TOKENS.issue(b"order", "sim", "me", NOW)
    assert len(id_of(token)) == 23
    assert token.isalnum()
    assert token == token.lower()


def test_a_short_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="too short"):
        Tokens(b"secret")
