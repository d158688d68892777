"""Signatures of the three kinds, and exactly what they sign.

rest-api.md "SIGNED Endpoint security" and web-socket-api.md "Request security" (2026-07-21), faqs/api_key_types.md,
read 2026-11-24. REST: the query is percent-encoded first, those very bytes are signed, and the signature comes last,
percent-encoded as well. WebSocket API: parameters sorted by name, raw UTF-8, never percent-encoded. HMAC signatures are
hexadecimal, those of private keys base64.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, Protocol

from binance_mcp_server.access.secrets import Credentials, Secret
from binance_mcp_server.binance_api.params import encoded
from binance_mcp_server.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

Kind = Literal["HMAC", "RSA", "ED25519"]
SIGNATURE: Final = "signature"
_LEAST_RSA_BITS: Final = 2048
_NOT_A_KEY: Final = (
    "Point BINANCE_PRIVATE_KEY_PATH at the private key, in PEM, whose public half Binance has: Ed25519, or RSA with"
    " 2048 bits at the least (openssl genpkey -algorithm ed25519 -out key.pem makes one)."
)


class Signer(Protocol):
    """One key's way to sign."""

    @property
    def kind(self) -> Kind: ...

    def sign(self, payload: bytes) -> str:
        """The signature of *payload* as it is sent, not yet percent-encoded."""
        ...


class HmacSigner:
    """HMAC-SHA-256 with the secret that the venue has too."""

    kind: Final = "HMAC"

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def sign(self, payload: bytes) -> str:
        return hmac.digest(self._secret.reveal().encode(), payload, "sha256").hex()


class PrivateKeySigner:
    """Ed25519, or RSASSA-PKCS1-v1_5 with SHA-256: the venue has the public half only."""

    def __init__(self, kind: Literal["RSA", "ED25519"], sign: Callable[[bytes], bytes]) -> None:
        self.kind: Final = kind
        self._sign = sign

    def sign(self, payload: bytes) -> str:
        return base64.b64encode(self._sign(payload)).decode()


def make_signer(credentials: Credentials) -> Signer:
    """The way of *credentials* to sign. Only a private key needs ``cryptography``, which is imported here and now.

    Raises ``SettingsError`` for a private key that cannot be used; it never shows any of it.
    """
    if credentials.private_key is not None:
        return _with_private_key(credentials.private_key, credentials.passphrase)
    if credentials.secret is None:
        raise SettingsError(
            "there is an API key, but nothing to sign with",
            advice="Set BINANCE_API_SECRET or BINANCE_PRIVATE_KEY_PATH beside BINANCE_API_KEY.",
        )
    return HmacSigner(credentials.secret)


def _with_private_key(pem: Secret, passphrase: Secret | None) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    key = _loaded(pem, passphrase)
    if isinstance(key, Ed25519PrivateKey):
        return PrivateKeySigner("ED25519", key.sign)
    if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        padding, digest = PKCS1v15(), SHA256()
        return PrivateKeySigner("RSA", lambda payload: key.sign(payload, padding, digest))
    raise SettingsError(
        "the private key is of a kind that Binance does not take", advice=_NOT_A_KEY
    )


def _loaded(pem: Secret, passphrase: Secret | None) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    words = passphrase.reveal().encode() if passphrase else None
    try:
        return load_pem_private_key(pem.reveal().encode(), words)
    except TypeError:  # a passphrase too many, or one that is missing
        if words is not None:
            return _loaded(pem, None)
        raise SettingsError(
            "the private key is encrypted, and there is no passphrase",
            advice="Set BINANCE_PRIVATE_KEY_PASSPHRASE.",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        reason = ", or the passphrase is wrong" if words is not None else ""
        raise SettingsError(f"the private key cannot be read{reason}", advice=_NOT_A_KEY) from None


def rest_query(params: Sequence[tuple[str, str]], signer: Signer) -> str:
    """*params* percent-encoded, in their order, and behind them the signature of exactly that text."""
    query = "&".join(f"{name}={encoded(value)}" for name, value in params)
    return f"{query}&{SIGNATURE}={encoded(signer.sign(query.encode()))}"


def ws_params(
    params: Mapping[str, str | int | bool], signer: Signer
) -> dict[str, str | int | bool]:
    """*params* sorted by name, with their signature. The caller puts ``apiKey`` and ``timestamp`` in before.

    Numbers are signed with the digits that JSON gives them; amounts are text already.
    """
    ordered = {name: params[name] for name in sorted(params)}
    payload = "&".join(f"{name}={_as_json_says(value)}" for name, value in ordered.items())
    return {**ordered, SIGNATURE: signer.sign(payload.encode())}


def _as_json_says(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
