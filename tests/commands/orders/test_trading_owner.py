"""What the owner decides holds: a person's word, caps, the kill switch, the rights of the key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from binance_mcp_server.trading.approvals import Approvals
from tests.commands.orders.desk_world import FAR_BELOW, MODES, Mode, Person, World, world
from tests.commands.venue import Agent, StillExchange
from tests.exchange.ws.sockets import eventually

pytestmark = pytest.mark.anyio
PERSON = "[sim]\nperson_from = 0\n"
LIVE = '[live]\nenabled = true\nsymbols = ["BTCUSDT"]\norder_notional = 100000\nday_notional = 200000\n'
LIVE += 'price_band_percent = "none"\n'
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": FAR_BELOW}


async def token_of(agent: Agent, **changes: Any) -> str:
    seen = await agent.data("preview_order", **{**ORDER, **changes})
    assert seen.get("token"), seen
    return str(seen["token"])


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_reads_what_it_is_and_agrees(
    venue: StillExchange, tmp_path: Path, mode: Mode
) -> None:
    its, person = world(venue, tmp_path, PERSON), Person()
    async with its.agent(mode, person) as agent:
        seen = await agent.data("preview_order", **ORDER)
        assert seen["needs_person"] is True
        done = await agent.data("place_order", token=seen["token"])
    assert done["state"] == "accepted"
    assert len(its.trader.orders()) == 1
    [form] = person.read
    assert "BUY 0.1 BTCUSDT LIMIT at 52000 GTC" in form
    assert "Venue sim at 127.0.0.1" in form
    assert "No answer within 120 s means no" in form


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "person",
    [
        Person("decline"),
        Person("cancel"),
        Person("accept", ticks=False),
        Person("accept", takes=121),
    ],
    ids=["declines", "cancels", "does not tick", "is late"],
)
async def test_without_a_yes_in_time_nothing_is_placed_and_the_token_is_gone(
    venue: StillExchange, tmp_path: Path, mode: Mode, person: Person
) -> None:
    if mode == "legacy" and person.takes:
        pytest.skip("there the event loop keeps the time: tests/mcp_support/test_confirmation.py")
    its = world(venue, tmp_path, PERSON)
    async with its.agent(mode, person) as agent:
        token = await token_of(agent)
        text = await agent.error("place_order", token=token)
        assert "did not agree" in text or "too late" in text
        await agent.error("place_order", token=token)
    assert its.trader.orders() == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_may_take_longer_than_the_token_lives(
    venue: StillExchange, tmp_path: Path, mode: Mode
) -> None:
    """The token has to be good when the question is put; the answer has a deadline of its own."""
    its = world(venue, tmp_path, PERSON)
    async with its.agent(mode, Person(takes=100)) as agent:
        done = await agent.data("place_order", token=await token_of(agent))
    assert done["state"] == "accepted"


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_cannot_ask_means_no_where_no_terminal_can_answer(
    venue: StillExchange, tmp_path: Path, mode: Mode
) -> None:
    its = world(venue, tmp_path, PERSON, state_dir=None)
    async with its.agent(mode) as agent:
        text = await agent.error("place_order", token=await token_of(agent))
    assert "cannot ask" in text
    assert its.trader.orders() == []


async def answered(its: World, *, granted: bool) -> None:
    """Somebody at a terminal, who waits for a question and answers it."""
    approvals = Approvals(its.settings.state_dir)  # type: ignore[arg-type]
    await eventually(lambda: bool(approvals.pending(its.clock.now_ms())))
    [question] = approvals.pending(its.clock.now_ms())
    approvals.answer(question, granted=granted, by="tester", now_ms=its.clock.now_ms())
    for _ in range(10):
        await its.clock.advance(0.5)


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("mode", MODES)
async def test_where_the_client_cannot_ask_a_terminal_answers(
    venue: StillExchange, tmp_path: Path, mode: Mode, granted: bool
) -> None:
    its = world(venue, tmp_path, PERSON)
    async with its.agent(mode) as agent:
        call = asyncio.ensure_future(agent.result("place_order", token=await token_of(agent)))
        await answered(its, granted=granted)
        result = await call
    assert result.is_error is not granted
    assert len(its.trader.orders()) == granted


async def test_a_person_at_a_terminal_may_outlast_a_call(
    venue: StillExchange, tmp_path: Path
) -> None:
    its = world(venue, tmp_path, PERSON)
    async with its.agent() as agent:
        token = await token_of(agent)
        call = asyncio.ensure_future(agent.data("place_order", token=token))
        approvals = Approvals(its.settings.state_dir)  # type: ignore[arg-type]
        await eventually(lambda: bool(approvals.pending(its.clock.now_ms())))
        await its.clock.advance(41)
        waiting = await call
        assert waiting["state"] == "waiting for a person"
        again = asyncio.ensure_future(agent.data("place_order", token=token))
        await answered(its, granted=True)
        assert (await again)["state"] == "accepted"
    assert len(its.trader.orders()) == 1


async def test_caps_are_held_and_said_with_their_numbers(
    venue: StillExchange, tmp_path: Path
) -> None:
    its = world(venue, tmp_path, "[sim]\norder_notional = 6000\nday_notional = 10000\n")
    async with its.agent() as agent:
        big = await agent.data("preview_order", **{**ORDER, "quantity": "0.2"})
        assert "token" not in big
        assert "10400 USDT; the owner allows 6000 USDT" in big["problems"][0]
        tokens = [await token_of(agent) for _ in range(2)]
        await agent.data("place_order", token=tokens[0])
        text = await agent.error("place_order", token=tokens[1])
        assert "10400 USDT; the owner allows 10000 USDT for a day" in text
        status = await agent.data("get_trading_status")
        assert status["used_day_notional"] == "5200 USDT"
        assert status["limit_order_notional"] == "6000 USDT"
        order = (await agent.data("get_open_orders", format="json"))["rows"][0][0]
        moved = await agent.error("replace_order", symbol="BTCUSDT", order_id=order, price="62000")
        assert "the owner allows" in moved
    assert len(its.trader.orders()) == 1


async def test_the_kill_switch_ends_everything_and_stays_for_every_process(
    venue: StillExchange, tmp_path: Path
) -> None:
    its = world(venue, tmp_path)
    async with its.agent() as agent, its.agent() as other:
        token = await token_of(agent)
        await agent.data("place_order", token=await token_of(agent))
        late = await token_of(other)
        stopped = await agent.data("stop_trading", reason="enough")
        assert stopped["cancelled"] == 1
        assert its.open_orders() == []
        for who, what in ((agent, token), (other, late)):
            assert "kill switch" in await who.error("place_order", token=what)
        status = await other.data("get_trading_status")
        assert "enough" in status["kill_switch"]
    assert its.open_orders() == []


@asynccontextmanager
async def live(
    venue: StillExchange, folder: Path, limits: str, person: Person | None = None
) -> AsyncIterator[tuple[World, Agent]]:
    """The rules of ``live``, on a venue of this machine."""
    its = world(venue, folder, limits, venue="live")
    async with its.agent(person=person) as agent:
        yield its, agent


async def test_live_is_not_listed_without_the_second_act(
    venue: StillExchange, tmp_path: Path
) -> None:
    for limits in ("", '[live]\nsymbols = ["BTCUSDT"]\n'):
        async with live(venue, tmp_path, limits) as (_, agent):
            names = {tool.name for tool in await agent.client.list_tools()}
            assert "get_account" in names
            assert "place_order" not in names
            status = await agent.data("get_trading_status")
            assert status["trading"].startswith("off")


async def test_on_live_a_key_that_works_from_anywhere_trades_only_if_the_owner_says_so(
    venue: StillExchange, tmp_path: Path
) -> None:
    async with live(venue, tmp_path, LIVE, Person()) as (its, agent):
        seen = await agent.data("preview_order", **ORDER)
        assert "token" not in seen
        assert "from any address" in seen["problems"][0]
        assert its.trader.orders() == []
    async with live(venue, tmp_path, LIVE + "allow_unrestricted_key = true\n", Person()) as (
        its,
        agent,
    ):
        done = await agent.data("place_order", token=await token_of(agent))
        assert done["state"] == "accepted"


async def test_on_live_every_order_needs_a_person_who_can_be_asked(
    venue: StillExchange, tmp_path: Path
) -> None:
    limits = LIVE + "allow_unrestricted_key = true\n"
    async with live(venue, tmp_path, limits, Person("decline")) as (its, agent):
        await agent.error("place_order", token=await token_of(agent))
        assert its.trader.orders() == []


async def test_an_owner_may_let_small_orders_pass(venue: StillExchange, tmp_path: Path) -> None:
    its, person = world(venue, tmp_path, "[sim]\nperson_from = 6000\n"), Person("decline")
    async with its.agent(person=person) as agent:
        await agent.data("place_order", token=await token_of(agent))
        await agent.error("place_order", token=await token_of(agent, quantity="0.2"))
    assert len(its.trader.orders()) == len(person.read) == 1


async def test_what_a_replacement_places_needs_a_person_too(
    venue: StillExchange, tmp_path: Path
) -> None:
    its, person = world(venue, tmp_path, PERSON), Person()
    async with its.agent(person=person) as agent:
        done = await agent.data("place_order", token=await token_of(agent))
        person.ticks = False
        await agent.error(
            "replace_order", symbol="BTCUSDT", order_id=done["order_id"], price="53000"
        )
        assert [each["status"] for each in its.trader.orders()] == ["NEW"]
        person.ticks = True
        await agent.data(
            "replace_order", symbol="BTCUSDT", order_id=done["order_id"], price="53000"
        )
        person.ticks = False  # to end an order nobody has to be asked
        await agent.data("cancel_all_orders", symbol="BTCUSDT")
    assert its.open_orders() == []
    assert "cancel order" in person.read[-1]
