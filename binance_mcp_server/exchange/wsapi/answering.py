"""A request → its result: limits, authentication, and what the method asks for. Pure.

Public methods are answered by REST's endpoints, those of accounts by REST's operations; neither is told apart from a
REST request there, and all share one pool of weight (web-socket-api.md "IP limits", read 2026-11-24).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from binance_mcp_server.exchange.accounts.checks import read_times
from binance_mcp_server.exchange.accounts.keys import Key, Security
from binance_mcp_server.exchange.accounts.signatures import ws_payload
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.wire import endpoints, errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.info import Catalogue
from binance_mcp_server.exchange.wire.limits import Pool
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.call import AUTHENTIC, Operation
from binance_mcp_server.exchange.wire.trading.operations import REST
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.wsapi import replies, requests
from binance_mcp_server.exchange.wsapi.methods import IGNORED_WITH_TIMES, IN_A_LIST, PUBLIC, SIGNED
from binance_mcp_server.exchange.wsapi.replies import Limit
from binance_mcp_server.exchange.wsapi.requests import RETURN_LIMITS, Request
from binance_mcp_server.exchange.wsapi.session import Session, unauthorized

if TYPE_CHECKING:
    from binance_mcp_server.exchange.office import Office

SESSION_WEIGHT = 2
"""Of every method about the connection itself."""
API_KEY = "apiKey"
CONNECTIONS = {"rateLimitType": "CONNECTIONS", "interval": "MINUTE", "intervalNum": 5, "limit": 300}


@dataclass(frozen=True, slots=True)
class World:
    """What requests are answered from."""

    market: MarketView
    pool: Pool
    office: "Office"
    older: Callable[[], MarketView | None] = lambda: None
    """The market that the next order book is taken of, when that is an older one."""


class Prepared(NamedTuple):
    """A request that may be answered."""

    make: Callable[[], object]
    """Makes the result, or raises a refusal."""
    reads: bool = False
    """Only reads the market: may be called again when a turn was too short for it."""
    account: Account | None = None
    """Whose unfilled orders the reply shows."""


class Answering:
    """All methods. A refusal is a :class:`~.wire.errors.VenueError`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._catalogue = Catalogue(world.market.rules)
        self._own: Mapping[str, _Own] = {
            "session.logon": _Own(("recvWindow", "timestamp", "signature", API_KEY), self._logon),
            "session.status": _Own((), self._status),
            "session.logout": _Own((), self._logout),
            "session.subscriptions": _Own((), self._subscriptions),
            "userDataStream.subscribe": _Own((), self._subscribe),
            "userDataStream.subscribe.signature": _Own(
                ("recvWindow", "timestamp", "signature", API_KEY), self._subscribe_by_signature
            ),
            "userDataStream.unsubscribe": _Own(("subscriptionId",), self._unsubscribe),
        }

    def knows(self, method: str) -> bool:
        return method in PUBLIC or method in SIGNED or method in self._own

    def prepare(self, session: Session, ip: str, request: Request, machine: int) -> Prepared:
        """Charge the request's weight and check who asks; *machine*: ms, by which limits are counted.

        Raises also :class:`.session.RevokedError`.
        """
        method = request.method
        params = {name: it for name, it in request.params.items() if name != RETURN_LIMITS}
        self._world.pool.charge(ip, self._weight(method, params), machine, raw=False)
        if not self.knows(method):
            raise unknown_method()
        if not request.is_object:
            raise requests.invalid_params()
        asked = _Asked(session, ip, request, params, machine)
        if method in PUBLIC:
            return self._public(asked)
        if method in SIGNED:
            return self._signed(asked)
        own = self._own[method]
        _check_known(params, own.params)
        return Prepared(lambda: own.answer(asked))

    def limits(self, ip: str, account: Account | None, machine: int) -> list[Limit]:
        """What a reply shows of the limits that its request has to do with."""
        used = self._world.pool.usage(ip, machine).weight
        weight = replies.weight_limit(self._world.pool.limits.request_weight, used)
        if account is None:
            return [weight]
        counts = self._world.office.unfilled.counts(account.uid, machine)
        return [*map(replies.order_limit, counts), weight]

    def _weight(self, method: str, params: Mapping[str, str]) -> int:
        if method in PUBLIC:
            return endpoints.ENDPOINTS[PUBLIC[method]].weight(params)
        if method in SIGNED:
            return REST[SIGNED[method]].weight_before(params)
        return SESSION_WEIGHT if method in self._own else 0

    # --- market data

    def _public(self, asked: "_Asked") -> Prepared:
        path = PUBLIC[asked.request.method]
        endpoint = endpoints.ENDPOINTS[path]
        query = Query(asked.params, endpoint.params, counted=False)
        world = self._world
        market = (world.older() if path == "depth" else None) or world.market
        call = endpoints.Call(
            market, self._catalogue, world.pool.limits, query, asked.session.opening.scale
        )

        def answer() -> object:
            body = endpoint.answer(call)
            query.finish()
            return _with_connections(body) if path == "exchangeInfo" else body

        return Prepared(answer, reads=True)

    # --- accounts

    def _signed(self, asked: "_Asked") -> Prepared:
        operation = REST[SIGNED[asked.request.method]]
        try:
            key = self._authenticate(asked, operation.security)
            params = _without_ignored(asked.request.method, asked.params)
            query = Query(params, (*operation.params, *AUTHENTIC, API_KEY), counted=False)
        except VenueError:
            self._charge_after(operation, asked, None)
            raise
        shown = key.account if operation.orders(asked.params) else None
        return Prepared(lambda: self._operate(operation, asked, key, query), account=shown)

    def _operate(self, operation: Operation, asked: "_Asked", key: Key, query: Query) -> object:
        body: object | None = None
        try:
            body = self._world.office.perform(
                operation,
                asked.request.method,
                "ws_api",
                key.account,
                query,
                asked.session.opening.scale,
            )
        finally:
            self._charge_after(operation, asked, body)
        return [body] if asked.request.method in IN_A_LIST else body

    def _charge_after(self, operation: Operation, asked: "_Asked", body: object | None) -> None:
        weight = operation.weight_after(asked.params, body)
        self._world.pool.add(asked.ip, weight, asked.machine)

    def _authenticate(self, asked: "_Asked", security: str) -> Key:
        """The key that asks: the one that is named and signs, else the session's."""
        params, office = asked.params, self._world.office
        timestamp, window = params.get("timestamp"), params.get("recvWindow")
        if API_KEY in params:
            return office.authenticate(
                params[API_KEY],
                ws_payload(asked.request.params),
                timestamp=timestamp,
                recv_window=window,
                security=security,
                ip=asked.ip,
            )
        key = asked.session.living_key()
        if key is None:
            raise errors.mandatory(API_KEY)
        read_times(timestamp, window).check(office.clocks())
        key.allow(security, asked.ip)
        return key

    # --- the connection itself

    def _logon(self, asked: "_Asked") -> object:
        """Whatever the key may do: that is asked with each request."""
        if API_KEY not in asked.params:
            raise errors.mandatory(API_KEY)
        permissions = self._world.office.keys.find(asked.params[API_KEY]).permissions
        key = self._authenticate(asked, min(permissions, default=Security.USER_DATA))
        asked.session.log_on(key, self._world.market.now_ms())
        return self._status(asked)

    def _status(self, asked: "_Asked") -> object:
        return asked.session.status(self._world.market.now_ms())

    def _logout(self, asked: "_Asked") -> object:
        asked.session.log_out()
        return self._status(asked)

    def _subscriptions(self, asked: "_Asked") -> object:
        return [{"subscriptionId": id_} for id_ in asked.session.subscriptions.ids()]

    def _subscribe(self, asked: "_Asked") -> object:
        key = asked.session.living_key()
        if key is None:
            raise unauthorized()
        key.allow(Security.USER_STREAM, asked.ip)
        return asked.session.subscribe(key, by_logon=True)

    def _subscribe_by_signature(self, asked: "_Asked") -> object:
        if API_KEY not in asked.params:
            raise errors.mandatory(API_KEY)
        key = self._authenticate(asked, Security.USER_STREAM)
        return asked.session.subscribe(key, by_logon=False)

    def _unsubscribe(self, asked: "_Asked") -> object:
        query = Query(asked.params, ("subscriptionId",))
        return asked.session.unsubscribe(query.integer("subscriptionId"))


class _Asked(NamedTuple):
    """One request, with what it comes from."""

    session: Session
    ip: str
    request: Request
    params: Mapping[str, str]
    """Without ``returnRateLimits``."""
    machine: int
    """When, ms by the machine's clock."""


class _Own(NamedTuple):
    """A method about the connection itself."""

    params: tuple[str, ...]
    answer: Callable[[_Asked], object]


def _without_ignored(method: str, params: Mapping[str, str]) -> Mapping[str, str]:
    if "startTime" not in params and "endTime" not in params:
        return params
    ignored = IGNORED_WITH_TIMES.get(method)
    return {name: text for name, text in params.items() if name != ignored}


def _with_connections(body: object) -> object:
    """``exchangeInfo``: connections are limited here, not the number of requests."""
    info = cast("dict[str, list[dict[str, object]]]", body)
    rows = [row for row in info["rateLimits"] if row["rateLimitType"] != "RAW_REQUESTS"]
    return {**info, "rateLimits": [*rows, CONNECTIONS]}


def _check_known(params: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Raises -1104. Here, unlike on REST, parameters are not counted first: so it stands in a public report."""
    read = sum(name in known for name in params)
    if read < len(params):
        raise errors.unread(read, len(params))


def unknown_method() -> VenueError:
    """No document and no report says how it is refused: the code is errors.md's for what is not supported."""
    return VenueError(-1020, "This operation is not supported.")
