"""A WebSocket API on a market that stands still, with accounts, a venue that knows a little, and a clock that a test
moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect

from binance_mcp_server.exchange.accounts.keys import Issued, KeyRing
from binance_mcp_server.exchange.accounts.signatures import ws_payload
from binance_mcp_server.exchange.clock import VirtualClock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.events import Event, ExecType, Execution, Position
from binance_mcp_server.exchange.engine.ledger import Ledger
from binance_mcp_server.exchange.engine.orders import NewOrder, PreventedMatch, SpotOrder, Status
from binance_mcp_server.exchange.engine.refusals import RefusedError, unknown_order
from binance_mcp_server.exchange.engine.unfilled import UnfilledOrders
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.http.guard import LoopbackGuard
from binance_mcp_server.exchange.http.listener import Listener, reserve
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wsapi.api import WsApi
from tests.exchange.wire.fake_market import NOW, FakeMarket

SOON = 10.0


class SmallVenue:
    """Orders rest; their account is told of each."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.listeners: list[Callable[[Event], None]] = []
        self.placed: dict[int, SpotOrder] = {}

    def place(self, uid: int, asked: NewOrder, now: int) -> SpotOrder:
        id_ = len(self.placed) + 1
        order = SpotOrder(
            id_, uid, asked, asked.client_id or f"order{id_}", now, price=asked.price, qty=asked.qty,
            working_time=now, is_working=True,
        )  # fmt: skip
        self.placed[id_] = order
        self.tell(order, ExecType.NEW, now)
        return order

    def tell(self, order: SpotOrder, kind: ExecType, now: int) -> None:
        on_book = order.status is Status.NEW
        event = Execution(order.uid, order.id, now, kind, replace(order), on_book=on_book)
        for listener in self.listeners:
            listener(event)
            listener(Position(order.uid, now, (("USDT", 5 * SCALE, SCALE),)))

    def cancel(self, uid: int, _symbol: str, now: int, **named: Any) -> SpotOrder:
        order = self.placed.get(named.get("order_id") or 0)
        if order is None or order.uid != uid:
            raise unknown_order()
        order.status = Status.CANCELED
        self.tell(order, ExecType.CANCELED, now)
        return order

    def order(self, uid: int, _symbol: str, **named: Any) -> SpotOrder:
        order = self.placed.get(named.get("order_id") or 0)
        if order is None or order.uid != uid:
            raise RefusedError(-2013, "Order does not exist.")
        return order

    def prevented(self, _uid: int, _symbol: str) -> Sequence[PreventedMatch]:
        return ()

    def open_orders(self, uid: int, _symbol: str | None = None) -> Sequence[SpotOrder]:
        return [it for it in self.placed.values() if it.uid == uid and it.status is Status.NEW]


class World:
    """What a test has at hand. Accounts 1, 2 … have 1,000 USDT each."""

    def __init__(
        self,
        limits: Limits | None = None,
        latency_ms: int = 0,
        venue: Venue | None = None,
    ) -> None:
        self.clock = VirtualClock(NOW)
        self.market = FakeMarket()
        self.whole = venue
        self.venue = cast("Any", venue or SmallVenue())
        self.keys = KeyRing()
        self.unfilled = UnfilledOrders()
        self.rest = RestApi(self.market, self.clock, limits=limits or Limits())
        self.office = Office(
            self.venue,
            self.keys,
            self.unfilled,
            self.market,
            self.clock,
            faults=self.rest.faults,
        )
        self.guard = LoopbackGuard(self.rest, admin="/__sim")
        self.api = WsApi(self.rest, self.office, self.guard, self.clock, latency_ms=latency_ms)
        self.venue.listeners.append(self.api.told)
        self.accounts: dict[int, Account] = {}
        self.url = ""

    def account(self, uid: int) -> Account:
        if uid not in self.accounts:
            self.accounts[uid] = Account(uid=uid, name=f"account {uid}")
            if self.whole is not None:
                self.whole.open_account(self.accounts[uid])
            else:
                self.venue.ledger.open(uid)
            self.venue.ledger.deposit(uid, "USDT", 1_000 * SCALE)
        return self.accounts[uid]

    def issue(self, uid: int = 1, kind: str = "HMAC", **more: Any) -> Issued:
        return self.keys.issue(self.account(uid), kind, **more)


@asynccontextmanager
async def served(world: World) -> AsyncIterator[World]:
    sock = reserve(0, "--port", reuse=True)
    listener = Listener(world.guard, sock, world.api.protocol)
    world.url = f"ws://127.0.0.1:{sock.getsockname()[1]}/ws-api/v3"
    await listener.start()
    world.api.start()
    try:
        yield world
    finally:
        await world.api.close()
        await listener.stop()


class Client:
    """Asks and listens."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.ids = 0
        self.events: list[dict[str, Any]] = []

    async def frame(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            found: dict[str, Any] = json.loads(await self.socket.recv())
            return found

    async def event(self) -> dict[str, Any]:
        """The next event, which may have come between replies."""
        return self.events.pop(0) if self.events else await self.frame()

    async def say(self, text: str) -> dict[str, Any]:
        await self.socket.send(text)
        while "event" in (frame := await self.frame()):
            self.events.append(frame)
        return frame

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.ids += 1
        reply = await self.say(json.dumps({"id": self.ids, "method": method, "params": params}))
        assert reply["id"] in {self.ids, None}
        return reply

    async def signed(self, key: Issued, method: str, **params: Any) -> dict[str, Any]:
        return await self.ask(method, **sign(key, params))


def sign(key: Issued, params: dict[str, Any], timestamp: int = NOW) -> dict[str, Any]:
    """*params* with all that makes them a signed request, as clients make it."""
    whole = {**params, "apiKey": key.api_key, "timestamp": timestamp}
    payload = ws_payload({name: str(value) for name, value in whole.items()}).payload
    return {**whole, "signature": signature(key, payload)}


def signature(key: Issued, payload: bytes) -> str:
    import base64
    import hmac

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if key.api_secret is not None:
        return hmac.digest(key.api_secret.encode(), payload, "sha256").hex()
    assert key.private_key is not None
    private = load_pem_private_key(key.private_key.encode(), None)
    if isinstance(private, Ed25519PrivateKey):
        return base64.b64encode(private.sign(payload)).decode()
    assert isinstance(private, RSAPrivateKey)
    return base64.b64encode(private.sign(payload, PKCS1v15(), SHA256())).decode()


@asynccontextmanager
async def client(world: World, query: str = "", **more: Any) -> AsyncIterator[Client]:
    options: dict[str, Any] = {"compression": None, "ping_interval": None} | more
    async with asyncio.timeout(2 * SOON), connect(world.url + query, **options) as socket:
        yield Client(socket)
