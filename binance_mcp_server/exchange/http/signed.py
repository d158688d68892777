"""Signed requests over HTTP (rest-api.md "Request Security" and "LIMITS", read 2026-11-24)."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.types import Scope

from binance_mcp_server.exchange.accounts.keys import Key
from binance_mcp_server.exchange.accounts.signatures import rest_payload
from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.faults.orders import NoAnswerError, name_of
from binance_mcp_server.exchange.http.answers import Answer, HeaderList, header, json_answer
from binance_mcp_server.exchange.http.asked import ip_of, read_params, refusal, scale_of
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.limits import Pool
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.call import AUTHENTIC, Operation
from binance_mcp_server.exchange.wire.trading.operations import REST

log = logging.getLogger(__name__)


class Routed(NamedTuple):
    """An operation, and what REST needs to know of it."""

    operation: Operation
    name: str
    accepts: tuple[str, ...]


ROUTES: Mapping[tuple[str, str], Routed] = {
    (method, f"/api/v3/{path}"): Routed(
        operation, name_of(method, path), (*operation.params, *AUTHENTIC)
    )
    for (method, path), operation in REST.items()
}
"""By method and path."""
METHODS: Mapping[str, tuple[str, ...]] = {
    path: tuple(method for method, each in ROUTES if each == path) for _, path in ROUTES
}
"""By path."""


def route(scope: Scope) -> Routed | None:
    """The operation that a request asks for, if it asks for one."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return ROUTES.get((method, scope["path"]))


def authenticate(
    office: Office, scope: Scope, body: bytes, params: Mapping[str, str], security: str
) -> Key:
    """The key that signed the request, over the bytes that were sent."""
    api_key = header(scope, b"x-mbx-apikey")
    return office.authenticate(
        api_key.decode("latin-1") if api_key else None,
        rest_payload(scope["query_string"], body),
        timestamp=params.get("timestamp"),
        recv_window=params.get("recvWindow"),
        security=security,
        ip=ip_of(scope),
    )


class SignedSpot:
    """The operations of accounts on spot, by REST."""

    def __init__(
        self, office: Office, pool: Pool, clock: Clock, failure: Callable[[], str | None]
    ) -> None:
        """*failure*: why the market has stopped, if it has."""
        self._office = office
        self._pool = pool
        self._clock = clock
        self._failure = failure

    def answer(self, scope: Scope, body: bytes, routed: Routed) -> Answer:
        """An answer or a refusal. Raises :class:`~.faults.orders.NoAnswerError`, and nothing else."""
        params, malformed = read_params(scope, body)
        operation, ip, now = routed.operation, ip_of(scope), self._clock.now_ms()
        try:
            self._pool.charge(ip, operation.weight_before(params), now)
        except VenueError as error:
            return refusal(error)
        try:
            if malformed is not None:
                raise malformed
            answer, weight = self._carry_out(scope, body, routed, params, now)
        except (VenueError, NoAnswerError) as error:
            self._pool.add(ip, operation.weight_after(params, None), now)
            if isinstance(error, NoAnswerError):
                raise
            return refusal(error)
        except Exception:
            log.exception("cannot answer %s %s", scope["method"], scope["path"])
            return refusal(errors.unknown())
        self._pool.add(ip, weight, now)
        return answer

    def _carry_out(
        self, scope: Scope, body: bytes, routed: Routed, params: dict[str, str], now: int
    ) -> tuple[Answer, int]:
        """The answer, and what it weighs."""
        operation, office = routed.operation, self._office
        if self._failure() is not None:
            raise errors.unavailable()
        scale = scale_of(scope)
        account = authenticate(office, scope, body, params, operation.security).account
        query = Query(params, routed.accepts)
        found = office.perform(operation, routed.name, "rest", account, query, scale)
        headers = self._counts(account.uid, now) if operation.orders(params) else []
        return json_answer(200, found, headers), operation.weight_after(params, found)

    def _counts(self, uid: int, now: int) -> HeaderList:
        """How many unfilled orders the account has, in every answer to a new one."""
        return [
            (
                f"x-mbx-order-count-{each.interval_num}{each.interval[0].lower()}".encode(),
                str(each.used).encode(),
            )
            for each in self._office.unfilled.counts(uid, now)
        ]
