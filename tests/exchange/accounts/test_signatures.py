"""Signatures: every published one holds, and one changed byte is refused."""

import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from binance_mcp_server.exchange.accounts.signatures import (
    KeyType,
    Verifier,
    hmac_verifier,
    new_pair,
    public_key_verifier,
    rest_payload,
    ws_payload,
)
from tests.exchange.accounts import vectors

HMAC = hmac_verifier(vectors.SECRET)
ED25519 = public_key_verifier(vectors.ED25519_PUBLIC)[1]
RSA = public_key_verifier(vectors.RSA_PUBLIC)[1]
ALL = [
    *((HMAC, *case) for case in vectors.REST_HMAC),
    *((ED25519, *case) for case in vectors.ED25519),
    *((RSA, *case) for case in vectors.RSA),
]


def params(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split("&"))


@pytest.mark.parametrize(("verify", "payload", "signature"), ALL)
def test_published_signatures_hold(verify: Verifier, payload: str, signature: str) -> None:
    assert verify(payload.encode(), signature)


@pytest.mark.parametrize(("verify", "payload", "signature"), ALL)
def test_one_changed_byte_is_refused(verify: Verifier, payload: str, signature: str) -> None:
    sent = payload.encode()
    for place in range(0, len(sent), 7):
        assert not verify(sent[:place] + bytes([sent[place] ^ 1]) + sent[place + 1 :], signature)
    assert not verify(sent + b" ", signature)
    other = "B" if signature[0] == "A" else "A"
    assert not verify(sent, other + signature[1:])
    for broken in ("", signature[:-1], signature + "0", "é" * 64, "\ud800", " " + signature):
        assert not verify(sent, broken)


@pytest.mark.parametrize(("method", "text", "signature"), vectors.WS_HMAC)
def test_published_websocket_requests_hold(method: str, text: str, signature: str) -> None:
    sent = params(text) | {"signature": signature}
    for order in (sent, dict(reversed(sent.items()))):
        signed = ws_payload(order)
        assert signed.signature == signature
        assert HMAC(signed.payload, signature)
    changed = ws_payload(sent | {"timestamp": sent["timestamp"] + "0"})
    assert not HMAC(changed.payload, signature)


def test_only_hmac_signatures_have_no_case() -> None:
    payload, signature = vectors.REST_HMAC[0]
    assert HMAC(payload.encode(), signature.upper())
    payload, signature = vectors.ED25519[0]
    assert not ED25519(payload.encode(), signature.swapcase())
    payload, signature = vectors.RSA[0]
    assert not RSA(payload.encode(), signature.swapcase())


def test_the_vectors_of_the_recordings_hold(data_dir: Path) -> None:
    cases = json.loads((data_dir / "signatures" / "signature_vectors.json").read_bytes())
    assert len(cases) >= 6
    for case in cases:
        assert verifier_of(case)(case["payload"].encode(), case["signature"]), case["source"]


def verifier_of(case: dict[str, Any]) -> Verifier:
    if "secret" in case:
        return hmac_verifier(case["secret"])
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    private = (
        "-----BEGIN PRIVATE KEY-----\n"
        f"{case['private_key_pkcs8_base64']}\n"
        "-----END PRIVATE KEY-----\n"
    )
    public = load_pem_private_key(private.encode(), None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public_key_verifier(pem.decode())[1]


def test_a_rest_request_signs_query_and_body_as_they_were_sent() -> None:
    assert rest_payload(b"a=1&b=%2F&signature=ab") == (b"a=1&b=%2F", "ab")
    assert rest_payload(b"a=1", b"b=2&signature=ab") == (b"a=1b=2", "ab")
    assert rest_payload(b"", b"signature=ab&b=2") == (b"b=2", "ab")
    assert rest_payload(b"signature=ab", b"b=2") == (b"b=2", "ab")
    assert rest_payload(b"a=1&signature=q", b"b=2&signature=b") == (b"a=1b=2", "q")
    assert rest_payload(b"a=1") == (b"a=1", None)
    assert rest_payload(b"mysignature=1&signatures=2") == (b"mysignature=1&signatures=2", None)
    assert rest_payload(b"") == (b"", None)


def test_a_signature_in_base64_is_percent_encoded_in_rest() -> None:
    assert rest_payload(b"a=1&signature=x%2By%2Fz%3D%3D").signature == "x+y/z=="
    # A client that does not encode sends a space, and is refused.
    assert rest_payload(b"a=1&signature=x+y/z==").signature == "x y/z=="


def test_text_that_was_signed_before_it_was_encoded_is_refused() -> None:
    # CHANGELOG.md 2026-01-15: percent-encode first, then sign.
    encoded, signature = vectors.REST_HMAC[1]
    early = hmac.digest(vectors.SECRET.encode(), unquote(encoded).encode(), "sha256").hex()
    for claimed, holds in ((signature, True), (early, False)):
        signed = rest_payload(f"{encoded}&signature={claimed}".encode())
        assert HMAC(signed.payload, str(signed.signature)) is holds


def test_a_websocket_request_signs_sorted_raw_text() -> None:
    signed = ws_payload({"symbol": "１２", "apiKey": "k", "signature": "s", "quantity": "1.0"})
    assert signed == ("apiKey=k&quantity=1.0&symbol=１２".encode(), "s")
    assert ws_payload({"b": "\ud800"}).signature is None


@pytest.mark.parametrize("kind", [KeyType.RSA, KeyType.ED25519])
def test_a_new_pair_signs_for_itself_only(kind: KeyType) -> None:
    private, public = new_pair(kind)
    assert private.startswith("-----BEGIN PRIVATE KEY-----")
    found, verify = public_key_verifier(public)
    assert found is kind
    assert not verify(b"payload", vectors.ED25519[0][1])


def test_other_keys_are_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for bad in (pem, "", "not a key"):
        with pytest.raises(ValueError):
            public_key_verifier(bad)
    with pytest.raises(ValueError, match="no pair"):
        new_pair(KeyType.HMAC)
