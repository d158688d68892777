"""An account on the embedded exchange, and what we have of it, over real sockets on one virtual clock.

The market is the simulated one, of BTCUSDT alone; the account trades by the WebSocket API, by REST, or behind our back.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, TypeVar

import msgspec

from binance_mcp_server.access.credentials import Credentials
from binance_mcp_server.access.limits import Ledger
from binance_mcp_server.access.order_limits import OrderLedger
from binance_mcp_server.access.secrets import Secret
from binance_mcp_server.binance_api import endpoints_account as ask
from binance_mcp_server.binance_api import endpoints_trading as trade
from binance_mcp_server.binance_api.client import BinanceApi
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.binance_ws_api.api_client import WsApi
from binance_mcp_server.binance_ws_api.connection import dial
from binance_mcp_server.binance_ws_api.hub import Hub
from binance_mcp_server.binance_ws_api.kinds import ACCOUNT, spec
from binance_mcp_server.binance_ws_api.subscription import Place, Subscription
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.exchange.app import Exchange
from binance_mcp_server.exchange.clock import SteeredClock, VirtualClock
from binance_mcp_server.exchange.engine.fair import by_symbol
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder, TimeInForce
from binance_mcp_server.exchange.engine.symbols import LISTINGS
from binance_mcp_server.exchange.faults.kinds import Fault
from binance_mcp_server.exchange.faults.plan import read_plan
from binance_mcp_server.exchange.numbers import parse, show
from binance_mcp_server.exchange.sources.scenario import ScenarioSource
from binance_mcp_server.feeds.account_feed import AccountFeed, Wing
from binance_mcp_server.models.account import AccountPosition, ExecutionReport
from binance_mcp_server.models.events import Gap, Record
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.queries.symbols import SymbolRegistry
from binance_mcp_server.venues import Hosts, Market

T = TypeVar("T")
SYMBOL = "BTCUSDT"
NOW_MS = 1_790_000_000_037
BALANCES = {"USDT": "1000000", "BTC": "50"}
STEP_MS = 250
TURNS = 25


class AccountScene:
    """Both programs, and an owner."""

    def __init__(
        self, exchange: Exchange, clock: VirtualClock, signed: SignedApi, uid: int, seed: int
    ) -> None:
        self.exchange, self.clock, self.signed, self.uid = exchange, clock, signed, uid
        self.random = Random(seed)
        line = exchange.ready_line()
        self.ws = WsApi(line["ws_api"], signed, dial, random=Random(seed))
        self.registry = SymbolRegistry(signed.api, clock, venue="sim")
        self.feed = AccountFeed(self._wing, clock, random=Random(seed))
        self.hub = Hub(clock, self._nowhere, dial)
        self.hub.carry(ACCOUNT, self.feed)
        self._names = count(1)

    async def _wing(self) -> Wing:
        return Wing(self.ws, self.signed, self._symbols)

    async def _symbols(self) -> Mapping[str, SymbolInfo]:
        return (await self.registry.all()).data

    async def _nowhere(self, market: Market) -> tuple[str, ...]:
        raise AssertionError(f"no streams of {market} here")

    # -- time

    async def after(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000 / STEP_MS)):
            await self.step()

    async def step(self) -> None:
        await self.pass_time(STEP_MS)

    async def pass_time(self, milliseconds: int, turns: int = TURNS) -> None:
        """So much time, and turns of the loop for what it started: a request and its answer take about ten."""
        await self.clock.advance(milliseconds)
        for _ in range(turns):
            await asyncio.sleep(0)

    async def result(self, work: Coroutine[Any, Any, T], seconds: float = 300.0) -> T:
        """Let time pass until *work* is done."""
        task = asyncio.ensure_future(work)
        try:
            for _ in range(round(seconds * 1000 / STEP_MS)):
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                    if task.done():
                        return await task
                await self.step()
            raise AssertionError(f"not within {seconds} s")
        finally:
            task.cancel()

    async def until_certain(self, seconds: float = 300.0) -> None:
        """Let time pass until the feed knows of nothing that is missing; a second at the least."""
        await self.after(1)
        for _ in range(round(seconds * 1000 / STEP_MS)):
            if self.feed.is_certain:
                return
            await self.step()
        raise AssertionError(f"{self.feed!r} within {seconds} s")

    # -- faults

    def arm(self, *faults: dict[str, object], seed: int = 1) -> None:
        self.exchange.faults.arm(read_plan(msgspec.json.encode({"seed": seed, "faults": faults})))

    def struck(self) -> list[int]:
        return [armed.struck for armed, _ in self.exchange.faults.schedule.of(Fault)]

    async def skew(self, skew_ms: int) -> None:
        """From now on the venue's clock is ahead of ours by so much, and what it says has caught up with that."""
        self.exchange.clock.skew_ms = skew_ms
        await self.after(6)

    # -- the account

    async def subscribe(self, buffer: int = 10_000) -> Subscription:
        subscription = await self.result(self.hub.subscribe(spec("spot", ACCOUNT), buffer=buffer))
        await self.until_certain()
        return subscription

    def behind_our_back(self, side: str = "BUY", qty: str = "0.01", price: str = "") -> SpotOrder:
        """An order of the account that somebody else placed; at the market without a price."""
        asked = NewOrder(
            symbol=SYMBOL,
            side=Side[side],
            type=OrderType.LIMIT if price else OrderType.MARKET,
            qty=parse(qty),
            price=parse(price) if price else 0,
            tif=TimeInForce.GTC,
            client_id=f"other-{next(self._names)}",
        )
        order = self.exchange.trading.venue.place(self.uid, asked, self.exchange.market.now_ms())
        self.exchange.trading.flush()
        return order

    def cancel_behind_our_back(self, order: SpotOrder) -> None:
        venue = self.exchange.trading.venue
        venue.cancel(self.uid, SYMBOL, self.exchange.market.now_ms(), order_id=order.id)
        self.exchange.trading.flush()

    def deposit(self, asset: str, amount: str) -> None:
        venue = self.exchange.trading.venue
        venue.deposit(self.uid, asset, parse(amount), self.exchange.market.now_ms())

    def away(self, times: str) -> str:
        """So many times the best bid, in whole dollars."""
        best = self.exchange.market.book(SYMBOL, 5).bids[0][0]
        return str(int(Decimal(show(best)) * Decimal(times)))

    def orders(self) -> list[SpotOrder]:
        """Every order that the account ever had, as the exchange knows it."""
        return list(self.exchange.trading.venue.orders(self.uid, SYMBOL))

    def true_balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """As the exchange knows them."""
        found = self.exchange.trading.venue.ledger.balances(self.uid)
        return {
            asset: (Decimal(show(free)), Decimal(show(locked)))
            for asset, (free, locked) in found.items()
            if free or locked
        }

    def our_balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """As the feed has them."""
        return {
            asset: (each.free, each.locked)
            for asset, each in self.feed.balances.items()
            if any(each)
        }

    async def place(self, side: str = "BUY", qty: str = "0.01", price: str = "") -> str:
        """An order by the WebSocket API; its client order id."""
        name = f"mine-{next(self._names)}"
        params = [("symbol", SYMBOL), ("side", side), ("type", "LIMIT" if price else "MARKET")]
        params += [("timeInForce", "GTC"), ("price", price)] if price else []
        params += [("quantity", qty), ("newClientOrderId", name)]
        await self.ws.send(trade.new_order(tuple(params)))
        return name

    async def rest_balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        account = (await self.signed.send(ask.account())).data
        return {each.asset: (each.free, each.locked) for each in account.balances if each.total}


class Reader:
    """One who reads a subscription now and then."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._place: Place | None = None
        self.records: list[Record] = []

    def read(self) -> list[Record]:
        """What is new."""
        batch = self._subscription.read(self._place, 100_000)
        self._place = batch.next
        self.records += batch.records
        return list(batch.records)

    @property
    def reports(self) -> list[ExecutionReport]:
        return [each for each in self.records if isinstance(each, ExecutionReport)]

    @property
    def gaps(self) -> list[Gap]:
        return [each for each in self.records if isinstance(each, Gap)]

    @property
    def trade_ids(self) -> list[int]:
        return [each.trade_id for each in self.reports if each.execution == "TRADE"]

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What the records alone make of the balances that they name."""
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for record in self.records:
            if isinstance(record, AccountPosition):
                found |= {each.asset: (each.free, each.locked) for each in record.balances}
        return found


async def not_now(work: Coroutine[Any, Any, Any]) -> BinanceMcpError:
    """The error that *work* ends with."""
    try:
        await work
    except BinanceMcpError as error:
        return error
    raise AssertionError("it succeeded")


@asynccontextmanager
async def account_scene(
    seed: int = 1, *, key_type: str = "HMAC", timeout: float = 10.0
) -> AsyncIterator[AccountScene]:
    """Everything up; nobody listens to the account yet."""
    clock = VirtualClock(NOW_MS)
    steered = SteeredClock(clock)
    source = ScenarioSource(seed, steered.said, listings=[by_symbol(LISTINGS)[SYMBOL]])
    async with Exchange(source, clock=steered) as exchange:
        desk = AccountsDesk(exchange.trading.venue, exchange.keys, exchange.market)
        body = {"name": "alice", "key_type": key_type, "balances": BALANCES}
        told = desk.open(msgspec.json.encode(body | {"commission": {"taker": "0.001"}}))
        secret, pem = told.get("api_secret"), told.get("private_key")
        credentials = Credentials(
            Secret(str(told["api_key"])),
            secret=Secret(str(secret)) if secret else None,
            private_key=Secret(str(pem)) if pem else None,
        )
        line = exchange.ready_line()
        hosts = Hosts(line["rest"], line["stream"], line["ws_api"])
        api = BinanceApi(
            hosts, ledger=Ledger(clock), clock=clock, random=Random(seed), timeout=timeout
        )
        signed = SignedApi(api, credentials, orders=OrderLedger(clock))
        (uid,) = exchange.trading.venue.accounts
        made = AccountScene(exchange, clock, signed, uid, seed)
        try:
            yield made
        finally:
            await made.hub.close()
            await made.feed.close()
            await made.ws.close()
            await api.close()
