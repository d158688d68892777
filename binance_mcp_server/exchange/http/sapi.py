"""``/sapi/``: as much of it as clients ask for when they start. Each path has its own limit of weight a minute."""

import logging

from starlette.types import Scope

from binance_mcp_server.exchange.accounts.keys import Key
from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.http.answers import Answer, header, json_answer, new_uuid
from binance_mcp_server.exchange.http.asked import ip_of, read_params, refusal
from binance_mcp_server.exchange.http.signed import authenticate
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.limits import Limits, Pool
from binance_mcp_server.exchange.wire.sapi import (
    ENDPOINTS,
    NO_KEY,
    NOBODY,
    KeyFacts,
    SapiCall,
    SapiEndpoint,
)
from binance_mcp_server.exchange.wire.view import MarketView

log = logging.getLogger(__name__)

PREFIX = "/sapi/"
LIMITS = Limits(request_weight=12_000, raw_requests=2**62)


class Sapi:
    def __init__(self, office: Office, market: MarketView, clock: Clock) -> None:
        self._office = office
        self._market = market
        self._clock = clock
        self._pools = {path: Pool(LIMITS) for _, path in ENDPOINTS}

    def knows(self, path: str) -> bool:
        return path in self._pools

    def answer(self, scope: Scope, body: bytes) -> Answer | None:
        """An answer or a refusal; ``None`` where there is nothing."""
        endpoint = ENDPOINTS.get((scope["method"], scope["path"]))
        if endpoint is None:
            return None
        pool, ip, now = self._pools[scope["path"]], ip_of(scope), self._clock.now_ms()
        try:
            pool.charge(ip, endpoint.weight, now)
            answer = json_answer(200, self._found(scope, body, endpoint))
        except VenueError as error:
            answer = refusal(error)
        except Exception:
            log.exception("cannot answer %s %s", scope["method"], scope["path"])
            answer = refusal(errors.unknown())
        answer.headers += [
            (b"x-mbx-uuid", new_uuid()),
            (b"x-sapi-used-ip-weight-1m", str(pool.usage(ip, now).weight).encode()),
        ]
        return answer

    def _found(self, scope: Scope, body: bytes, endpoint: SapiEndpoint) -> object:
        params, malformed = read_params(scope, body)
        if malformed is not None:
            raise malformed
        key = self._key(scope, body, params, endpoint)
        account = key.account if key else NOBODY
        facts = _facts(key) if key else NO_KEY
        venue, market = self._office.venue, self._market
        return endpoint.answer(
            SapiCall(venue, market.rules, params, market.now_ms(), account, facts)
        )

    def _key(
        self, scope: Scope, body: bytes, params: dict[str, str], endpoint: SapiEndpoint
    ) -> Key | None:
        if endpoint.security == "NONE":
            return None
        if endpoint.security == "MARKET_DATA":
            api_key = header(scope, b"x-mbx-apikey")
            return self._office.keys.find(api_key.decode("latin-1") if api_key else None)
        return authenticate(self._office, scope, body, params, endpoint.security)


def _facts(key: Key) -> KeyFacts:
    return KeyFacts(frozenset(key.permissions), bool(key.ips), key.created_ms)
