"""What the trading tests of all clients share: accounts of the exchange, and prices that fill or rest."""

import itertools
import json
import time
import urllib.request
from decimal import Decimal
from typing import Any, NamedTuple

from tests.clients.conftest import Place
from tests.clients.streaming import PLAY_SECONDS

SYMBOL, PAIR = "BTCUSDT", "BTC/USDT"
KEY_TYPES = ("HMAC", "RSA", "ED25519")
QUANTITY = "0.01"
BALANCES = {"USDT": "100000", "BTC": "5"}
_numbers = itertools.count()


class Owner(NamedTuple):
    """Who holds a key."""

    name: str
    api_key: str
    api_secret: str | None
    private_key: str | None
    """In PEM."""

    @property
    def secret(self) -> str:
        """Whichever it has."""
        return self.api_secret or self.private_key or ""


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
        return json.load(answer)


def open_account(place: Place, key_type: str = "HMAC") -> Owner:
    """A new account with 100,000 USDT and 5 BTC."""
    name = f"owner {next(_numbers)}"
    asked = {"name": name, "key_type": key_type, "balances": BALANCES}
    told = call(f"{place.rest}/__sim/accounts", asked)
    return Owner(name, told["api_key"], told.get("api_secret"), told.get("private_key"))


def wait_until_it_stands_still(place: Place) -> None:
    """A recording that is played as fast as it goes: its time runs away from who has read it."""
    deadline = time.monotonic() + PLAY_SECONDS
    while not (state := call(f"{place.rest}/__sim/state"))["ended"]:
        if state["source"] != "replay" or time.monotonic() > deadline:
            return


def resting_price(place: Place) -> str:
    """Of a bid that nobody will meet soon, on a whole dollar."""
    top = call(f"{place.rest}/api/v3/ticker/bookTicker?symbol={SYMBOL}")
    return str(int(Decimal(top["bidPrice"]) * Decimal("0.9")))


def orders_of(place: Place, owner: Owner) -> list[dict[str, Any]]:
    """As the exchange itself knows them."""
    found: list[dict[str, Any]] = call(
        f"{place.rest}/__sim/orders?account={owner.name.replace(' ', '%20')}"
    )["orders"]
    return found
