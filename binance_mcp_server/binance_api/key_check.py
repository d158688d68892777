"""The rights of the key that signs, asked for before the first signed tool and kept for a while."""

import asyncio
from typing import Final

from binance_mcp_server.access.key_rights import WITHOUT_SAPI, Objection, objections
from binance_mcp_server.binance_api.endpoints_account import api_restrictions
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.models.account import ApiRestrictions
from binance_mcp_server.venues import VenueName

AGE: Final = 3600.0
"""Seconds: an owner who changes a key waits for that long at the most, or starts the server anew."""


class KeyCheck:
    """For one event loop. Nothing is asked before the first question."""

    def __init__(
        self,
        api: SignedApi,
        venue: VenueName,
        *,
        allow_withdrawal_key: bool = False,
        allow_unrestricted_key: bool = False,
    ) -> None:
        self._api = api
        self._venue: VenueName = venue
        self._withdrawals = allow_withdrawal_key
        self._unrestricted = allow_unrestricted_key
        self._rights: ApiRestrictions | None = None
        self._asked: float | None = None
        self._asking = asyncio.Lock()

    async def rights(self) -> ApiRestrictions | None:
        """What the key may do; ``None`` where the venue does not tell.

        Raises what the request raises: a key that is refused, no network.
        """
        async with self._asking:
            now = self._api.api.clock.monotonic()
            if self._asked is None or now - self._asked > AGE:
                self._rights = await self._ask()
                self._asked = now
        return self._rights

    async def _ask(self) -> ApiRestrictions | None:
        if self._venue in WITHOUT_SAPI:
            return None
        return (await self._api.send(api_restrictions())).data

    async def objections(self) -> tuple[Objection, ...]:
        """Why nothing is traded with this key; nothing where it may be. Raises as :meth:`rights` does."""
        return objections(
            await self.rights(),
            self._venue,
            allow_withdrawal_key=self._withdrawals,
            allow_unrestricted_key=self._unrestricted,
        )
