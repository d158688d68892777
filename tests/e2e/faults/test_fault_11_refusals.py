"""Fault 11: the venue's firewall (403), or its refusal by region (451)."""

import pytest

from binance_mcp_server.errors import BinanceMcpError, FirewallError, RegionError
from tests.e2e.faults.scene import Recorded, Scene, scene, served

pytestmark = pytest.mark.anyio

REFUSALS: list[tuple[int, type[BinanceMcpError]]] = [(403, FirewallError), (451, RegionError)]


def dials(it: Scene) -> int:
    return it.exchange.streams.counters.dials


@pytest.mark.parametrize(("status", "error"), REFUSALS)
async def test_a_refused_request_is_sent_once(
    recording: Recorded, status: int, error: type[BinanceMcpError]
) -> None:
    async with scene(recording.part(5)) as it:
        it.arm({"kind": "rest_down", "status": status})
        with pytest.raises(error) as caught:
            await it.result(it.services.product("spot").prices(["BTCUSDT"]))
        await it.after(120)
        assert it.exchange.rest.counters.requests == 1
        assert not caught.value.retryable
        assert "data-api.binance.vision" in caught.value.advice


@pytest.mark.parametrize(("status", "error"), REFUSALS)
async def test_a_refused_connection_is_dialled_once(
    recording: Recorded, status: int, error: type[BinanceMcpError]
) -> None:
    async with scene(recording.part(5)) as it:
        it.arm({"kind": "refuse", "status": status})
        with pytest.raises(error) as caught:
            await it.subscribe()
        await it.after(900)
        assert dials(it) == 1
        assert not caught.value.retryable
        assert it.services.hub.subscriptions() == []
        assert "data-stream.binance.vision" in caught.value.advice
        it.arm()
        trades = await it.subscribe()  # somebody asks anew, much later
        assert trades.stream.state == "live"
        assert dials(it) == 2


async def test_a_stream_that_is_refused_in_its_life_says_so_and_is_not_dialled_on(
    recording: Recorded,
) -> None:
    async with scene(recording.part(20)) as it:
        trades = await it.subscribe()
        await it.live(5)
        it.arm({"kind": "reset", "times": 1}, {"kind": "refuse", "status": 403})
        await it.until(lambda: trades.stream.state == "refused")
        before = dials(it)
        await it.after(600)
        assert dials(it) == before == 2
        assert isinstance(trades.stream.refusal, FirewallError)


async def test_where_the_region_is_refused_the_public_mirror_serves_the_streams(
    recording: Recorded,
) -> None:
    async with scene(recording.part(20), proxied=True, mirror=True) as it:
        it.arm({"kind": "refuse", "status": 451, "times": 1})
        trades = await it.subscribe()
        await it.live(10)
        assert (trades.stream.state, dials(it)) == ("live", 2)
        assert it.proxy.connections == 1  # the second went to the mirror
        assert trades.stream.received == len(recording.part(10).trade_ids)


@pytest.mark.parametrize("status", [403, 451])
async def test_an_agent_reads_what_to_do_instead(recording: Recorded, status: int) -> None:
    async with scene(recording.part(20)) as it, served(it) as agent:
        await agent.ask(
            "search_symbols", query="BTC", format="json"
        )  # from now on the symbols are known
        it.arm({"kind": "refuse", "status": status}, {"kind": "rest_down", "status": status})
        stream = await agent.ask_in_vain("subscribe_stream", kind="trade", symbol="BTCUSDT")
        price = await agent.ask_in_vain("get_price", symbols=["BTCUSDT"])
        for text in (stream, price):
            assert f"HTTP {status}" in text
            assert "retry: no" in text
            assert "do: " in text
        assert "data-stream.binance.vision" in stream
        assert "data-api.binance.vision" in price
        assert it.struck() == [1, 1]
