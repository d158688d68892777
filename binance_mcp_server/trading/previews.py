"""What was previewed and may still be carried out: an intent for each token, in memory, for as long as a token and a
person's answer may take. Pure but for the dice of the tokens."""

import secrets
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.errors import TokenError
from binance_mcp_server.trading.intents import Intent
from binance_mcp_server.trading.tokens import LIFETIME_MS, TokenId, Tokens, id_of, issued_ms

PATIENCE_MS: Final = 120_000
"""How long a person has."""
MOST: Final = 1_000
_KEPT_MS: Final = LIFETIME_MS + PATIENCE_MS + 60_000


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person said about one order, and when, ms since the epoch by our clock."""

    granted: bool
    asked_ms: int
    answered_ms: int
    by: str
    """Who and how, e.g. ``a person at the client``."""
    id: str = ""
    """Of the question, where it was asked through a file."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Who may carry an intent out, on whose word, and until when."""

    principal: str
    token: TokenId | None = None
    """``None`` for what needs none."""
    approval: Approval | None = None
    """What a person said, where one was asked."""
    until_ms: int | None = None
    """ms since the epoch; the line in the journal has to be written before."""


@dataclass(frozen=True, slots=True)
class _Kept:
    intent: Intent
    canonical: bytes
    at_ms: int


class Previews:
    """Of one venue. *tokens*: with a key of this process alone where none are given."""

    def __init__(self, venue: str, tokens: Tokens | None = None) -> None:
        self._venue = venue
        self._tokens = tokens or Tokens(secrets.token_bytes(32))
        self._kept: dict[TokenId, _Kept] = {}

    def keep(self, intent: Intent, principal: str, now_ms: int) -> str:
        """A token for *intent*."""
        for key, kept in list(self._kept.items()):
            if now_ms - kept.at_ms > _KEPT_MS or len(self._kept) >= MOST:
                del self._kept[key]
        canonical = intent.canonical()
        token = self._tokens.issue(canonical, self._venue, principal, now_ms)
        self._kept[id_of(token)] = _Kept(intent, canonical, now_ms)
        return token

    def find(self, token: str, principal: str) -> tuple[TokenId, Intent]:
        """What an authentic *token* of any age was issued for. Raises ``TokenError``."""
        token_id = id_of(token)
        kept = self._kept.get(token_id)
        if kept is None:
            raise TokenError("it was not issued here, or long ago")
        at_ms = issued_ms(token_id)
        self._tokens.check(token, kept.canonical, self._venue, principal, at_ms)
        return token_id, kept.intent

    def leave(self, token: str, principal: str, approval: Approval | None, now_ms: int) -> Leave:
        """Leave to carry out what *token* was issued for. The token has to be fresh now; where a person was asked,
        when the question was put, and then the answer has to be. Raises ``TokenError``."""
        token_id, intent = self.find(token, principal)
        canonical = intent.canonical()
        if approval is None:
            self._tokens.check(token, canonical, self._venue, principal, now_ms)
            return Leave(principal, token_id, None, issued_ms(token_id) + LIFETIME_MS)
        self._tokens.check(token, canonical, self._venue, principal, approval.asked_ms)
        if not is_fresh(approval, now_ms):
            raise TokenError("the person's answer came too late")
        return Leave(principal, token_id, approval, approval.asked_ms + PATIENCE_MS)

    def forget(self, token_id: TokenId) -> None:
        """It cannot be carried out any more."""
        self._kept.pop(token_id, None)


def is_fresh(approval: Approval, now_ms: int) -> bool:
    """Whether what a person said still holds."""
    return 0 <= now_ms - approval.asked_ms < PATIENCE_MS
