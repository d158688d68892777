"""The embedded exchange without its sockets: an account whose signed requests are carried out in the same step.

Requests and answers go through the same words as over REST; limits and signatures are left out.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from binance_mcp_server.binance_api.client import Reply
from binance_mcp_server.binance_api.decode import decode
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.errors_map import Answer, error_of
from binance_mcp_server.binance_api.signed import UNKNOWN
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import (
    FateUnknownError,
    RejectedError,
    TransportError,
    UnavailableError,
)
from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.faults.orders import NoAnswerError
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.http.signed import ROUTES
from binance_mcp_server.exchange.numbers import parse
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.params import Query

T = TypeVar("T")
FUNDS = {"USDT": "1000000", "BTC": "10"}
_TIMEOUT = 10.0


class Venue:
    """A market whose clock is the test's, and any number of accounts."""

    def __init__(self, clock: Clock) -> None:
        source = ScenarioSource(1, clock, listings=LISTINGS[:1])
        self.clock = clock
        self.exchange = Exchange(source, clock=clock)
        self.exchange.markets["spot"].apply(source.open())
        it = self.exchange
        self._accounts = AccountsDesk(it.trading.venue, it.keys, it.market)
        self._uids = 0

    def arm(self, *faults: dict[str, object], seed: int = 1) -> None:
        self.exchange.faults.arm(read_plan(json.dumps({"seed": seed, "faults": faults}).encode()))

    def open_account(self) -> "Door":
        self._uids += 1
        account = Account(uid=self._uids, name=f"account {self._uids}")
        venue, now = self.exchange.trading.venue, self.clock.now_ms()
        venue.open_account(account)
        for asset, amount in FUNDS.items():
            venue.deposit(account.uid, asset, parse(amount), now)
        return Door(self, account)

    def orders(self, account: Account) -> list[dict[str, Any]]:
        """As ``GET /__sim/orders`` tells them."""
        told: dict[str, Any] = self._accounts.orders({"account": account.name})
        found: list[dict[str, Any]] = told["orders"]
        return found


class Door:
    """One account's way in; an :class:`OrderLine`."""

    def __init__(self, venue: Venue, account: Account) -> None:
        self.venue, self.account = venue, account
        self.old_id = 0
        """Of an order that was there before."""
        self.writes: list[str] = []
        """Client ids of the requests that changed something, each time that one arrived."""
        self.arrived: Callable[[], None] | None = None
        """Called when one was carried out, or not."""

    def arrive(self, request: Request[Any]) -> bytes:
        """Carry *request* out; its answer. Raises as the exchange does."""
        routed = ROUTES[request.method, request.path]
        params = dict(request.params)
        if request.method != "GET":
            self.writes.append(
                params.get("newClientOrderId") or params.get("listClientOrderId", "")
            )
        office, query = self.venue.exchange._office, Query(params, routed.accepts)
        try:
            told = office.perform(routed.operation, routed.name, "rest", self.account, query, 1)
        finally:
            if self.arrived is not None:
                self.arrived()
        return msgspec.json.encode(told)

    async def send(self, request: Request[T]) -> Reply[T]:
        try:
            body = self.arrive(request)
        except NoAnswerError as lost:
            await self.venue.clock.sleep(min(lost.seconds, _TIMEOUT))
            raise self._lost(request) from None
        except VenueError as refused:
            answer = Answer(refused.status, msgspec.json.encode(refused.body()), "venue")
            raise self._meant(request, answer) from None
        now = self.venue.clock.now_ms()
        return Reply(decode(request, body), now, "rest", now, 0)

    def _lost(self, request: Request[Any]) -> Exception:
        return TransportError("lost") if request.method == "GET" else FateUnknownError("lost")

    def _meant(self, request: Request[Any], answer: Answer) -> Exception:
        error = error_of(answer)
        code = getattr(error, "code", None)
        if request.method != "GET" and (isinstance(error, UnavailableError) or code in UNKNOWN):
            unknown = FateUnknownError(error.message)
            unknown.code = code
            return unknown
        if isinstance(error, RejectedError):
            error.data = answer.body
        return error

    @property
    def orders(self) -> list[dict[str, Any]]:
        return self.venue.orders(self.account)
