"""An account of our own with play money, at an embedded exchange on this machine.

The exchange opens one for whoever asks (``POST /__sim/accounts``, docs/exchange.md). Nothing but loopback is asked.
"""

import asyncio
from secrets import token_hex
from typing import Final

import msgspec

from binance_mcp_server.access.credentials import Credentials
from binance_mcp_server.access.secrets import SIM_KEY_PREFIX, Secret
from binance_mcp_server.errors import SettingsError, TransportError
from binance_mcp_server.venues import is_loopback

BALANCES: Final = {"USDT": "100000", "BTC": "1", "ETH": "10", "BNB": "10"}
_PATIENCE: Final = 10.0
"""Seconds."""
_MOST_BYTES: Final = 100_000


class _Opened(msgspec.Struct):
    """What is told of the new account."""

    api_key: str
    api_secret: str


async def open_account(rest: str) -> Credentials:
    """A new account at the exchange whose REST API is at *rest*, under a name of its own.

    Raises ``SettingsError`` where that is no embedded exchange, ``TransportError`` where nobody answers.
    """
    if not is_loopback(rest):
        raise SettingsError("play money is to be had from an exchange on this machine alone")
    body = msgspec.json.encode({"name": f"agent-{token_hex(4)}", "balances": BALANCES})
    try:
        opened = msgspec.json.decode(await asyncio.to_thread(_post, rest, body), type=_Opened)
    except OSError:
        raise TransportError(
            "The embedded exchange did not open an account.", advice="Is it running? Try again."
        ) from None
    except msgspec.DecodeError:
        raise SettingsError(
            "what answers at the venue's address is no embedded exchange",
            advice="Set BINANCE_API_KEY and BINANCE_API_SECRET, or start mcp-server-binance exchange.",
        ) from None
    if not opened.api_key.startswith(SIM_KEY_PREFIX):
        raise SettingsError("the embedded exchange issued a key that is none of its own")
    return Credentials(Secret(opened.api_key), secret=Secret(opened.api_secret))


def _post(rest: str, body: bytes) -> bytes:
    """One request, by no proxy. Raises ``OSError`` for whatever goes wrong."""
    from urllib import request

    opener = request.build_opener(request.ProxyHandler({}))
    asked = request.Request(f"{rest}/__sim/accounts", body, method="POST")  # noqa: S310 - loopback
    with opener.open(asked, timeout=_PATIENCE) as answer:
        told: bytes = answer.read(_MOST_BYTES)
    return told
