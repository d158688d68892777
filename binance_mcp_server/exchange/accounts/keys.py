"""API keys: issuing, finding and revoking them.

Keys of this venue begin with ``SIM``, so that none can be taken for one of the real venue. What a key may do, and from
where, is its own and not its account's (rest-api.md "Request Security", read 2026-11-24).
"""

import re
import secrets
import string
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from binance_mcp_server.exchange.accounts import refusals
from binance_mcp_server.exchange.accounts.signatures import (
    KeyType,
    Verifier,
    hmac_verifier,
    new_pair,
    public_key_verifier,
)
from binance_mcp_server.exchange.engine.account import Account

PREFIX = "SIM"
_LENGTH = 64
_FORMAT = re.compile(rf"[A-Za-z0-9]{{{_LENGTH}}}", re.ASCII)
_ALPHABET = string.ascii_letters + string.digits


class Security(StrEnum):
    """What an operation needs."""

    TRADE = "TRADE"
    USER_DATA = "USER_DATA"
    USER_STREAM = "USER_STREAM"


EVERYTHING = frozenset(Security)


@dataclass(slots=True, eq=False)
class Key:
    """One API key."""

    api_key: str
    account: Account
    type: KeyType
    permissions: frozenset[Security]
    ips: frozenset[IPv4Address | IPv6Address]
    """Where it may be used from; empty: anywhere."""
    created_ms: int
    _verifier: Verifier
    is_revoked: bool = False

    def verify(self, payload: bytes, signature: str) -> bool:
        """Whether *signature* is this key's over *payload*."""
        return self._verifier(payload, signature)

    def allow(self, security: str, ip: str) -> None:
        """Raises -2015 unless the key lives, may be used from *ip* and may do what needs *security*."""
        if self.is_revoked or security not in self.permissions or not self._admits(ip):
            raise refusals.rejected_key()

    def _admits(self, ip: str) -> bool:
        if not self.ips:
            return True
        try:
            return _plain(ip) in self.ips
        except ValueError:
            return False


class Issued(NamedTuple):
    """What its owner gets to know, this once."""

    api_key: str
    api_secret: str | None
    """Of an HMAC key."""
    private_key: str | None
    """Of the others: PKCS#8 in PEM; ``None`` as well when the owner made it."""


class KeyRing:
    """All keys of the venue."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self.on_revoked: list[Callable[[Key], None]] = []
        """Told of a key that has just been revoked: sessions that it opened end."""

    def issue(
        self,
        account: Account,
        key_type: str = KeyType.HMAC,
        permissions: Collection[str] = EVERYTHING,
        ips: Collection[str] = (),
        *,
        public_key: str | None = None,
        now: int = 0,
    ) -> Issued:
        """A new key for *account*. *public_key* (PEM): the owner keeps the private one, and *key_type* is as it is.

        Raises ``ValueError`` on an unknown type or permission, something that is no address, a public key that
        cannot sign requests.
        """
        secret = private = None
        kind = KeyType(key_type)
        if public_key is not None:
            kind, verifier = public_key_verifier(public_key)
        elif kind is KeyType.HMAC:
            secret = _random(_LENGTH)
            verifier = hmac_verifier(secret)
        else:
            private, public = new_pair(kind)
            verifier = public_key_verifier(public)[1]
        key = Key(
            PREFIX + _random(_LENGTH - len(PREFIX)),
            account,
            kind,
            frozenset(map(Security, permissions)),
            frozenset(map(_plain, ips)),
            now,
            verifier,
        )
        self._keys[key.api_key] = key
        return Issued(key.api_key, secret, private)

    def find(self, api_key: str | None) -> Key:
        """Raises -2014 when it cannot be a key (or there is none), -2015 when it is no key of ours."""
        if api_key is None or not _FORMAT.fullmatch(api_key):
            raise refusals.bad_key_format()
        key = self._keys.get(api_key)
        if key is None:
            raise refusals.rejected_key()
        return key

    def revoke(self, api_key: str) -> None:
        """From now on it is no key. Raises ``KeyError`` when it is none already."""
        key = self._keys.pop(api_key)
        key.is_revoked = True
        for listener in self.on_revoked:
            listener(key)

    def of(self, account: Account) -> Iterator[Key]:
        """The keys of *account*, in the order in which they were issued."""
        return (key for key in self._keys.values() if key.account is account)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _plain(text: str) -> IPv4Address | IPv6Address:
    """An address; one of IPv4 in the clothes of IPv6 is the one of IPv4."""
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
