"""Order tokens: proof that exactly this was previewed here, for this principal, within the last minute.

A token binds its own id, the time of issue, the venue, the principal and the canonical bytes of the intent by an HMAC.
It carries none of them but id and time: who issued it keeps the intent under ``id_of`` until it is spent. That a token
is spent once only is the journal's to see to: its id stands in the intent's entry.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final, NewType

from binance_mcp_server.errors import TokenError

TokenId = NewType("TokenId", str)
"""23 lower-case letters and digits; fit to begin a client id of ours."""

LIFETIME_MS: Final = 60_000
_TIME, _NONCE, _MAC = 6, 8, 16
_ID_TEXT = 23
"""Base32 of time and nonce, without padding."""
_PURPOSE = b"order token 1"


class Tokens:
    """Issues tokens and tells good ones. *key*: at least 32 secret bytes; a token is good where the same key is."""

    def __init__(self, key: bytes, *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        if len(key) < 32:
            raise ValueError("the key is too short")
        self._key = key
        self._random = random

    def issue(self, canonical: bytes, venue: str, principal: str, now_ms: int) -> str:
        """A token for the intent with these *canonical* bytes."""
        own_id = _text(now_ms.to_bytes(_TIME, "big") + self._random(_NONCE))
        return own_id + self._mac(own_id, canonical, venue, principal)

    def check(
        self, token: str, canonical: bytes, venue: str, principal: str, now_ms: int
    ) -> TokenId:
        """The id of a good *token*. Raises :class:`TokenError` for one that is not: changed, expired, or of another
        principal, venue or intent."""
        own_id = id_of(token)
        expected = self._mac(own_id, canonical, venue, principal)
        if not hmac.compare_digest(token[_ID_TEXT:], expected):
            raise TokenError("it was not issued for this order, venue and principal")
        age = now_ms - issued_ms(own_id)
        if not 0 <= age < LIFETIME_MS:
            raise TokenError(f"it is older than {LIFETIME_MS // 1000} seconds")
        return own_id

    def _mac(self, own_id: str, canonical: bytes, venue: str, principal: str) -> str:
        texts = (each.encode("utf-8", "surrogatepass") for each in (own_id, venue, principal))
        parts = (_PURPOSE, *texts, canonical)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return _text(hmac.digest(self._key, message, hashlib.sha256)[:_MAC])


def id_of(token: str) -> TokenId:
    """The id that *token* names, good or not. Raises :class:`TokenError` for text that is no token at all."""
    if not token.isascii() or len(token) <= _ID_TEXT:
        raise TokenError("it has not the form of one")
    return TokenId(token[:_ID_TEXT])


def issued_ms(token_id: TokenId) -> int:
    """When the token of this id was issued, ms since the epoch. Raises :class:`TokenError` where it is no id."""
    try:
        raw = base64.b32decode(token_id.upper() + "=")
    except binascii.Error:
        raise TokenError("it has not the form of one") from None
    return int.from_bytes(raw[:_TIME], "big")


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
