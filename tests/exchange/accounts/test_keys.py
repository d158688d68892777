"""Keys: what they look like, what they may do, and the order in which a request is refused."""

import hmac
from contextlib import nullcontext
from typing import Any

import pytest

from binance_mcp_server.exchange.accounts.checks import authenticate
from binance_mcp_server.exchange.accounts.keys import Issued, Key, KeyRing, Security
from binance_mcp_server.exchange.accounts.signatures import KeyType, Signed
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.wire.errors import VenueError
from tests.exchange.accounts import vectors

NOW = 1_700_000_000_000
IP = "127.0.0.1"
ALICE = Account(uid=1, name="alice")


def sign(issued: Issued, payload: str) -> str:
    """As the key's owner does."""
    if issued.api_secret:
        return hmac.new(issued.api_secret.encode(), payload.encode(), "sha256").hexdigest()
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    assert issued.private_key
    key = load_pem_private_key(issued.private_key.encode(), None)
    if isinstance(key, Ed25519PrivateKey):
        raw = key.sign(payload.encode())
    else:
        assert isinstance(key, RSAPrivateKey)
        raw = key.sign(payload.encode(), PKCS1v15(), SHA256())
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("kind", list(KeyType))
def test_a_key_of_each_kind_is_accepted_and_one_changed_byte_is_not(kind: KeyType) -> None:
    ring = KeyRing()
    issued = ring.issue(ALICE, kind)
    assert issued.api_key.startswith("SIM")
    assert len(issued.api_key) == 64
    assert (issued.api_secret is None) == (kind is not KeyType.HMAC)
    assert (issued.private_key is None) == (kind is KeyType.HMAC)
    key = ring.find(issued.api_key)
    assert (key.account, key.type) == (ALICE, kind)
    signature = sign(issued, "a=1")
    assert key.verify(b"a=1", signature)
    assert not key.verify(b"a=2", signature)


def test_an_owner_may_keep_the_private_key() -> None:
    ring = KeyRing()
    issued = ring.issue(ALICE, "HMAC", public_key=vectors.ED25519_PUBLIC)
    assert issued[1:] == (None, None)
    key = ring.find(issued.api_key)
    assert key.type is KeyType.ED25519
    payload, signature = vectors.ED25519[0]
    assert key.verify(payload.encode(), signature)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key_type": "DSA"},
        {"permissions": ("TRADE", "WITHDRAW")},
        {"ips": ("localhost",)},
        {"public_key": "-----BEGIN PUBLIC KEY-----"},
    ],
)
def test_what_makes_no_key_issues_none(wrong: dict[str, Any]) -> None:
    ring = KeyRing()
    with pytest.raises(ValueError):
        ring.issue(ALICE, **wrong)
    assert list(ring.of(ALICE)) == []


@pytest.mark.parametrize("text", [None, "", "k", "x" * 63, "x" * 65, "x" * 63 + "-", "ä" * 64])
def test_what_cannot_be_a_key_is_told_so(text: str | None) -> None:
    with pytest.raises(VenueError) as caught:
        KeyRing().find(text)
    assert caught.value.body() == {"code": -2014, "msg": "API-key format invalid."}
    assert caught.value.status == 401


def test_an_unknown_key_and_a_revoked_one_are_the_same() -> None:
    ring = KeyRing()
    issued = ring.issue(ALICE)
    key, told = ring.find(issued.api_key), list[Key]()
    ring.on_revoked.append(told.append)
    ring.revoke(issued.api_key)
    assert told == [key]
    for api_key in (issued.api_key, "x" * 64):
        with pytest.raises(VenueError) as caught:
            ring.find(api_key)
        assert caught.value.body() == {
            "code": -2015,
            "msg": "Invalid API-key, IP, or permissions for action.",
        }
        assert caught.value.status == 401
    with pytest.raises(VenueError):  # a session that it opened ends
        key.allow(Security.USER_DATA, IP)


@pytest.mark.parametrize(
    ("permissions", "ips", "security", "ip", "passes"),
    [
        (("USER_DATA",), (), "USER_DATA", IP, True),
        (("USER_DATA",), (), "TRADE", IP, False),
        (("TRADE",), (), "USER_DATA", IP, False),
        (("TRADE",), ("127.0.0.1",), "TRADE", IP, True),
        (("TRADE",), ("127.0.0.1",), "TRADE", "::ffff:127.0.0.1", True),
        (("TRADE",), ("::ffff:127.0.0.1", "::1"), "TRADE", IP, True),
        (("TRADE",), ("10.0.0.1", "10.0.0.2"), "TRADE", IP, False),
        (("TRADE",), ("10.0.0.1",), "TRADE", "unix", False),
        (("TRADE",), (), "TRADE", "unix", True),
    ],
)
def test_a_key_does_what_it_may_from_where_it_may(
    permissions: tuple[str, ...], ips: tuple[str, ...], security: str, ip: str, passes: bool
) -> None:
    ring = KeyRing()
    key = ring.find(ring.issue(ALICE, permissions=permissions, ips=ips).api_key)
    with nullcontext() if passes else pytest.raises(VenueError, match="-2015"):
        key.allow(security, ip)


def test_a_request_is_refused_for_the_first_reason() -> None:
    ring = KeyRing()
    issued = ring.issue(ALICE, permissions=("TRADE",))
    good = {
        "api_key": issued.api_key,
        "signature": sign(issued, "a=1"),
        "timestamp": str(NOW),
        "recv_window": None,
        "security": "TRADE",
    }
    assert ask(ring, good) == 0
    request = {"api_key": "k", "signature": None, "timestamp": None, "recv_window": "60001"}
    request["security"] = "USER_DATA"
    steps = [
        (-2014, "api_key", "x" * 64),
        (-2015, "api_key", issued.api_key),
        (-1102, "timestamp", "now"),
        (-1100, "timestamp", str(2**63)),
        (-1108, "timestamp", str(NOW - 6_000)),
        (-1131, "recv_window", "5000"),
        (-1102, "signature", "0" * 64),
        (-1021, "timestamp", str(NOW)),
        (-1022, "signature", good["signature"]),
        (-2015, "security", "TRADE"),
    ]
    for code, name, mended in steps:
        assert ask(ring, request) == code
        request[name] = mended
    assert ask(ring, request) == 0


def ask(ring: KeyRing, request: dict[str, str | None]) -> int:
    try:
        key, times = authenticate(
            ring,
            request["api_key"],
            Signed(b"a=1", request["signature"]),
            timestamp=request["timestamp"],
            recv_window=request["recv_window"],
            security=str(request["security"]),
            ip=IP,
            clocks=(NOW,),
        )
    except VenueError as error:
        return error.code
    assert key.account is ALICE
    with pytest.raises(VenueError):  # the engine was busy meanwhile
        times.check((NOW + 5_001,))
    return 0
