"""Signatures of the three kinds, and the bytes that they sign.

Sources: rest-api.md "SIGNED Endpoint security", web-socket-api.md "Request security", faqs/api_key_types.md, read
2026-11-24. A key of each kind checks with what the venue holds: the shared secret (HMAC) or the public key.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

Verifier = Callable[[bytes, str], bool]
"""(payload, signature) → whether it signs it."""

RSA_BITS = (2048, 4096)
"""Sizes that the venue takes."""
_NAME = b"signature="


class KeyType(StrEnum):
    HMAC = "HMAC"
    RSA = "RSA"
    ED25519 = "ED25519"


class Signed(NamedTuple):
    payload: bytes
    signature: str | None
    """``None``: there is none."""


def rest_payload(query: bytes, body: bytes = b"") -> Signed:
    """What a REST request signs: its query and its form body as they were sent, one behind the other without a
    separator, without the signature. That may stand anywhere in either; where both have one the query's counts.
    """
    kept, signatures = [], []
    for part in (query, body):
        pairs = part.split(b"&")
        kept.append(b"&".join(pair for pair in pairs if not pair.startswith(_NAME)))
        signatures += [pair.removeprefix(_NAME) for pair in pairs if pair.startswith(_NAME)]
    signature = unquote_plus(signatures[0].decode("latin-1")) if signatures else None
    return Signed(b"".join(kept), signature)


def ws_payload(params: Mapping[str, str]) -> Signed:
    """What a WebSocket API request signs: its parameters in alphabetical order, raw, in UTF-8. *params* have numbers
    with the very digits that were sent.
    """
    rest = {name: value for name, value in params.items() if name != "signature"}
    text = "&".join(f"{name}={rest[name]}" for name in sorted(rest))
    return Signed(text.encode("utf-8", "surrogatepass"), params.get("signature"))


def hmac_verifier(secret: str) -> Verifier:
    """HMAC-SHA-256 in hexadecimal digits, large or small."""
    key = secret.encode()

    def verify(payload: bytes, signature: str) -> bool:
        expected = hmac.digest(key, payload, "sha256").hex().encode()
        return hmac.compare_digest(expected, signature.lower().encode("utf-8", "replace"))

    return verify


def public_key_verifier(pem: str) -> tuple[KeyType, Verifier]:
    """The kind of a public key in PEM, and how its signatures (base64) are checked: Ed25519, or RSASSA-PKCS1-v1_5 with
    SHA-256. Raises ``ValueError`` on anything else.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if isinstance(key, Ed25519PublicKey):
        return KeyType.ED25519, _checked(key.verify)
    if isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS:
        return KeyType.RSA, _checked(_rsa(key))
    raise ValueError("only Ed25519 and RSA keys of 2048 or 4096 bits sign requests")


def _rsa(key: "rsa.RSAPublicKey") -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    padding, digest = PKCS1v15(), SHA256()
    return lambda signature, payload: key.verify(signature, payload, padding, digest)


def _checked(check: Callable[[bytes, bytes], None]) -> Verifier:
    from cryptography.exceptions import InvalidSignature

    def verify(payload: bytes, signature: str) -> bool:
        try:
            check(base64.b64decode(signature, validate=True), payload)
        except (InvalidSignature, ValueError):  # not base64, or of the wrong length
            return False
        return True

    return verify


def new_pair(kind: KeyType) -> tuple[str, str]:
    """A private key (PKCS#8) and its public key, both in PEM. Raises ``ValueError`` for HMAC, which has none."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if kind is KeyType.HMAC:
        raise ValueError("an HMAC key has a secret, no pair")
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey = (
        ed25519.Ed25519PrivateKey.generate()
        if kind is KeyType.ED25519
        else rsa.generate_private_key(65_537, RSA_BITS[0])
    )
    private = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()
