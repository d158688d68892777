"""Fault 16: a subscription to user data dies, with a word, with the connection, or without anything. What happened
meanwhile comes over REST, each thing once, and the balances are REST's."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from binance_mcp_server.binance_api import endpoints_trading as trade
from binance_mcp_server.exchange.numbers import SCALE, show
from binance_mcp_server.models.account import (
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ListStatus,
)
from binance_mcp_server.models.orders import OPEN
from tests.e2e.faults.account_scene import SYMBOL, AccountScene, Reader, account_scene

pytestmark = pytest.mark.anyio

DEATHS = ("terminated", "cut", "silent")


async def test_what_happens_is_told_as_it_happens() -> None:
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        name = await it.result(it.place(qty="0.02"))
        await it.step()
        reader.read()
        fills = [each for each in reader.reports if each.execution == "TRADE"]
        assert {each.client_id for each in reader.reports} == {name}
        assert next(each.execution for each in reader.reports) == "NEW"
        assert (fills[-1].status, fills[-1].executed) == ("FILLED", Decimal("0.02"))
        assert it.our_balances() == it.true_balances()
        assert not any(each.reconciled for each in reader.reports)
        assert reader.gaps == []


@pytest.mark.parametrize("death", DEATHS)
async def test_what_a_dead_subscription_missed_comes_over_rest(death: str) -> None:
    """One order for each way to end, placed while nobody tells of them."""
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        resting = it.behind_our_back("SELL", "0.5", it.away("1.2"))
        await it.step()
        it.arm({"kind": "user_stream", "then": death, "every": 1, "times": 1})
        cancelled = it.behind_our_back("BUY", "0.1", it.away("0.8"))
        it.behind_our_back("BUY", "0.3")
        it.cancel_behind_our_back(cancelled)
        it.cancel_behind_our_back(resting)
        still_open = it.behind_our_back("BUY", "0.2", it.away("0.7"))
        await it.after(70)
        await it.until_certain()
        reader.read()
        assert it.struck() == [1]
        assert it.feed.reconciled > 0
        assert it.feed.silences == (death == "silent")
        assert await _is_whole(it, reader)
        ends = {each.order_id: each.status for each in reader.reports}
        assert ends[still_open.id] == "NEW"


@pytest.mark.parametrize("seed", range(6))
async def test_random_deaths_lose_nothing_and_repeat_nothing(seed: int) -> None:
    """A minute of orders at random, many of them while the account is being looked at."""
    async with account_scene(seed) as it:
        reader = Reader(await it.subscribe())
        faults: list[dict[str, object]] = [
            {"kind": "user_stream", "then": death, "share": 0.04, "times": 12}
            for death in ("terminated", "cut")
        ]
        it.arm(*faults, seed=seed)
        for _ in range(240):
            if it.random.random() < 0.5:
                _something(it)
            await it.pass_time(it.random.randrange(1, 500), turns=it.random.randrange(1, 25))
        it.arm()
        await it.until_certain()
        await it.after(75)
        reader.read()
        assert it.feed.reconciled > 0
        assert await _is_whole(it, reader)


def _something(it: AccountScene) -> None:
    """One thing that an account does."""
    roll = it.random.random()
    still_open = [order for order in it.orders() if order.status.value in OPEN]
    if roll < 0.3 and still_open:
        it.cancel_behind_our_back(it.random.choice(still_open))
    elif roll < 0.4 and still_open:
        order = it.random.choice(still_open)
        if order.qty - order.executed > SCALE // 50:
            venue = it.exchange.trading.venue
            less = order.qty - SCALE // 100
            venue.amend(it.uid, SYMBOL, it.exchange.market.now_ms(), less, order_id=order.id)
            it.exchange.trading.flush()
    elif roll < 0.7:
        side, times = it.random.choice([("BUY", "0.9999"), ("SELL", "1.0001"), ("BUY", "0.8")])
        it.behind_our_back(side, it.random.choice(["0.05", "0.5"]), it.away(times))
    else:
        it.behind_our_back(it.random.choice(["BUY", "SELL"]), "0.02")


async def test_an_order_list_that_ended_unseen_is_told() -> None:
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        params = (
            *(("symbol", SYMBOL), ("side", "SELL"), ("quantity", "0.1")),
            *(("aboveType", "LIMIT_MAKER"), ("abovePrice", it.away("1.1"))),
            *(("belowType", "STOP_LOSS"), ("belowStopPrice", it.away("0.9"))),
        )
        placed = (await it.result(it.ws.send(trade.new_order_list("oco", params)))).data
        await it.step()
        it.arm({"kind": "user_stream", "then": "cut", "every": 1, "times": 1})
        venue = it.exchange.trading.venue
        venue.cancel_list(it.uid, SYMBOL, it.exchange.market.now_ms(), list_id=placed.id)
        it.exchange.trading.flush()
        await it.until_certain()
        reader.read()
        lists = [each for each in reader.records if isinstance(each, ListStatus)]
        assert [(each.order_status, each.reconciled) for each in lists] == [
            ("EXECUTING", False),
            ("ALL_DONE", True),
        ]
        assert await _is_whole(it, reader)


async def test_a_deposit_that_was_not_told_is_a_gap_and_the_balances_are_right() -> None:
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        it.deposit("USDT", "5")
        await it.step()
        it.arm({"kind": "user_stream", "then": "terminated", "every": 1, "times": 1})
        it.deposit("USDT", "12.5")
        await it.until_certain()
        reader.read()
        transfers = [each for each in reader.records if isinstance(each, BalanceUpdate)]
        assert [each.delta for each in transfers] == [5]
        (gap,) = reader.gaps
        assert "12.5 USDT" in gap.cause
        assert it.our_balances() == it.true_balances()
        assert reader.balances()["USDT"] == it.true_balances()["USDT"]


async def test_without_any_connection_events_come_over_rest() -> None:
    """The WebSocket API is away for five minutes, REST is not."""
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        it.exchange.ws_api.dials = 0
        it.arm({"kind": "user_stream", "then": "cut", "times": 1})
        it.behind_our_back("BUY", "0.3")
        await it.after(60)
        reader.read()
        assert _fills(reader.reports) == _true_fills(it)
        assert all(each.reconciled for each in reader.reports)
        assert it.feed.state == "reconnecting"
        it.behind_our_back("SELL", "0.1")
        await it.after(240)
        it.exchange.ws_api.dials = 300
        await it.until_certain()
        reader.read()
        assert await _is_whole(it, reader)


async def test_without_rest_what_was_missed_is_a_gap_until_it_can_be_asked_for() -> None:
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        it.arm(
            {"kind": "user_stream", "then": "terminated", "every": 1, "times": 1},
            {"kind": "rest_down", "paths": ["/api/v3/*"]},
        )
        it.behind_our_back("BUY", "0.3")
        await it.after(30)
        later = await it.result(it.place("BUY", "0.01"))
        await it.after(1)
        reader.read()
        assert [each.cause[:14] for each in reader.gaps] == ["what happened "]
        assert {each.client_id for each in reader.reports} == {later}
        it.arm()
        await it.until_certain()
        reader.read()
        assert _fills(reader.reports) == _true_fills(it)
        assert len(reader.gaps) == 1
        assert it.our_balances() == it.true_balances()


async def test_who_waits_for_executions_hears_of_those_that_were_lost() -> None:
    async with account_scene() as it:
        heard: list[ExecutionReport] = []
        stop = it.feed.on_execution(heard.append)
        assert await it.result(it.feed.ready(30))
        await it.until_certain()
        it.arm({"kind": "user_stream", "then": "cut", "every": 1, "times": 1})
        order = it.behind_our_back("BUY", "0.3")
        await it.until_certain()
        assert [each.status for each in heard][-1] == "FILLED"
        assert {each.order_id for each in heard} == {order.id}
        assert {each.order_client_id for each in heard} == {order.client_id}
        stop()
        it.behind_our_back("BUY", "0.3")
        await it.after(2)
        assert {each.order_id for each in heard} == {order.id}


async def test_a_venue_that_shuts_down_is_left_before_and_nothing_is_lost() -> None:
    """Days of a minute: another connection has taken over before the venue ends one."""
    async with account_scene() as it:
        reader = Reader(await it.subscribe())
        it.exchange.ws_api.rules = replace(
            it.exchange.ws_api.rules, day_seconds=60, notice_seconds=15
        )
        random = Random(1)
        for _ in range(300):
            if random.random() < 0.5:
                it.behind_our_back("BUY" if random.random() < 0.5 else "SELL", "0.02")
            await it.after(1)
        await it.until_certain()
        reader.read()
        assert it.ws.driver.core.renewals >= 4
        assert it.ws.driver.core.losses == 0
        assert reader._subscription.stream.reconnects == it.feed.reconciled == 0
        assert await _is_whole(it, reader)


async def _is_whole(it: AccountScene, reader: Reader) -> bool:
    """Every trade once, every order at its end, the balances as they are, no gap."""
    assert reader.gaps == []
    assert it.our_balances() == it.true_balances() == await it.result(it.rest_balances())
    told = reader.balances()
    assert told == {asset: it.true_balances().get(asset, _NOTHING) for asset in told}
    assert _fills(reader.reports) == _true_fills(it)
    ends = {each.order_id: (each.status, each.quantity) for each in reader.reports}
    assert ends == {
        order.id: (order.status.value, Decimal(show(order.qty))) for order in it.orders()
    }
    first: dict[int, str] = {}
    for each in reader.reports:
        first.setdefault(each.order_id, each.execution)
    assert set(first.values()) == {"NEW"}
    times = Counter((it.order_id, it.execution, it.trade_id, it.quantity) for it in reader.reports)
    assert set(times.values()) == {1}
    return any(isinstance(each, AccountPosition) for each in reader.records)


_NOTHING = (Decimal(0), Decimal(0))


def _fills(reports: list[ExecutionReport]) -> list[tuple[int, str, str, str]]:
    told = (each for each in reports if each.execution == "TRADE")
    return sorted(
        (each.trade_id, each.last_quantity_text, each.last_price_text, each.commission_text)
        for each in told
    )


def _true_fills(it: AccountScene) -> list[tuple[int, str, str, str]]:
    fills = [fill for order in it.orders() for fill in order.fills]
    return sorted(
        (fill.id, show(fill.qty), show(fill.price), show(fill.commission)) for fill in fills
    )
