"""An account at the still exchange, moved by hand: signed requests made by the test itself, by none of our code."""

import hmac
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from binance_mcp_server.access.secrets import KeySettings, Secret


class Trader:
    """Somebody with a key, who trades beside the server."""

    def __init__(self, rest: str, name: str, **account: Any) -> None:
        """*account*: balances and whatever else ``POST /__sim/accounts`` takes."""
        self.rest = rest
        opened = self._send("POST", "/__sim/accounts", json.dumps({"name": name, **account}))
        self.name = name
        self.api_key: str = opened["api_key"]
        self.secret: str = opened["api_secret"]

    @property
    def keys(self) -> KeySettings:
        """The key as the server's settings have it."""
        return KeySettings(api_key=Secret(self.api_key), secret=Secret(self.secret))

    def signed(self, method: str, path: str, **params: object) -> Any:
        """The answer to a signed request."""
        now = self._send("GET", "/api/v3/time")["serverTime"]
        query = urlencode({**params, "timestamp": now})
        signature = hmac.digest(self.secret.encode(), query.encode(), "sha256").hex()
        return self._send(method, f"{path}?{query}&signature={signature}")

    def order(self, side: str, **params: object) -> dict[str, Any]:
        """A new BTCUSDT order, a limit one where nothing else is said."""
        kind = "LIMIT" if "price" in params else "MARKET"
        given = {"symbol": "BTCUSDT", "side": side, "type": kind, **params}
        if given["type"] == "LIMIT":
            given.setdefault("timeInForce", "GTC")
        placed: dict[str, Any] = self.signed("POST", "/api/v3/order", **given)
        return placed

    def public(self, path: str) -> Any:
        """The answer to an unsigned GET."""
        return self._send("GET", path)

    def deposit(self, asset: str, amount: str) -> None:
        """More of *asset*."""
        body = {"account": self.name, "asset": asset, "amount": amount}
        self._send("POST", "/__sim/deposit", json.dumps(body))

    def orders(self) -> list[dict[str, Any]]:
        """Every order ever accepted, as the switchboard has them."""
        found: list[dict[str, Any]] = self._send("GET", f"/__sim/orders?account={self.name}")[
            "orders"
        ]
        return found

    def _send(self, method: str, path: str, body: str | None = None) -> Any:
        key = getattr(self, "api_key", "")
        request = urllib.request.Request(
            self.rest + path,
            data=body.encode() if body else None,
            headers={"X-MBX-APIKEY": key} if key else {},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(error.read()) from None
