"""The exchange as a whole: ready when there is something to see, loud when it fails, gone when it is closed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence

import aiohttp
import msgspec
import pytest

from binance_mcp_server.exchange.app import (
    Exchange,
    ExchangeError,
    ExchangeOptions,
    parse_speed,
    run_exchange,
)
from binance_mcp_server.exchange.engine.rules import SymbolRules
from binance_mcp_server.exchange.http.listener import PortInUseError
from binance_mcp_server.exchange.sources.base import Frame, KlineRow
from tests.exchange.wire.fake_market import NOW, rules_of

pytestmark = pytest.mark.anyio
SNAPSHOT = b'{"lastUpdateId":7,"bids":[["99.00000000","1.00000000"]],"asks":[["101.00000000","2.00000000"]]}'


class NoHistory:
    """No candles before the start."""

    def rows(
        self, symbol: str, interval: str, start_ms: int, end_ms: int
    ) -> Sequence[KlineRow] | None:
        return None

    def intervals(self, symbol: str) -> Sequence[str]:
        return ()


class ScriptedSource:
    """Plays the given payloads as batches of one frame; ``None`` waits until :meth:`play`."""

    start_ms = NOW
    history = NoHistory()

    def __init__(self, *script: bytes | None) -> None:
        self.rules: Sequence[SymbolRules] = (rules_of("BTCUSDT", "BTC", "USDT"),)
        self._script = script
        self._go = asyncio.Event()
        self._held = False

    async def frames(self) -> AsyncIterator[Sequence[Frame]]:
        for payload in self._script:
            if payload is None:
                self._held = True
                await self._go.wait()
                self._held = False
            else:
                yield [Frame(NOW, "BTCUSDT", payload)]

    def now_ms(self) -> int:
        return NOW

    def state(self) -> dict[str, object]:
        return {"source": "script", "position_ms": NOW, "ended": False, "held": self._held}

    def play(self) -> None:
        self._go.set()


async def get(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        body: dict[str, object] = await response.json()
        return response.status, body


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until *condition* holds; bounded."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came about")


async def test_it_is_ready_with_its_first_batch_and_says_where() -> None:
    async with Exchange(ScriptedSource(SNAPSHOT)) as exchange:
        line = exchange.ready_line()
        assert list(line) == ["event", "rest", "stream", "ws_api", "admin"]
        assert line["ws_api"] == line["rest"].replace("http", "ws") + "/ws-api/v3"
        status, book = await get(f"{line['rest']}/api/v3/depth?symbol=BTCUSDT")
        assert (status, book["lastUpdateId"]) == (200, 7)
        assert (await get(f"{line['admin']}/state"))[1]["source"] == "script"
        assert (await get(f"{line['admin']}/nothing"))[0] == 404


async def test_a_held_source_is_ready_and_plays_on_demand() -> None:
    later = SNAPSHOT.replace(b"7", b"8", 1)
    async with Exchange(ScriptedSource(SNAPSHOT, None, later)) as exchange:
        assert (await get(f"{exchange.rest_url}/__sim/state"))[1]["held"]
        async with aiohttp.ClientSession() as session:
            await session.post(f"{exchange.rest_url}/__sim/play")
        await until(lambda: exchange.market.book("BTCUSDT", 1).last_update_id == 8)


async def test_ports_are_in_use_until_the_end_and_free_after_it() -> None:
    async with Exchange(ScriptedSource(SNAPSHOT)) as exchange:
        line = exchange.ready_line()
        rest, stream = (int(line[key].rsplit(":", 1)[1]) for key in ("rest", "stream"))
        for options in ((rest, 0), (0, stream)):
            with pytest.raises(PortInUseError, match="choose another with --"):
                await Exchange(ScriptedSource(SNAPSHOT)).start(*options)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", stream)) == 0
    again = Exchange(ScriptedSource(SNAPSHOT))
    await again.start(rest, stream)
    await again.close()
    await again.close()


async def test_a_market_that_breaks_at_once_never_starts() -> None:
    with pytest.raises(ExchangeError, match=r"the market cannot start: .*BTCUSDT"):
        await Exchange(ScriptedSource(b"{not json")).start()


async def test_a_market_that_breaks_later_is_answered_503_and_told() -> None:
    source = ScriptedSource(SNAPSHOT, None, b"{not json")
    async with Exchange(source) as exchange:
        source.play()
        await until(lambda: exchange.rest.failure is not None)
        status, error = await get(f"{exchange.rest_url}/api/v3/ping")
        assert (status, error["code"]) == (503, -1001)
        state = (await get(f"{exchange.rest_url}/__sim/state"))[1]
        assert "BTCUSDT" in str(state["failure"])


async def test_a_cut_answer_ends_the_connection() -> None:
    async with Exchange(ScriptedSource(SNAPSHOT)) as exchange, aiohttp.ClientSession() as session:
        cut = msgspec.json.encode({"path": "/api/v3/time", "cut": 4})
        await session.post(f"{exchange.rest_url}/__sim/respond", data=cut)
        with pytest.raises(aiohttp.ClientPayloadError):
            await get(f"{exchange.rest_url}/api/v3/time")


async def test_nobody_gets_a_fresh_limit_by_saying_that_he_is_another() -> None:
    async with Exchange(ScriptedSource(SNAPSHOT)) as exchange, aiohttp.ClientSession() as session:
        for number in range(1, 4):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            url = f"{exchange.rest_url}/api/v3/ping"
            async with session.get(url, headers=headers) as response:
                assert response.headers["X-MBX-USED-WEIGHT-1M"] == str(number)


async def test_a_foreign_host_is_not_answered() -> None:
    async with Exchange(ScriptedSource(SNAPSHOT)) as exchange, aiohttp.ClientSession() as session:
        headers = {"Host": "evil.example"}
        async with session.get(f"{exchange.rest_url}/api/v3/ping", headers=headers) as response:
            assert response.status == 403


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("20", 20.0), ("0.5", 0.5), ("max", None)])
def test_speeds(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", ""])
def test_speeds_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="--speed"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ExchangeOptions(hold=True), "--replay FILE"),
        (ExchangeOptions(speed="20"), "--replay FILE"),
        (ExchangeOptions(speed="fast"), "--speed"),
        (ExchangeOptions(latency_ms=-1), "--latency"),
        (ExchangeOptions(port=70_000), "--port"),
    ],
)
async def test_options_that_do_not_go(
    options: ExchangeOptions, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await run_exchange(options) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert "Traceback" not in err
