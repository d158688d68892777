"""What an order would cost: the same sums that anybody can do over the book's own levels."""

from decimal import Decimal
from typing import Any

import pytest

from tests.commands.venue import Agent, StillExchange, is_error_of_the_one_form

pytestmark = pytest.mark.anyio
ALL = 4_000_000
D = Decimal


async def book(agent: Agent, side: str) -> list[tuple[Decimal, Decimal]]:
    data = await agent.data(
        "get_order_book", symbol="BTCUSDT", limit=5000, format="json", max_bytes=ALL
    )
    return [(D(price), D(quantity)) for price, quantity in data[side]]


@pytest.mark.parametrize(("side", "hit"), [("buy", "asks"), ("sell", "bids")])
async def test_a_fill_is_the_sum_of_the_levels_that_it_takes(
    agent: Agent, side: str, hit: str
) -> None:
    levels = await book(agent, hit)
    quantity = levels[0][1] + levels[1][1] / 2
    done = await agent.data("estimate_fill", symbol="btc/usdt", side=side, quantity=str(quantity))
    value = levels[0][0] * levels[0][1] + levels[1][0] * (levels[1][1] / 2)
    assert (D(done["filled"]), done["levels"]) == (quantity, 2)
    assert abs(D(done["value"]) - value) < D("1e-8")
    assert abs(D(done["average_price"]) / (value / quantity) - 1) < D("1e-11")
    assert D(done["worst_price"]) == levels[1][0]
    assert D(done["slippage_percent"]) > D(done["slippage_to_best_percent"]) >= 0
    assert "unfilled" not in done
    assert (done["venue"], done["side"]) == ("sim", side)


async def test_an_amount_of_the_quote_asset_is_spent(agent: Agent) -> None:
    done = await agent.data("estimate_fill", symbol="BTCUSDT", side="buy", quote_quantity=1000)
    assert D(done["value"]) == 1000
    assert abs(D(done["filled"]) * D(done["average_price"]) - 1000) < D("0.001")


async def test_the_depth_near_mid_is_summed_on_both_sides(agent: Agent) -> None:
    bids, asks = await book(agent, "bids"), await book(agent, "asks")
    mid = (bids[0][0] + asks[0][0]) / 2
    done = await agent.data(
        "estimate_fill", symbol="BTCUSDT", side="buy", quantity="0.001", within_percent="0.05"
    )
    near = [(p, q) for p, q in bids if mid - p <= mid * D("0.0005")]
    assert D(done["bid_quantity_within"]) == sum(q for _, q in near)
    assert abs(D(done["bid_value_within"]) - sum(p * q for p, q in near)) < D("1e-8")
    assert D(done["mid"]) == mid
    assert done["within_percent"] == "0.05"


async def test_what_the_book_cannot_fill_is_said(agent: Agent) -> None:
    asks = await book(agent, "asks")
    there = sum(q for _, q in asks)
    done = await agent.data("estimate_fill", symbol="BTCUSDT", side="buy", quantity=str(there + 1))
    assert (D(done["filled"]), done["unfilled"]) == (there, "1")


async def test_a_symbol_without_orders_fills_nothing(agent: Agent) -> None:
    done = await agent.data("estimate_fill", symbol="XMRUSDT", side="sell", quantity=2)
    assert (done["filled"], done["unfilled"], done["value"]) == ("0", "2", "0")
    assert (done["average_price"], done["mid"], done["slippage_percent"]) == (None, None, None)


async def test_the_reply_is_small(agent: Agent) -> None:
    text = await agent.text("estimate_fill", symbol="BTCUSDT", side="buy", quantity="1")
    assert len(text.encode()) < 700


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"quantity": "1", "quote_quantity": "1"},
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "many"},
        {"quantity": "1e30"},
        {"quote_quantity": "NaN"},
        {"quantity": "1", "within_percent": "0"},
        {"quantity": "1", "within_percent": "101"},
        {"quantity": "1", "side": "hold"},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_before_anything_is_sent(
    agent: Agent, venue: StillExchange, arguments: dict[str, Any]
) -> None:
    before = venue.state()["requests"]
    text = await agent.error("estimate_fill", **{"symbol": "BTCUSDT", "side": "buy"} | arguments)
    assert is_error_of_the_one_form(text)
    assert venue.state()["requests"] == before
