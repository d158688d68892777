"""Whatever is asked, the answer is a result or a refusal of the venue."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.endpoints import ENDPOINTS
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.trading.operations import REST
from binance_mcp_server.exchange.wsapi.answering import Answering
from binance_mcp_server.exchange.wsapi.answering import World as Sources
from binance_mcp_server.exchange.wsapi.methods import PUBLIC, SIGNED
from binance_mcp_server.exchange.wsapi.openings import Opening
from binance_mcp_server.exchange.wsapi.requests import MalformedError, Request, read_request
from binance_mcp_server.exchange.wsapi.session import Session
from tests.exchange.wire.fake_market import NOW, FakeMarket
from tests.exchange.wsapi.world import World

NAMES = {method: ENDPOINTS[path].params for method, path in PUBLIC.items()}
NAMES |= {method: REST[place].params for method, place in SIGNED.items()}
PAIR = {"symbol": "BTCUSDT"}
LIMIT = PAIR | {
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "99",
    "quantity": "1",
}
WORKING = PAIR | {
    "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "99", "workingQuantity": "1",
    "workingTimeInForce": "GTC",
}  # fmt: skip
PENDING = {"pendingType": "LIMIT_MAKER", "pendingSide": "SELL", "pendingPrice": "120"}
BOTH = {
    "pendingSide": "SELL", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "120",
    "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "90",
}  # fmt: skip
RIGHT: dict[str, dict[str, str]] = {
    "order.place": LIMIT,
    "order.test": LIMIT,
    "sor.order.place": LIMIT,
    "order.cancelReplace": LIMIT | {"cancelReplaceMode": "ALLOW_FAILURE", "cancelOrderId": "1"},
    "order.amend.keepPriority": PAIR | {"orderId": "1", "newQty": "0.5"},
    "orderList.place.oco": PAIR | {
        "side": "SELL", "quantity": "1", "aboveType": "LIMIT_MAKER", "abovePrice": "120",
        "belowType": "STOP_LOSS", "belowStopPrice": "90",
    },
    "orderList.place.oto": WORKING | PENDING | {"pendingQuantity": "1"},
    "orderList.place.opo": WORKING | PENDING,
    "orderList.place.otoco": WORKING | BOTH | {"pendingQuantity": "1"},
    "orderList.place.opoco": WORKING | BOTH,
    "order.cancel": PAIR | {"orderId": "1"},
    "orderList.cancel": PAIR | {"orderListId": "0"},
}  # fmt: skip
"""Requests that are in order."""
VALUES: dict[str, list[str]] = {
    "symbol": ["BTCUSDT", "ETHBTC", "XMRUSDT"],
    "symbols": ['["BTCUSDT"]'],
    "side": ["BUY", "SELL"],
    "type": ["LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "LIMIT_MAKER"],
    "timeInForce": ["GTC", "IOC", "FOK"],
    "price": ["99", "100", "101.5"],
    "interval": ["1m", "1d"],
    "windowSize": ["1h"],
    "cancelReplaceMode": ["ALLOW_FAILURE", "STOP_ON_FAILURE"],
    "selfTradePreventionMode": ["NONE", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"],
    "trailingDelta": ["100"],
    "pegPriceType": ["PRIMARY_PEG", "MARKET_PEG"],
}
"""By the end of a parameter's name."""
NUMBERS = ["1", "2", "3", "0.5", "7"]
ODD = ["", "0", "-1", "1e9", "NaN", "true", "[]", "x" * 40, "99999999999999999999", "9" * 18]


def values(name: str) -> st.SearchStrategy[str]:
    """Something that fits the parameter *name* more often than not."""
    end = name.lower()
    fitting = next((its for part, its in VALUES.items() if end.endswith(part.lower())), NUMBERS)
    return st.one_of(*[st.sampled_from(fitting)] * 4, st.sampled_from(ODD), st.text(max_size=5))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """One that is right, or nearly, or a few parameters of any method."""
    method = draw(st.one_of(st.sampled_from(sorted(RIGHT)), st.sampled_from(sorted(NAMES))))
    changed = st.sampled_from([*NAMES[method], "recvWindow"])
    names = draw(st.lists(changed, unique=True, max_size=draw(st.integers(0, 3))))
    params = RIGHT.get(method, {}) | {name: draw(values(name)) for name in names}
    if method in SIGNED:
        params["timestamp"] = str(NOW)
    return Request(1, method, params, is_object=True)


class Nonsense:
    """A venue with one account, whose session has logged on."""

    def __init__(self) -> None:
        self.world = World(Limits(10**9), venue=Venue(FakeMarket().rules))
        its = self.world
        key = its.keys.find(its.issue(1, "ED25519").api_key)
        for asset in ("BTC", "ETH"):
            its.venue.ledger.deposit(1, asset, 100 * SCALE)
        self.session = Session(Opening(), NOW)
        self.session.log_on(key, NOW)
        self.answering = Answering(Sources(its.market, its.rest.pool, its.office))

    def ask(self, request: Request) -> Any:
        try:
            prepared = self.answering.prepare(self.session, "127.0.0.1", request, NOW)
            return msgspec.json.encode(prepared.make())
        except VenueError as error:
            return msgspec.json.encode(error.body())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests(), min_size=1, max_size=30))
def test_requests_with_odd_parameters(asked: list[Request]) -> None:
    its = Nonsense()
    for request in asked:
        its.ask(request)
    its.world.venue.ledger.check()


def read(message: bytes) -> Request | None:
    """Nothing when it is none, by the venue's own code."""
    try:
        return read_request(message)
    except MalformedError as error:
        return None if error.refusal.code == -1135 else Request(None, "", {}, is_object=False)


@given(st.binary(max_size=40))
def test_bytes(message: bytes) -> None:
    request = read(message)
    assert request is None or request.method


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"id": JSON, "method": JSON, "params": JSON}) | JSON)
def test_json(message: object) -> None:
    request = read(msgspec.json.encode(message))
    assert request is None or all(isinstance(text, str) for text in request.params.values())
