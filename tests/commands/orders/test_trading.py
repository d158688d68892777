"""Orders by way of the tools: previewed, placed once, changed, ended; and what is refused before anything is sent."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.commands.orders.desk_world import FAR_ABOVE, FAR_BELOW, MODES, Mode, World, world
from tests.commands.venue import Agent, StillExchange

pytestmark = pytest.mark.anyio
D = Decimal


@pytest.fixture
def its(venue: StillExchange, tmp_path: Path) -> World:
    return world(venue, tmp_path)


@pytest.fixture(params=MODES)
async def agent(
    request: pytest.FixtureRequest, its: World, anyio_backend: str
) -> AsyncIterator[Agent]:
    mode: Mode = request.param
    async with its.agent(mode) as found:
        yield found


async def preview(agent: Agent, side: str = "BUY", **order: Any) -> dict[str, Any]:
    kind = "LIMIT" if "price" in order else "MARKET"
    given = {"symbol": "BTCUSDT", "side": side, "type": kind, **order}
    return await agent.data("preview_order", **given)


async def place(agent: Agent, side: str = "BUY", **order: Any) -> dict[str, Any]:
    seen = await preview(agent, side, **order)
    return await agent.data("place_order", token=seen["token"])


async def test_a_market_order_is_previewed_placed_and_filled_as_it_was_priced(
    agent: Agent, its: World
) -> None:
    seen = await preview(agent, quantity="0.5")
    done = await agent.data("place_order", token=seen["token"])
    assert (done["state"], done["status"], done["executed"]) == ("accepted", "FILLED", "0.5")
    assert done["average_price"] == seen["expected_average_price"]
    assert seen["fee"] in done["commission"]
    [mine] = its.trader.orders()
    assert (str(mine["orderId"]), mine["clientOrderId"]) == (
        done["order_id"],
        done["client_order_id"],
    )
    balances = await agent.data("get_account", format="json")
    free = {row[0]: row[1] for row in balances["rows"]}
    assert seen["free_after"] == [f"{free['BTC']} BTC", f"{free['USDT']} USDT"]


async def test_a_purchase_for_so_much_money_spends_no_more(agent: Agent) -> None:
    done = await place(agent, quote_quantity=100)
    assert done["status"] == "FILLED"
    assert 90 < D(done["executed_quote"]) <= 100


async def test_a_limit_order_takes_what_is_there_and_the_rest_waits(
    agent: Agent, its: World
) -> None:
    """More than stands at the best price, at that price: filled in part."""
    book = await agent.data("get_order_book", symbol="BTCUSDT", limit=1, format="json")
    price, there = book["asks"][0]
    wanted = D(there) + D("0.5")
    seen = await preview(agent, quantity=str(wanted), price=price)
    assert (D(seen["expected_filled"]), D(seen["rests"])) == (D(there), D("0.5"))
    done = await agent.data("place_order", token=seen["token"])
    assert (done["status"], D(done["executed"]), D(done["remaining"])) == (
        "PARTIALLY_FILLED",
        D(there),
        D("0.5"),
    )
    ended = await agent.data("cancel_order", symbol="BTCUSDT", order_id=done["order_id"])
    assert (ended["status"], D(ended["executed"])) == ("CANCELED", D(there))
    assert its.open_orders() == []


async def test_a_token_is_good_once_however_often_it_comes(agent: Agent, its: World) -> None:
    seen = await preview(agent, quantity="0.1", price=FAR_BELOW)
    first = await agent.data("place_order", token=seen["token"])
    again = await agent.data("place_order", token=seen["token"])
    assert again["order_id"] == first["order_id"]
    assert "nothing was sent again" in again["repeated"]
    assert len(its.trader.orders()) == 1


async def test_the_same_call_a_hundred_times_at_once_places_one_order(
    agent: Agent, its: World
) -> None:
    seen = await preview(agent, quantity="0.1", price=FAR_BELOW)
    calls = (agent.data("place_order", token=seen["token"]) for _ in range(100))
    answers = await asyncio.gather(*calls)
    assert len({each["order_id"] for each in answers}) == 1
    assert len(its.trader.orders()) == 1


async def test_a_token_that_was_changed_or_made_up_places_nothing(agent: Agent, its: World) -> None:
    token = (await preview(agent, quantity="0.1", price=FAR_BELOW))["token"]
    changed = token[:-1] + ("a" if token[-1] != "a" else "b")
    for bad in (changed, token[::-1], "", "x" * 49, token.upper(), f"{token}a"):
        assert "token" in await agent.error("place_order", token=bad)
    assert its.trader.orders() == []


async def test_a_token_is_too_old_after_a_minute(agent: Agent, its: World) -> None:
    token = (await preview(agent, quantity="0.1", price=FAR_BELOW))["token"]
    await its.clock.advance(61)
    assert "older than 60 seconds" in await agent.error("place_order", token=token)
    assert its.trader.orders() == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_of_another_server_or_session_places_nothing(its: World, mode: Mode) -> None:
    async with its.agent(mode) as one, its.agent(mode) as other:
        token = (await preview(one, quantity="0.1", price=FAR_BELOW))["token"]
        assert "not good" in await other.error("place_order", token=token)
        assert its.trader.orders() == []


async def test_what_breaks_a_rule_of_the_venue_gets_no_token_but_the_nearest_values(
    agent: Agent, its: World
) -> None:
    seen = await preview(agent, quantity="0.123456", price="52000.001")
    assert "token" not in seen
    assert seen["allowed"] is False
    text = " ".join(seen["problems"])
    assert "Nearest: 52000 or 52000.01" in text
    assert "Nearest: 0.12345 or 0.12346" in text
    right = await preview(agent, quantity="0.12345", price="52000.01")
    assert right["token"]
    assert its.trader.orders() == []


async def test_a_number_that_has_lost_digits_on_its_way_is_no_quantity(
    agent: Agent, its: World
) -> None:
    arguments = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    text = await agent.error("preview_order", **arguments, quantity=0.012345678901234567)
    assert "quantity has more digits than a JSON number keeps" in text
    seen = await agent.data("preview_order", **arguments, quantity=0.00001)
    assert seen["quantity"] == "0.00001"


async def test_where_nothing_is_open_cancelling_all_has_nothing_to_do(agent: Agent) -> None:
    assert (await agent.data("cancel_all_orders", symbol="BNBUSDT"))["state"] == "ended"


async def test_what_the_account_has_not_got_is_said_before_anything_is_sent(agent: Agent) -> None:
    seen = await preview(agent, "SELL", quantity="11", price=FAR_ABOVE)
    assert "token" not in seen
    assert seen["problems"] == ["Not enough BTC: 10 are free, 1 are missing."]


async def test_an_order_is_amended_replaced_and_cancelled(agent: Agent, its: World) -> None:
    order = await place(agent, quantity="1", price=FAR_BELOW)
    less = await agent.data(
        "amend_order", symbol="BTCUSDT", order_id=order["order_id"], new_quantity="0.4"
    )
    assert (less["order_id"], less["quantity"]) == (order["order_id"], "0.4")
    moved = await agent.data(
        "replace_order", symbol="BTCUSDT", order_id=order["order_id"], price="53000"
    )
    old, new = moved["orders"]
    assert (old["status"], new["status"]) == ("CANCELED", "NEW")
    assert (new["price"], new["quantity"]) == ("53000", "0.4")
    ended = await agent.data(
        "cancel_order", symbol="BTCUSDT", client_order_id=new["client_order_id"]
    )
    assert (ended["status"], ended["client_order_id"]) == ("CANCELED", new["client_order_id"])
    assert [each["status"] for each in its.trader.orders()] == ["CANCELED", "CANCELED"]


async def test_what_has_ended_is_told_as_it_ended(agent: Agent) -> None:
    """Fault 19: the fill came before the cancellation."""
    order = await place(agent, quantity="0.1")
    ended = await agent.data("cancel_order", symbol="BTCUSDT", order_id=order["order_id"])
    assert (ended["state"], ended["status"]) == ("ended", "FILLED")
    text = await agent.error(
        "replace_order", symbol="BTCUSDT", order_id=order["order_id"], price="60000"
    )
    assert "has ended: FILLED" in text


SELL = {"side": "SELL", "quantity": "0.5"}
LISTS: dict[str, dict[str, dict[str, str]]] = {
    "OCO": {
        "above": {**SELL, "type": "LIMIT_MAKER", "price": FAR_ABOVE},
        "below": {**SELL, "type": "STOP_LOSS_LIMIT", "price": "51000", "stop_price": FAR_BELOW},
    },
    "OTO": {
        "working": {"side": "BUY", "quantity": "0.5", "type": "LIMIT", "price": FAR_BELOW},
        "pending": {**SELL, "type": "LIMIT", "price": FAR_ABOVE},
    },
    "OTOCO": {
        "working": {"side": "BUY", "quantity": "0.5", "type": "LIMIT", "price": FAR_BELOW},
        "above": {**SELL, "type": "TAKE_PROFIT", "stop_price": FAR_ABOVE},
        "below": {**SELL, "type": "STOP_LOSS", "stop_price": "50000"},
    },
}


@pytest.mark.parametrize("kind", LISTS)
async def test_a_list_is_placed_as_one_and_ends_as_one(agent: Agent, its: World, kind: str) -> None:
    seen = await agent.data("preview_order_list", kind=kind, symbol="btc/usdt", orders=LISTS[kind])
    assert seen["list"] == kind
    placed = await agent.data("place_order", token=seen["token"])
    assert placed["orders"][0]["status"] == "NEW"
    assert len(placed["orders"]) == len(LISTS[kind]) == len(its.trader.orders())
    one = placed["orders"][0]["order_id"]
    ended = await agent.data("cancel_order", symbol="BTCUSDT", order_id=one)
    assert {each["status"] for each in ended["orders"]} == {"CANCELED"}
    assert its.open_orders() == []


async def test_all_orders_on_a_symbol_end_and_others_stay(agent: Agent, its: World) -> None:
    for price in ("52000", "53000"):
        await place(agent, quantity="0.1", price=price)
    await place(agent, symbol="ETHUSDT", quantity="1", price="1500")
    ended = await agent.data("cancel_all_orders", symbol="BTCUSDT")
    assert [each["status"] for each in ended["orders"]] == ["CANCELED", "CANCELED"]
    assert [each["symbol"] for each in its.open_orders()] == ["ETHUSDT"]


async def test_whatever_happens_to_orders_comes_in_the_account_s_stream(agent: Agent) -> None:
    stream = await agent.data("subscribe_stream", kind="account")
    order = await place(agent, quantity="0.1", price=FAR_BELOW)
    await agent.data("cancel_order", symbol="BTCUSDT", order_id=order["order_id"])
    await place(agent, quantity="0.0005")
    rows: list[list[Any]] = []
    cursor, columns = "", ["event", "client_order_id"]
    while len([row for row in rows if row[0] != "balances"]) < 4:
        page = await agent.data(
            "read_stream",
            id=stream["id"],
            format="json",
            columns=columns,
            cursor=cursor,
            wait_seconds=5,
        )
        cursor, rows = page["next"], rows + page["rows"]
    told = [row for row in rows if row[0] != "balances"]
    assert [row[0] for row in told] == ["new", "canceled", "new", "trade"]
    assert told[0][1] == told[1][1] == order["client_order_id"]


async def test_from_preview_to_placement_it_takes_three_requests(
    agent: Agent, venue: StillExchange
) -> None:
    """Caches are warm: the book, the balances, the order."""
    await place(agent, quantity="0.0005")
    before = venue.state()["requests"]
    await place(agent, quantity="0.0005")
    assert venue.state()["requests"] - before <= 3
