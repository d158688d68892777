"""One subscription to an account is kept, whatever answers are lost, and refused where the venue refuses it."""

import pytest

from binance_mcp_server.binance_ws_api.api_methods import SUBSCRIBE
from binance_mcp_server.binance_ws_api.kinds import ACCOUNT, spec
from binance_mcp_server.binance_ws_api.user_data import REFUSED_FOR
from binance_mcp_server.errors import RejectedError
from tests.e2e.faults.account_scene import AccountScene, Reader, account_scene, not_now

pytestmark = pytest.mark.anyio
STREAM = spec("spot", ACCOUNT)


def subscriptions(it: AccountScene) -> int:
    count = it.exchange.ws_api.state()["subscriptions"]
    assert isinstance(count, int)
    return count


@pytest.mark.parametrize("kind", ["HMAC", "RSA", "ED25519"])
async def test_every_kind_of_key_hears_of_its_account(kind: str) -> None:
    async with account_scene(key_type=kind) as it:
        reader = Reader(await it.subscribe())
        it.behind_our_back("BUY", "0.1")
        await it.after(1)
        reader.read()
        assert reader.reports[-1].status == "FILLED"


async def test_a_subscription_that_was_made_though_its_answer_was_lost_is_made_anew() -> None:
    """The venue says that there is one already: its number is not known, so it is given up first."""
    async with account_scene() as it:
        conn = await it.result(it.ws.driver.line(10))
        await it.result(it.ws.call(SUBSCRIBE, signed=True, weight=2, conn=conn))
        reader = Reader(await it.subscribe())
        assert subscriptions(it) == 1
        it.behind_our_back("BUY", "0.1")
        await it.after(1)
        reader.read()
        assert reader.reports[-1].status == "FILLED"
        assert not any(each.reconciled for each in reader.reports)


async def test_a_key_that_may_not_hear_is_told_so_and_asked_for_again_later() -> None:
    async with account_scene() as it:
        (key,) = it.exchange.keys._keys.values()
        allowed = key.permissions
        key.permissions = frozenset()
        error = await it.result(not_now(it.hub.subscribe(STREAM)))
        assert isinstance(error, RejectedError)
        assert error.code == -2015
        assert it.hub.subscriptions() == []
        key.permissions = allowed
        reader = Reader(await it.subscribe())
        it.behind_our_back("BUY", "0.1")
        await it.after(1)
        reader.read()
        assert reader.reports


async def test_a_right_that_is_taken_away_and_given_back() -> None:
    async with account_scene() as it:
        subscription = await it.subscribe()
        (key,) = it.exchange.keys._keys.values()
        allowed = key.permissions
        key.permissions = frozenset()
        it.arm({"kind": "user_stream", "then": "terminated", "every": 1, "times": 1})
        it.behind_our_back("BUY", "0.1")
        await it.after(5)
        assert (it.feed.state, subscription.stream.state) == ("refused", "refused")
        key.permissions = allowed
        await it.after(REFUSED_FOR)
        await it.until_certain()
        assert subscription.stream.state == "live"
        reader = Reader(subscription)
        reader.read()
        assert reader.reports[-1].status == "FILLED"
        assert reader.reports[-1].reconciled


async def test_who_listens_no_longer_leaves_nothing_at_the_venue() -> None:
    async with account_scene() as it:
        one, two = await it.subscribe(), await it.subscribe()
        assert one.stream is two.stream
        await it.hub.unsubscribe(one.id)
        await it.after(1)
        assert subscriptions(it) == 1
        await it.hub.unsubscribe(two.id)
        await it.after(1)
        assert subscriptions(it) == 0
        reader = Reader(await it.subscribe())
        it.behind_our_back("BUY", "0.1")
        await it.after(1)
        reader.read()
        assert reader.reports[-1].status == "FILLED"


async def test_one_that_nobody_reads_ends_by_itself() -> None:
    async with account_scene() as it:
        await it.subscribe()
        await it.after(905)
        assert it.hub.subscriptions() == []
        await it.after(2)
        assert subscriptions(it) == 0
