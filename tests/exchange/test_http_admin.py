"""The switchboard: state, play, limits, and answers set for the next requests."""

from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from binance_mcp_server.exchange.admin import MOST_BYTES, Admin
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.sources.base import Frame, History
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.ws.streams import Streams
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.wire.fake_market import NOW, FakeMarket

pytestmark = pytest.mark.anyio


class HeldSource:
    """A source that waits to be played."""

    rules: Sequence[SymbolRules] = ()
    start_ms = NOW
    played = False

    @property
    def history(self) -> History:
        raise NotImplementedError

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        yield ()

    def now_ms(self) -> int:
        return NOW

    def state(self) -> dict[str, object]:
        return {"source": "held", "position_ms": NOW, "ended": False, "held": not self.played}

    def play(self) -> None:
        self.played = True


class Desk:
    """A venue and its switchboard."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.rest = RestApi(FakeMarket(), self.clock, limits=Limits())
        market = self.rest.market
        self.streams = Streams({"spot": market}, self.clock)
        self.admin = Admin(HeldSource(), self.rest, self.streams)

    async def post(self, path: str, body: object) -> Reply:
        return await ask(self.admin, path, method="POST", body=msgspec.json.encode(body))

    async def state(self) -> dict[str, object]:
        answer: dict[str, object] = (await ask(self.admin, "/__sim/state")).json()
        return answer


async def test_the_state_tells_source_limits_and_counts() -> None:
    desk = Desk()
    await ask(desk.rest, "/api/v3/exchangeInfo")
    await ask(desk.rest, "/nowhere")
    state = await desk.state()
    assert state["source"] == "held"
    assert state["position_ms"] == state["now_ms"] == NOW
    assert (state["used_weight"], state["raw_requests"], state["requests"]) == (20, 1, 2)
    assert state["by_path"] == {"/api/v3/exchangeInfo": 1, "other": 1}
    assert state["by_status"] == {"200": 1, "404": 1}
    assert state["limits"] == {"REQUEST_WEIGHT": 6000, "RAW_REQUESTS": 300000, "ban_after": 10}
    assert (state["failure"], state["banned_until_ms"]) == (None, None)
    assert state["streams"] == desk.streams.state()


async def test_play_ends_a_hold() -> None:
    desk = Desk()
    assert (await desk.state())["held"]
    assert (await ask(desk.admin, "/__sim/play", method="POST")).json()["playing"]
    assert not (await desk.state())["held"]


async def test_limits_can_be_set_and_are_told_and_kept() -> None:
    desk = Desk()
    reply = await desk.post("/__sim/limits", {"REQUEST_WEIGHT": 20, "ban_after": 0})
    expected = {"REQUEST_WEIGHT": 20, "RAW_REQUESTS": 300000, "ban_after": 0}
    assert reply.json() == {"limits": expected}
    info = (await ask(desk.rest, "/api/v3/exchangeInfo")).json()
    assert info["rateLimits"][0]["limit"] == 20
    assert (await ask(desk.rest, "/api/v3/ping")).status == 418
    state = await desk.state()
    assert (state["refused_418"], state["banned_until_ms"]) == (1, NOW + 120_000)


async def test_the_next_answers_can_be_set() -> None:
    desk = Desk()
    teapot = {"path": "/api/v3/time", "status": 418, "body": "<html>no</html>", "times": 2}
    await desk.post("/__sim/respond", teapot | {"headers": {"Retry-After": "7"}})
    for _ in range(2):
        reply = await ask(desk.rest, "/api/v3/time")
        assert (reply.status, reply.body) == (418, b"<html>no</html>")
        assert (reply.headers["retry-after"], reply.headers["content-type"]) == ("7", "text/html")
    assert (await ask(desk.rest, "/api/v3/time")).status == 200
    assert (await ask(desk.rest, "/api/v3/ping")).status == 200


async def test_an_answer_can_be_cut() -> None:
    desk = Desk()
    await desk.post("/__sim/respond", {"path": "/api/v3/time", "cut": 5})
    reply = await ask(desk.rest, "/api/v3/time")
    assert (reply.body, reply.complete) == (b'{"ser', False)
    assert reply.headers["content-length"] == "28"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/__sim/limits", b"{"),
        ("/__sim/limits", b'{"REQUEST_WEIGHT":-1}'),
        ("/__sim/limits", b'{"WEIGHT":1}'),
        ("/__sim/respond", b'{"status":200}'),
        ("/__sim/respond", b'{"path":"x"}'),
        ("/__sim/respond", b'{"path":"/x","status":7}'),
        ("/__sim/respond", b'{"path":"/x","headers":{"a":"b\\r\\nc: d"}}'),
        ("/__sim/respond", b'{"path":"/x","headers":{"":"b"}}'),
        ("/__sim/respond", b'{"path":"/x","headers":{"a b":"c"}}'),
        ("/__sim/respond", b'{"path":"/x","headers":{"Content-Length":"3"}}'),
        ("/__sim/respond", b'{"path":"/x","delay_ms":100000000000000000000}'),
    ],
)
async def test_a_bad_body_is_refused_in_words(path: str, body: bytes) -> None:
    reply = await ask(Desk().admin, path, method="POST", body=body)
    assert reply.status == 400
    assert reply.json()["error"]


async def test_every_answer_is_an_object() -> None:
    admin = Desk().admin
    unknown = await ask(admin, "/__sim/nowhere")
    assert (unknown.status, "GET /__sim/state" in unknown.json()["error"]) == (404, True)
    assert (await ask(admin, "/__sim/state", method="POST")).status == 405
    large = await ask(admin, "/__sim/respond", method="POST", body=b" " * (MOST_BYTES + 1))
    assert (large.status, list(large.json())) == (413, ["error"])
