"""Whose orders these are, and what they are called. Pure."""

from dataclasses import dataclass
from hashlib import blake2s
from typing import Final
from urllib.parse import urlsplit

from binance_mcp_server.venues import VenueName, is_loopback

STEM: Final = "mcp"
"""What our client ids begin with; then come 23 characters of a token's kind, and of a list's orders their number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose orders these are."""

    venue: str
    """As the journal and the tokens name it: an address on this machine is part of it."""
    account: str
    """Which account there, in a word that tells nothing of its key."""

    @classmethod
    def of(cls, venue: VenueName, rest_url: str, api_key: str) -> "Scope":
        """That of a key at an address."""
        where = f" at {urlsplit(rest_url).netloc}" if is_loopback(rest_url) else ""
        tag = blake2s(api_key.encode(), digest_size=6, person=b"journal").hexdigest()
        return cls(f"{venue}{where}", tag)
