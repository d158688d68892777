"""What a key may do is asked of the venue, once in a while, and decides whether this server trades with it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from binance_mcp_server.binance_api.key_check import KeyCheck
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import RejectedError
from tests.binance_api.scripted_venue import ScriptedVenue, answer
from tests.binance_api.signed_scene import owner
from tests.binance_api.test_signed import signed
from tests.clients.process import ExchangeProcess

pytestmark = pytest.mark.anyio

WIDE = answer(
    body=b'{"ipRestrict":false,"createTime":1,"enableReading":true,"enableWithdrawals":true,'
    b'"enableSpotAndMarginTrading":true}'
)


@pytest.fixture(scope="module")
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


@asynccontextmanager
async def line(said: bytes) -> AsyncIterator[tuple[SignedApi, ScriptedVenue]]:
    async with ScriptedVenue(said) as scripted, signed(scripted.url) as api:
        yield api, scripted


async def test_a_key_of_the_exchange_may_trade_there(venue: ExchangeProcess) -> None:
    async with owner(venue, "trader") as api:
        check = KeyCheck(api, "sim")
        rights = await check.rights()
        assert rights is not None
        assert rights.enable_spot_and_margin_trading
        assert await check.objections() == ()


async def test_a_key_that_reads_only_is_not_traded_with(venue: ExchangeProcess) -> None:
    async with owner(venue, "reader", permissions=["USER_DATA"]) as api:
        (objection,) = await KeyCheck(api, "sim").objections()
        assert objection.rule == "key_cannot_trade"
        assert objection.advice


async def test_each_objection_needs_its_own_word_of_the_owner() -> None:
    async with line(WIDE) as (api, _):
        rules = [each.rule for each in await KeyCheck(api, "live").objections()]
        assert rules == ["key_can_withdraw", "key_without_ip_list"]
        allowed = KeyCheck(api, "live", allow_withdrawal_key=True, allow_unrestricted_key=True)
        assert await allowed.objections() == ()


async def test_it_is_asked_once_an_hour_and_only_where_there_is_an_answer() -> None:
    async with line(WIDE) as (api, scripted):
        check = KeyCheck(api, "live")
        assert scripted.requests == []
        await check.rights()
        await check.objections()
        assert len(scripted.requests) == 1
        assert isinstance(api.api.clock, VirtualClock)
        await api.api.clock.sleep(3601)
        await check.rights()
        assert len(scripted.requests) == 2
        assert await KeyCheck(api, "testnet").rights() is None
        assert len(scripted.requests) == 2


async def test_rights_that_cannot_be_read_are_an_error_and_are_asked_for_again() -> None:
    refused = answer(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    async with line(refused) as (api, scripted):
        check = KeyCheck(api, "live")
        for _ in range(2):
            with pytest.raises(RejectedError, match="-2015"):
                await check.objections()
        assert len(scripted.requests) == 2
