"""A client of our own that signs REST requests, and a venue without sockets that it asks."""

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from binance_mcp_server.exchange.accounts.keys import Issued, KeyRing
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire.limits import Limits
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.wire.fake_market import NOW, FakeMarket
from tests.exchange.wire.trading.fake_venue import FakeVenue, unfilled

Sign = Callable[[bytes], str]


def signer(issued: Issued) -> Sign:
    """How the owner of a key signs: in hexadecimal digits or, with a private key, in base64."""
    if issued.api_secret is not None:
        secret = issued.api_secret.encode()
        return lambda payload: hmac.digest(secret, payload, "sha256").hex()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = load_pem_private_key((issued.private_key or "").encode(), None)
    if isinstance(key, Ed25519PrivateKey):
        return lambda payload: base64.b64encode(key.sign(payload)).decode()
    return lambda payload: base64.b64encode(key.sign(payload, PKCS1v15(), SHA256())).decode()


class Desk:
    """A venue that answers over HTTP, and one account with a key."""

    def __init__(
        self,
        key_type: str = "HMAC",
        *,
        venue: Any = None,
        limits: Limits | None = None,
        orders: int = 100,
        **key: Any,
    ) -> None:
        self.venue: Any = cast("Any", FakeVenue()) if venue is None else venue
        self.account = Account(uid=1, name="tester", created_ms=NOW)
        self.keys = KeyRing()
        self.issued = self.keys.issue(self.account, key_type, now=NOW, **key)
        self.faults, clock, market = Faults(), VirtualClock(NOW), FakeMarket()
        self.moved = 0
        self.office = Office(
            self.venue,
            self.keys,
            unfilled(orders),
            market,
            clock,
            faults=self.faults,
            moved=self._move,
        )
        self.rest = RestApi(
            market, clock, limits=limits or Limits(), faults=self.faults, office=self.office
        )

    def _move(self) -> None:
        self.moved += 1

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        in_body: bool = False,
        **headers: str,
    ) -> Reply:
        """A request as clients sign it: the parameters encoded, the signature behind them."""
        text = urlencode({**(params or {}), "timestamp": str(NOW)})
        signature = quote(signer(self.issued)(text.encode()), safe="")
        signed = f"{text}&signature={signature}"
        if in_body:
            form = {"content_type": "application/x-www-form-urlencoded"}
            return await self.raw(method, path, body=signed, **form | headers)
        return await self.raw(method, f"{path}?{signed}", **headers)

    async def raw(self, method: str, target: str, *, body: str = "", **headers: str) -> Reply:
        """A request with the key, and nothing signed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"x-mbx-apikey": self.issued.api_key} | named
        path = target if target.startswith("/") else f"/api/v3/{target}"
        return await ask(self.rest, path, method=method, body=body.encode(), headers=named)
