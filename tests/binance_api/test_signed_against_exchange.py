"""Signed REST against the embedded exchange, which checks every signature by itself over the bytes that arrived."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest

from binance_mcp_server.binance_api import endpoints_account, endpoints_trading
from binance_mcp_server.binance_api.signed import replaced_in
from binance_mcp_server.errors import FateUnknownError, RejectedError, UnavailableError, VenueError
from tests.binance_api.signed_scene import (
    SYMBOL,
    limit_order,
    market_order,
    orders_at,
    owner,
    resting_price,
)
from tests.clients.process import ExchangeProcess

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


@pytest.fixture(autouse=True)
def no_faults(venue: ExchangeProcess) -> Iterator[None]:
    yield
    venue.admin("faults", {"seed": 1, "faults": []})
    venue.admin("clock", {"skew_ms": 0})


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_every_kind_of_key_places_finds_and_cancels(
    venue: ExchangeProcess, kind: str
) -> None:
    async with owner(venue, f"kind {kind}", key_type=kind) as api:
        assert api.signer.kind == kind
        price = await resting_price(api)
        placed = (await api.send(endpoints_trading.new_order(limit_order(price, "mine")))).data
        assert (placed.status, placed.client_id, placed.fills) == ("NEW", "mine", ())
        found = (await api.send(endpoints_account.order(SYMBOL, client_id="mine"))).data
        assert (found.id, found.is_open, found.remaining) == (placed.id, True, Decimal("0.01"))
        gone = (await api.send(endpoints_trading.cancel_order(SYMBOL, client_id="mine"))).data
        (order,) = gone.orders
        assert (order.status, order.previous_client_id) == ("CANCELED", "mine")


async def test_a_market_order_comes_with_its_fills_and_the_account_adds_up(
    venue: ExchangeProcess,
) -> None:
    async with owner(venue, "buyer") as api:
        placed = (await api.send(endpoints_trading.new_order(market_order("buy")))).data
        fills = (await api.send(endpoints_account.my_trades(SYMBOL, order_id=placed.id))).data
        assert sum(fill.quote for fill in fills) == placed.executed_quote <= 100
        assert [fill.id for fill in fills] == [fill.trade_id for fill in placed.fills]
        account = (await api.send(endpoints_account.account())).data
        has = {each.asset: each.total for each in account.balances}
        assert has["USDT"] == 100_000 - placed.executed_quote
        paid = sum(fill.commission for fill in fills)
        assert has["BTC"] == 5 + placed.executed - paid
        rates = (await api.send(endpoints_account.commission(SYMBOL))).data
        assert rates.rate(is_maker=False, is_buyer=True) * placed.executed == paid


async def test_lists_replacements_amendments_and_the_questions_about_them(
    venue: ExchangeProcess,
) -> None:
    async with owner(venue, "lister") as api:
        price = await resting_price(api)
        above, stop = str(int(price) * 3 // 2), str(int(price) // 2)
        oco = (
            ("symbol", SYMBOL),
            ("side", "SELL"),
            ("quantity", "0.02"),
            ("aboveType", "LIMIT_MAKER"),
            ("abovePrice", above),
            ("belowType", "STOP_LOSS"),
            ("belowStopPrice", stop),
            ("listClientOrderId", "pair"),
        )
        listed = (await api.send(endpoints_trading.new_order_list("oco", oco))).data
        assert (listed.is_open, len(listed.reports)) == (True, 2)
        known = (await api.send(endpoints_account.order_list(list_client_id="pair"))).data
        assert (known.id, known.orders) == (listed.id, listed.orders)
        gone = (
            await api.send(endpoints_trading.cancel_order(SYMBOL, order_id=listed.orders[0].id))
        ).data
        assert gone.is_list
        assert {each.id for each in gone.orders} == {each.id for each in listed.orders}

        await api.send(endpoints_trading.new_order(limit_order(price, "old")))
        less = endpoints_trading.amend_order(SYMBOL, "0.005", client_id="old", new_client_id="new")
        amended = (await api.send(less)).data.order
        assert (amended.previous_client_id, amended.client_id) == ("old", "new")
        assert amended.quantity == Decimal("0.005")
        anew = (
            *limit_order(price, "newest"),
            ("cancelReplaceMode", "STOP_ON_FAILURE"),
            ("cancelOrigClientOrderId", "new"),
        )
        replaced = (await api.send(endpoints_trading.cancel_replace(anew))).data
        assert replaced.cancelled is not None
        assert replaced.placed is not None
        assert replaced.placed.client_id == "newest"
        assert [
            each.client_id for each in (await api.send(endpoints_account.open_orders())).data
        ] == ["newest"]
        every = (await api.send(endpoints_account.all_orders(SYMBOL))).data
        assert len(every) == 4
        await api.send(endpoints_trading.cancel_all_orders(SYMBOL))
        assert (await api.send(endpoints_account.open_orders(SYMBOL))).data == ()
        assert (await api.send(endpoints_account.open_order_lists())).data == ()
        assert len((await api.send(endpoints_account.all_order_lists())).data) == 1
        counts = (await api.send(endpoints_account.unfilled_orders())).data
        assert {each.seconds: each.count for each in counts}[86_400] == 4


async def test_a_replacement_that_fails_by_half_says_which_half(venue: ExchangeProcess) -> None:
    async with owner(venue, "replacer") as api:
        price = await resting_price(api)
        await api.send(endpoints_trading.new_order(limit_order(price, "old")))
        anew = (
            *limit_order(price, "new", quantity="4"),
            ("cancelReplaceMode", "STOP_ON_FAILURE"),
            ("cancelOrigClientOrderId", "old"),
        )
        with pytest.raises(VenueError) as caught:
            await api.send(endpoints_trading.cancel_replace(anew))
        assert (caught.value.code, caught.value.status) == (-2021, 409)
        both = replaced_in(caught.value)
        assert both is not None
        assert both.cancelled is not None
        assert both.cancelled.previous_client_id == "old"
        assert both.placed is None
        assert both.new_order_refusal is not None
        assert both.new_order_refusal.code == -2010


FATES = ["hang", "reset", "503", "-1000", "-1001", "-1006", "-1007"]


@pytest.mark.parametrize("executes", [True, False])
@pytest.mark.parametrize("then", FATES)
async def test_a_write_without_an_answer_is_sent_once_and_its_fate_is_unknown(
    venue: ExchangeProcess, then: str, *, executes: bool
) -> None:
    name = f"fate {then} {executes}".replace(" ", "_")
    async with owner(venue, name, timeout=1.0) as api:
        price = await resting_price(api)
        await api.send(endpoints_account.account())  # the clock is measured
        fault = {"kind": "order", "executes": executes, "then": then, "account": name, "ms": 3000}
        venue.admin("faults", {"seed": 1, "faults": [fault]})
        with pytest.raises(FateUnknownError) as caught:
            await asyncio.wait_for(
                api.send(endpoints_trading.new_order(limit_order(price, "lost"))), 10
            )
        assert not caught.value.retryable
        assert venue.admin("faults")["faults"][0]["struck"] == 1
        assert len(orders_at(venue, name)) == executes
        venue.admin("faults", {"seed": 1, "faults": []})
        if executes:
            assert (await api.send(endpoints_account.order(SYMBOL, client_id="lost"))).data.is_open
        else:
            with pytest.raises(RejectedError, match="-2013"):
                await api.send(endpoints_account.order(SYMBOL, client_id="lost"))


async def test_a_read_that_may_heal_is_asked_again(venue: ExchangeProcess) -> None:
    async with owner(venue, "reader") as api:
        fault = {
            "kind": "order",
            "executes": False,
            "then": "503",
            "account": "reader",
            "operations": ["account.status"],
            "times": 1,
        }
        venue.admin("faults", {"seed": 1, "faults": [fault]})
        assert (await api.send(endpoints_account.account())).data.can_trade
        fault["times"] = 9
        venue.admin("faults", {"seed": 1, "faults": [fault]})
        with pytest.raises(UnavailableError):
            await api.send(endpoints_account.account())


@pytest.mark.parametrize("skew_ms", [-3_000, 3_000, -60_000, 60_000])
async def test_another_clock_than_ours_is_measured_before_the_first_request(
    venue: ExchangeProcess, skew_ms: int
) -> None:
    venue.admin("clock", {"skew_ms": skew_ms})
    async with owner(venue, f"skewed by {skew_ms}") as api:
        price = await resting_price(api)
        before = venue.admin("state")["requests"]
        await api.send(endpoints_trading.new_order(limit_order(price, "mine")))
        assert venue.admin("state")["requests"] == before + 4  # three times the time, one order


def step(venue: ExchangeProcess, step_ms: int) -> None:
    """Set the venue's clock forward, its market's too: a timestamp may fit either."""
    venue.admin("clock", {"step_ms": step_ms})
    for _ in range(1000):
        told = venue.admin("clock")
        if abs(told["enforced_ms"] - told["now_ms"]) < 1_000:
            return
    raise AssertionError("the market does not catch up")


async def test_a_clock_that_steps_costs_one_refusal_and_one_more_try(
    venue: ExchangeProcess,
) -> None:
    name = "stepped"
    async with owner(venue, name) as api:
        price = await resting_price(api)
        await api.send(endpoints_account.account())
        step(venue, 10_000)
        before = venue.admin("state")["requests"]
        await api.send(endpoints_trading.new_order(limit_order(price, "mine")))
        assert venue.admin("state")["requests"] == before + 5
        assert len(orders_at(venue, name)) == 1


async def test_many_that_meet_a_step_measure_it_once(venue: ExchangeProcess) -> None:
    name = "crowd"
    async with owner(venue, name) as api:
        price = await resting_price(api)
        await api.send(endpoints_account.account())
        step(venue, 10_000)
        before = venue.admin("state")["requests"]
        orders = (
            endpoints_trading.new_order(limit_order(price, f"mine-{number}")) for number in range(8)
        )
        await asyncio.gather(*map(api.send, orders))
        assert len(orders_at(venue, name)) == 8
        assert venue.admin("state")["requests"] <= before + 8 + 3 + 8
