"""What our care costs an order: filters, guard, signature and journal, over the same request by bare aiohttp.

One order after the other on loopback, the two ways by turns, so that both meet the same machine. A preview is not part
of it; the token that it gave is checked and spent. The journal is in memory first, and then on a disk, which has to
sync it before the request leaves: that is told apart. And the requests of a preview with its placement are counted.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import msgspec

from benchmarks.processes import exchange
from benchmarks.report import Row
from binance_mcp_server.access.secrets import KeySettings, Secret
from binance_mcp_server.access.signing import Signer, rest_query
from binance_mcp_server.access.windows import Limits
from binance_mcp_server.binance_api.transport import Raw, Transport
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.market.filter_bounds import References
from binance_mcp_server.queries.appraisal import violations
from binance_mcp_server.services import Services
from binance_mcp_server.settings import Settings
from binance_mcp_server.trading.desk import Desk
from binance_mcp_server.trading.intents import Intent, OrderIntent
from binance_mcp_server.trading.parsing import parse_order
from binance_mcp_server.venues import Hosts

ORDERS = 200
WARM_UP = 20
PRINCIPAL = "bench"
AMPLE = 10_000_000
"""Request weight a minute."""
_SEND = Transport.send


@dataclass(frozen=True, slots=True)
class Times:
    """Medians, ms."""

    ours: float
    bare: float

    @property
    def added(self) -> float:
        return self.ours - self.bare


class Counter:
    """Requests over REST since it was last asked."""

    def __init__(self) -> None:
        self.sent = 0

    async def send(self, transport: Transport, *args: Any, **kwargs: Any) -> Raw:
        self.sent += 1
        return await _SEND(transport, *args, **kwargs)

    def taken(self) -> int:
        sent, self.sent = self.sent, 0
        return sent


class Bench:
    """One account, one server's services, and a bare client."""

    def __init__(self, services: Services, desk: Desk, bare: aiohttp.ClientSession) -> None:
        self.services = services
        self.desk = desk
        self.bare = bare

    async def preview(self, intent: Intent) -> str:
        """As the tool does: appraised, then put before the guard."""
        appraiser = await self.services.trading.appraiser()
        found = await appraiser.appraise(intent, self.desk.policy.currency)
        said = await self.desk.preview(intent, PRINCIPAL, found.facts)
        return said.token

    async def ours(self, intent: OrderIntent) -> float:
        token = await self.preview(intent)
        info = (await self.services.product("spot").symbols.get(intent.symbol)).data
        begun = time.perf_counter()
        if violations(intent, info, References()):
            raise RuntimeError("the order breaks a rule")
        outcome = await self.desk.execute(token, PRINCIPAL)
        taken = time.perf_counter() - begun
        if outcome.state != "accepted":
            raise RuntimeError(f"an order was not accepted: {outcome}")
        return taken * 1000

    async def naked(self, intent: OrderIntent, signer: Signer, rest: str) -> float:
        line = await self.services.account.line()
        params = (
            *intent.params(),
            ("recvWindow", "5000"),
            ("timestamp", str(line.timestamp_ms())),
        )
        url = f"{rest}/api/v3/order?{rest_query(params, signer)}"
        headers = {"X-MBX-APIKEY": line.api_key.reveal()}
        begun = time.perf_counter()
        async with self.bare.post(url, headers=headers) as answer:
            body = await answer.read()
        taken = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(body.decode())
        return taken * 1000

    async def times(self, rest: str) -> Times:
        signer = (await self.services.account.line()).signer
        pairs = []
        for n in range(ORDERS + WARM_UP):
            order = parse_order(
                symbol="BTCUSDT", side="SELL" if n % 2 else "BUY", type="MARKET", quantity="0.0005"
            )
            pairs.append((await self.ours(order), await self.naked(order, signer, rest)))
        ours, bare = zip(*pairs[WARM_UP:], strict=True)
        return Times(median(ours), median(bare))


async def post(rest: str, path: str, body: dict[str, Any]) -> Any:
    """Switch something at the exchange."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{rest}/__sim/{path}", data=msgspec.json.encode(body)) as answer,
    ):
        return await answer.json()


async def open_account(rest: str, kind: str, folder: Path) -> KeySettings:
    asked = {"name": f"bench-{kind}-{time.time_ns()}", "key_type": kind}
    balances = {"BTC": "1000", "USDT": "100000000"}
    told = await post(rest, "accounts", {**asked, "balances": balances})
    key = Secret(told["api_key"])
    if kind == "HMAC":
        return KeySettings(key, secret=Secret(told["api_secret"]))
    path = folder / "key.pem"
    path.write_text(told["private_key"])
    path.chmod(0o600)
    return KeySettings(key, private_key_path=path)


async def with_desk(
    rest: str, keys: KeySettings, state: Path | None, work: Callable[[Bench], Awaitable[Any]]
) -> Any:
    hosts = Hosts(rest, "", f"{rest.replace('http', 'ws')}/ws-api/v3")
    settings = Settings(
        venue="sim", hosts={"spot": hosts}, keys=keys, state_dir=state, trading=True
    )
    async with Services(settings, SystemClock()) as services, aiohttp.ClientSession() as bare:
        (await services.connection("spot").open()).ledger.set_limits(Limits(weight=AMPLE))
        return await work(Bench(services, await services.trading.desk(), bare))


async def requests(bench: Bench, counter: Counter) -> int:
    """Of a preview and its placement, once caches are warm."""
    found = []
    for _ in range(3):
        order = parse_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.0005")
        counter.taken()
        await bench.desk.execute(await bench.preview(order), PRINCIPAL)
        found.append(counter.taken())
    return min(found[1:])


async def measure(rest: str) -> list[Row]:
    counter = Counter()

    async def counted(transport: Transport, *args: Any, **kwargs: Any) -> Raw:
        return await counter.send(transport, *args, **kwargs)

    Transport.send = counted  # type: ignore[method-assign, assignment]
    await post(rest, "limits", {"REQUEST_WEIGHT": AMPLE})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows, memory = [], 0.0
        for kind in ("HMAC", "ED25519"):
            keys = await open_account(rest, kind, folder)
            times = await with_desk(rest, keys, None, lambda bench: bench.times(rest))
            rows.append(_row(f"an order through filters, guard, {kind} and journal", times, 2.0))
            memory = times.added if kind == "HMAC" else memory
        keys = await open_account(rest, "HMAC", folder)
        synced = await with_desk(rest, keys, folder / "state", lambda bench: bench.times(rest))
        disk = Times(synced.added, memory)
        rows.append(_row("the journal's disk sync, before the request leaves", disk, 25.0))
        count = await with_desk(rest, keys, None, lambda bench: requests(bench, counter))
    return [*rows, _requests(count)]


def _row(what: str, times: Times, target: float) -> Row:
    return Row(
        what=what,
        ours=f"{times.ours:.2f} ms p50",
        beside=f"without: {times.bare:.2f} ms",
        figure=times.added,
        target=target,
        unit="ms",
    )


def _requests(count: int) -> Row:
    return Row(
        what="REST requests from preview to placement, caches warm",
        ours=f"{count}",
        beside="book, balances, order",
        figure=count,
        target=3,
        unit="",
    )


def run() -> list[Row]:
    with exchange() as rest:
        return asyncio.run(measure(rest))
