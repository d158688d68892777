"""One bearer token for streamable HTTP."""

import hmac

from fastmcp.server.auth import AccessToken, TokenVerifier


class SharedToken(TokenVerifier):
    """Lets in whoever presents the owner's token. Compared in constant time; never logged."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """The bearer's identity, or ``None`` for another token."""
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token=token, client_id="owner", scopes=[])
