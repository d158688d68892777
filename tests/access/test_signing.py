"""Published signatures come out as published, and the exchange's own check takes what every kind of key signs."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_mcp_server.access.secrets import Credentials, Secret
from binance_mcp_server.access.signing import HmacSigner, make_signer, rest_query, ws_params
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.exchange.accounts.signatures import (
    KeyType,
    hmac_verifier,
    new_pair,
    public_key_verifier,
    rest_payload,
    ws_payload,
)
from tests.clients.process import ROOT
from tests.exchange.accounts import vectors

HMAC = HmacSigner(Secret(vectors.SECRET))
PASSPHRASE = " pass phrase "
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text("abcXYZ019", min_size=1, max_size=8)


def published(data_dir: Path, algorithm: str) -> list[dict[str, Any]]:
    file = data_dir / "signatures" / "signature_vectors.json"
    return [each for each in json.loads(file.read_text()) if each["alg"] == algorithm]


def with_key(pem: str | bytes, passphrase: str | None = None) -> Credentials:
    text = pem.decode() if isinstance(pem, bytes) else pem
    return Credentials(
        Secret("key"),
        private_key=Secret(text),
        passphrase=Secret(passphrase) if passphrase is not None else None,
    )


@pytest.mark.parametrize(("payload", "signature"), vectors.REST_HMAC)
def test_the_documents_hmac_examples(payload: str, signature: str) -> None:
    assert HMAC.sign(payload.encode()) == signature


@pytest.mark.parametrize(("payload", "signature"), vectors.REST_HMAC)
def test_a_query_is_encoded_then_signed_then_gets_its_signature_last(
    payload: str, signature: str
) -> None:
    """From the values as they are, non-ASCII ones too, to the very bytes of the example."""
    assert rest_query(parse_qsl(payload), HMAC) == f"{payload}&signature={signature}"


@pytest.mark.parametrize(("payload", "signature"), [each[1:] for each in vectors.WS_HMAC])
def test_the_websocket_api_s_examples_come_out_of_parameters_in_any_order(
    payload: str, signature: str
) -> None:
    params = dict(parse_qsl(payload))
    for order in (params, dict(reversed(params.items()))):
        signed = ws_params(order, HMAC)
        assert signed.pop("signature") == signature
        assert list(signed) == sorted(params)


def test_the_recorded_vectors(data_dir: Path) -> None:
    hmacs, eds = published(data_dir, "HMAC-SHA256"), published(data_dir, "Ed25519")
    assert len(hmacs) >= 4
    for each in hmacs:
        signer = make_signer(Credentials(Secret("key"), secret=Secret(each["secret"])))
        assert signer.sign(each["payload"].encode()) == each["signature"]
    assert len(eds) >= 2
    for each in eds:
        pem = f"-----BEGIN PRIVATE KEY-----\n{each['private_key_pkcs8_base64']}\n-----END PRIVATE KEY-----\n"
        signer = make_signer(with_key(pem))
        assert signer.kind == "ED25519"
        assert signer.sign(each["payload"].encode()) == each["signature"]


def test_numbers_and_booleans_are_signed_as_json_says_them() -> None:
    signed = ws_params({"timestamp": 1649729878532, "apiKey": "k", "omitZeroBalances": True}, HMAC)
    text = b"apiKey=k&omitZeroBalances=true&timestamp=1649729878532"
    assert signed["signature"] == HMAC.sign(text)
    assert signed["timestamp"] == 1649729878532
    assert signed["omitZeroBalances"] is True


PAIRS = {kind: new_pair(kind) for kind in (KeyType.RSA, KeyType.ED25519)}
SIGNERS = {kind: make_signer(with_key(private)) for kind, (private, _) in PAIRS.items()}


@pytest.mark.parametrize("kind", PAIRS)
def test_the_exchange_s_independent_check_takes_what_a_private_key_signs(kind: KeyType) -> None:
    private, public = PAIRS[kind]
    signer, (_, verify) = make_signer(with_key(private)), public_key_verifier(public)
    assert signer.kind == kind.value
    query = rest_query([("symbol", "１２３４５６"), ("price", "0.1")], signer)
    found = rest_payload(query.encode())
    assert found.signature is not None
    assert verify(found.payload, found.signature)
    assert not verify(found.payload + b"0", found.signature)
    assert "+" not in query  # of the signature's base64: percent-encoded
    assert query.rpartition("&")[2].startswith("signature=")


@pytest.mark.parametrize("kind", PAIRS)
@settings(deadline=None)
@given(params=st.dictionaries(NAMES, TEXT, max_size=5))
def test_whatever_is_signed_for_the_websocket_api_checks(
    kind: KeyType, params: dict[str, str]
) -> None:
    verify = public_key_verifier(PAIRS[kind][1])[1]
    signed = {name: str(value) for name, value in ws_params(params, SIGNERS[kind]).items()}
    found = ws_payload(signed)
    assert found.signature is not None
    assert verify(found.payload, found.signature)


@settings(deadline=None)
@given(params=st.lists(st.tuples(NAMES, TEXT), max_size=6))
def test_whatever_is_asked_for_what_is_signed_is_what_is_sent(
    params: list[tuple[str, str]],
) -> None:
    query = rest_query(params, HMAC)
    assert query.isascii()
    assert parse_qsl(query, keep_blank_values=True)[:-1] == params
    found = rest_payload(query.encode())
    assert found.signature is not None
    assert hmac_verifier(vectors.SECRET)(found.payload, found.signature)


def pem_of(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey,
    passphrase: str | None = None,
    shape: form.PrivateFormat = form.PrivateFormat.PKCS8,
) -> bytes:
    lock = form.BestAvailableEncryption(passphrase.encode()) if passphrase else form.NoEncryption()
    return key.private_bytes(form.Encoding.PEM, shape, lock)


ED_KEY = ed25519.Ed25519PrivateKey.generate()
RSA_KEY = rsa.generate_private_key(65_537, 2048)


@pytest.mark.parametrize(
    ("key", "pem"),
    [
        (ED_KEY, pem_of(ED_KEY, PASSPHRASE)),
        (RSA_KEY, pem_of(RSA_KEY, PASSPHRASE)),
        (RSA_KEY, pem_of(RSA_KEY, PASSPHRASE, form.PrivateFormat.TraditionalOpenSSL)),
    ],
    ids=["Ed25519", "RSA", "RSA in the old form"],
)
def test_an_encrypted_key_needs_its_passphrase_and_signs_as_without(
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, pem: bytes
) -> None:
    payload = b"timestamp=1"
    plain = make_signer(with_key(pem_of(key)))
    assert make_signer(with_key(pem, PASSPHRASE)).sign(payload) == plain.sign(payload)
    with pytest.raises(SettingsError, match="no passphrase") as caught:
        make_signer(with_key(pem))
    assert "BINANCE_PRIVATE_KEY_PASSPHRASE" in caught.value.advice
    with pytest.raises(SettingsError, match="passphrase is wrong") as caught:
        make_signer(with_key(pem, PASSPHRASE.strip()))
    assert PASSPHRASE.strip() not in f"{caught.value.message} {caught.value.advice}"


def test_a_passphrase_that_the_key_does_not_need_does_no_harm() -> None:
    signer = make_signer(with_key(pem_of(ED_KEY), PASSPHRASE))
    assert base64.b64decode(signer.sign(b"x")) == ED_KEY.sign(b"x")


UNUSABLE = {
    "no key": b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
    "cut": pem_of(ED_KEY)[:60],
    "another kind": pem_of(dsa.generate_private_key(2048)),
    "too short": pem_of(rsa.generate_private_key(65_537, 1024)),
    "a public key": ED_KEY.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    ),
}


@pytest.mark.parametrize("pem", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_sign_is_refused_without_showing_it(pem: bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        make_signer(with_key(pem))
    shown = f"{caught.value.message} {caught.value.advice}"
    assert "BINANCE_PRIVATE_KEY_PATH" in shown
    assert all(line.decode() not in shown for line in pem.splitlines()[1:-1])


def test_a_key_with_nothing_to_sign_is_refused() -> None:
    with pytest.raises(SettingsError, match="nothing to sign with"):
        make_signer(Credentials(Secret("key")))


_PROGRAM = """
import sys
from binance_mcp_server.access.secrets import Credentials, Secret
from binance_mcp_server.access.signing import make_signer
import binance_mcp_server.access.credentials, binance_mcp_server.access.key_store
import binance_mcp_server.binance_api.signed, binance_mcp_server.services, binance_mcp_server.settings
make_signer(Credentials(Secret("key"), secret=Secret("secret"))).sign(b"x")
print([name for name in ("cryptography", "keyring", "aiohttp") if name in sys.modules])
"""


def test_nothing_heavy_is_imported_before_a_private_key_signs() -> None:
    command = [sys.executable, "-c", _PROGRAM]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "[]"
