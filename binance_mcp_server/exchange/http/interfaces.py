"""The REST interfaces of the products, as far as they differ in how a request is taken and answered."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from starlette.types import Scope

from binance_mcp_server.exchange.engine.rules import Product
from binance_mcp_server.exchange.http.answers import (
    Answer,
    HeaderList,
    header,
    html_answer,
    json_answer,
    new_uuid,
)
from binance_mcp_server.exchange.http.asked import scale_of
from binance_mcp_server.exchange.http.signed import METHODS
from binance_mcp_server.exchange.wire import endpoints as spot
from binance_mcp_server.exchange.wire.futures import endpoints as futures
from binance_mcp_server.exchange.wire.futures.info import Catalogue as FuturesCatalogue
from binance_mcp_server.exchange.wire.futures.params import Query as FuturesQuery
from binance_mcp_server.exchange.wire.info import Catalogue
from binance_mcp_server.exchange.wire.limits import Pool
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.view import FuturesView, MarketView

RETIRED = ("/api/v1/", "/api/v3/userDataStream")
"""Gone since 2026-03-25 and 2026-02-20."""
READING = frozenset(("GET", "HEAD"))
PREFIXES: Mapping[Product, str] = {"usdm": "/fapi/", "coinm": "/dapi/"}
OTHER_PRODUCTS = ("/sapi/", "/fapi/", "/dapi/", "/eapi/", "/papi/")


class Interface(Protocol):
    """One product's part of the venue."""

    prefix: str
    product: Product
    pool: Pool

    @property
    def market(self) -> MarketView: ...

    def knows(self, path: str) -> bool:
        """Whether something is there."""
        ...

    def limits(self, scope: Scope) -> bool:
        """Whether a request is counted at all."""
        ...

    def weight(self, path: str, params: Mapping[str, str]) -> int: ...

    def elsewhere(self, scope: Scope) -> Answer | None:
        """The answer to a request that no endpoint takes."""
        ...

    def prepare(
        self, scope: Scope, params: dict[str, str], older: FuturesView | None = None
    ) -> Callable[[], object]:
        """What makes the body, as often as it is called; this or that raises a refusal. *older* is the market to look
        at when it is not the present one."""
        ...

    def headers(self, used: int) -> HeaderList:
        """The product's own headers, *used* being the weight in the present minute."""
        ...


class Spot:
    """``/api/``."""

    prefix = "/api/"
    product: Product = "spot"
    _endpoints = "/api/v3/"

    def __init__(self, market: MarketView, pool: Pool, *, signed: bool = False) -> None:
        """*signed*: there are accounts, and the operations that they ask for."""
        self.market = market
        self.pool = pool
        self._signed = METHODS if signed else {}
        self._catalogue = Catalogue(market.rules)

    def knows(self, path: str) -> bool:
        return path in self._signed or self._endpoint(path) is not None

    def limits(self, _scope: Scope) -> bool:
        """Paths that are not there weigh nothing, but count."""
        return True

    def weight(self, path: str, params: Mapping[str, str]) -> int:
        endpoint = self._endpoint(path)
        return endpoint.weight(params) if endpoint else 0

    def elsewhere(self, scope: Scope) -> Answer | None:
        if scope["path"].startswith(RETIRED):
            return html_answer(410, "410 Gone")
        if not self.knows(scope["path"]):
            return not_found(scope)
        if self._endpoint(scope["path"]) is None:  # its operations are carried out elsewhere
            return _method_not_allowed(scope, self._signed[scope["path"]])
        return None if scope["method"] in READING else _method_not_allowed(scope, ("GET", "HEAD"))

    def prepare(
        self, scope: Scope, params: dict[str, str], older: FuturesView | None = None
    ) -> Callable[[], object]:
        endpoint = spot.ENDPOINTS[scope["path"].removeprefix(self._endpoints)]
        scale = scale_of(scope)
        query = Query(params, endpoint.params)
        call = spot.Call(older or self.market, self._catalogue, self.pool.limits, query, scale)

        def answer() -> object:
            body = endpoint.answer(call)
            query.finish()
            return body

        return answer

    def headers(self, used: int) -> HeaderList:
        weight = str(used).encode()
        return [
            (b"x-mbx-uuid", new_uuid()),
            (b"x-mbx-used-weight", weight),
            (b"x-mbx-used-weight-1m", weight),
        ]

    def _endpoint(self, path: str) -> spot.Endpoint | None:
        known = path.startswith(self._endpoints)
        return spot.ENDPOINTS.get(path.removeprefix(self._endpoints)) if known else None


class Futures:
    """``/fapi/`` or ``/dapi/``."""

    def __init__(self, product: Product, market: FuturesView, pool: Pool) -> None:
        self.prefix = PREFIXES[product]
        self.market: FuturesView = market
        self.pool = pool
        self.product = product
        self._endpoints = {
            self.prefix + path: endpoint for path, endpoint in futures.ENDPOINTS[product].items()
        }
        self._catalogue = FuturesCatalogue(product, market.rules)

    def knows(self, path: str) -> bool:
        return path in self._endpoints

    def limits(self, scope: Scope) -> bool:
        """What is no endpoint is turned away before anything is counted."""
        return self.elsewhere(scope) is None

    def weight(self, path: str, params: Mapping[str, str]) -> int:
        return self._endpoints[path].weight(params)

    def elsewhere(self, scope: Scope) -> Answer | None:
        if self.knows(scope["path"]) and scope["method"] in READING:
            return None
        return not_found(scope)

    def prepare(
        self, scope: Scope, params: dict[str, str], older: FuturesView | None = None
    ) -> Callable[[], object]:
        endpoint = self._endpoints[scope["path"]]
        call = futures.Call(
            older or self.market,
            self._catalogue,
            self.pool.limits,
            FuturesQuery(params),
            self.product,
            has_key=bool(header(scope, b"x-mbx-apikey")),
        )
        return lambda: endpoint.answer(call)

    def headers(self, used: int) -> HeaderList:
        """As recorded in 2026-07."""
        return [(b"x-mbx-used-weight-1m", str(used).encode()), (b"x-response-time", b"0ms")]


def not_found(scope: Scope) -> Answer:
    """Other products than spot in their own manner; else nothing, or a page for those who ask for one."""
    if scope["path"].startswith(OTHER_PRODUCTS):
        text = f"Path {scope['path']}, Method {scope['method']} is invalid"
        return json_answer(404, {"code": -5000, "msg": text})
    if b"text/html" in header(scope, b"accept"):
        return html_answer(404, "404 Not found")
    return Answer(404, b"", [])


def _method_not_allowed(scope: Scope, allowed: Iterable[str]) -> Answer:
    answer = Answer(405, b"", [])
    if b"text/html" in header(scope, b"accept"):
        answer = html_answer(405, "405 Method Not Allowed")
    answer.headers.append((b"allow", ", ".join(allowed).encode()))
    return answer
