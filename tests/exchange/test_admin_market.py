"""The market and the clock by the switchboard."""

import pytest

from binance_mcp_server.exchange.admin_market import STATUSES
from tests.exchange.test_admin_accounts import Desk
from tests.exchange.wire.asking import ask
from tests.exchange.wire.fake_market import NOW

pytestmark = pytest.mark.anyio


async def test_the_clock_is_set_wrong_steps_and_changes_its_pace() -> None:
    desk = Desk()
    assert (await desk.post("clock", {"skew_ms": -3000})).json()["enforced_ms"] == NOW - 3000
    stepped = (await desk.post("clock", {"step_ms": 5000})).json()
    assert (stepped["skew_ms"], stepped["enforced_ms"]) == (2000, NOW + 2000)
    assert (await desk.post("clock", {"speed": 1440})).json()["speed"] == 1440
    told = await desk.get("clock")
    assert told == {"now_ms": NOW, "enforced_ms": NOW + 2000, "skew_ms": 2000, "speed": 1440}


@pytest.mark.parametrize(
    "body", [{"speed": 0}, {"speed": 1e9}, {"skew_ms": 1e18}, {"step": 5}, {"step_ms": "5"}]
)
async def test_a_clock_that_makes_no_sense_is_refused(body: dict[str, object]) -> None:
    desk = Desk()
    assert (await desk.post("clock", body)).status == 400
    assert (await desk.get("clock"))["skew_ms"] == 0


async def test_a_symbol_takes_a_status_and_tells_it() -> None:
    desk = Desk()
    for status in STATUSES:
        asked = {"symbol": "BTCUSDT", "status": status}
        assert (await desk.post("symbols", asked)).json() == asked
        lines = (await desk.get("market"))["symbols"]
        assert {each["symbol"]: each["status"] for each in lines}["BTCUSDT"] == status
        assert desk.venue.status("BTCUSDT") == status


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"symbol": "NOPE", "status": "HALT"}, "no symbol"),
        ({"symbol": "BTCUSDT", "status": "SLEEPING"}, "status is one of"),
        ({"symbol": "BTCUSDT"}, "status"),
    ],
)
async def test_another_status_or_symbol_is_refused(body: object, words: str) -> None:
    reply = await Desk().post("symbols", body)
    assert (reply.status, words in reply.json()["error"]) == (400, True)


async def test_the_market_is_told_without_weight() -> None:
    desk = Desk()
    told = await desk.get("market?symbol=BTCUSDT")
    detail = told["symbol"]
    assert (detail["base"], detail["quote"]) == ("BTC", "USDT")
    assert detail["bids"][0][0] == told["symbols"][0]["bid"]
    assert len(detail["trades"]) > 0
    assert "no symbol" in (await desk.get("market?symbol=NOPE"))["error"]
    assert (await desk.get("state"))["used_weight"] == 0


async def test_the_page_is_there_and_may_reach_nothing_else() -> None:
    desk = Desk()
    page = await ask(desk.admin, "/__sim/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("page.css", "page.js"):
        assert (await ask(desk.admin, f"/__sim/{name}")).status == 200
        assert name.encode() in page.body
    browser = {"host": "localhost", "accept": "text/html,*/*"}
    moved = await ask(desk.admin, "/__sim", headers=browser)
    assert (moved.status, moved.headers["location"]) == (308, "/__sim/")
    assert "GET /__sim/state" in (await ask(desk.admin, "/__sim")).json()["error"]


async def test_the_clock_can_not_be_set_beyond_dates_that_can_be_told() -> None:
    """Step by step, forth and back: past the year 9999 no answer has a date, and the market can never go back."""
    for year_ms in (366 * 86_400_000, -366 * 86_400_000):
        desk = Desk()
        replies = [await desk.post("clock", {"step_ms": year_ms}) for _ in range(12)]
        assert [reply.status for reply in replies] == [200] * 10 + [400] * 2
        assert "ms off at the most" in replies[-1].json()["error"]
        assert (await desk.get("clock"))["skew_ms"] == 10 * year_ms
