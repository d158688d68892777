"""The embedded exchange, put together: a source drives a market, HTTP reads it.

:class:`Exchange` lives inside a running loop; :func:`run_exchange` is the whole process.
"""

import asyncio
import contextlib
import logging
import math
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from binance_mcp_server.exchange.accounts.keys import KeyRing
from binance_mcp_server.exchange.admin import PREFIX as ADMIN
from binance_mcp_server.exchange.admin import Admin
from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.exchange.admin_market import MarketDesk
from binance_mcp_server.exchange.clock import Clock, MachineClock, SteeredClock
from binance_mcp_server.exchange.engine.queue_models import MODELS, QueueModel
from binance_mcp_server.exchange.engine.rules import PRODUCTS, Product
from binance_mcp_server.exchange.engine.unfilled import UnfilledOrders
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.http.guard import Admitted, LoopbackGuard
from binance_mcp_server.exchange.http.listener import LOOPBACK, Listener, PortInUseError, reserve
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.office import Office
from binance_mcp_server.exchange.sources.base import Source, WaitingSource
from binance_mcp_server.exchange.tls_proxy import ProxyError, TlsProxy
from binance_mcp_server.exchange.trading import Trading
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.wire.view import MarketView
from binance_mcp_server.exchange.ws.streams import Streams
from binance_mcp_server.exchange.wsapi.api import WsApi

log = logging.getLogger(__name__)

FIRST_BATCH_SECONDS = 30
"""A source that has said nothing by then is broken."""
EXIT_USAGE = 2


class ExchangeError(RuntimeError):
    """The exchange cannot start; the message says why and what to do."""


class Exchange:
    """One venue on loopback. Use it as an async context manager, or call :meth:`start` and :meth:`close`."""

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock | None = None,
        latency_ms: int = 0,
        limits: Limits | None = None,
        tls_proxy: bool = False,
        model: QueueModel | None = None,
    ) -> None:
        """*model*: of the queues in which orders wait on a recorded market."""
        self.source = source
        self._admitted = Admitted()
        self.markets: dict[Product, Market] = {
            product: Market(source, product) for product in PRODUCTS
        }
        self.market: MarketView = self.markets["spot"]
        self.clock = (
            clock if isinstance(clock, SteeredClock) else SteeredClock(clock or MachineClock())
        )
        self.faults = Faults(self._remember)
        self.trading = Trading(source, self.markets["spot"], model=model)
        self.keys = KeyRing()
        self._office = self._open_office()
        self.rest = RestApi(
            self.market,
            self.clock,
            limits=limits or Limits(),
            latency_ms=latency_ms,
            futures=self.markets,
            faults=self.faults,
            office=self._office,
        )
        self.streams = Streams(
            self.markets,
            self.clock,
            patient=isinstance(source, WaitingSource),
            first=source.subscribed if isinstance(source, WaitingSource) else None,
            faults=self.faults,
        )
        self._guard = LoopbackGuard(self._route, admin=ADMIN, admitted=self._admitted)
        self.ws_api = WsApi(self.rest, self._office, self._guard, self.clock, latency_ms=latency_ms)
        self.trading.venue.listeners.append(self.ws_api.told)
        self._admin = self._switchboard()
        self._listener: Listener | None = None
        self._stream_socket: socket.socket | None = None
        self._driver: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._ports = (0, 0)
        self._has_proxy = tls_proxy
        self._proxy: TlsProxy | None = None

    async def __aenter__(self) -> Self:
        if self._listener is None:
            await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self, port: int = 0, stream_port: int = 0) -> None:
        """Bind loopback, begin to drive the market, and listen once its first batch is in.

        Raises :class:`~.http.listener.PortInUseError`, :class:`~.tls_proxy.ProxyError`, and :class:`ExchangeError` when
        the source fails at once.
        """
        sock = reserve(port, "--port", reuse=True)
        try:
            self._stream_socket = reserve(stream_port, "--stream-port", reuse=True)
            self._ports = (sock.getsockname()[1], self._stream_socket.getsockname()[1])
            self._driver = asyncio.create_task(self._drive(), name="exchange market")
            await self._first_batch()
            await self.streams.start(self._stream_socket)
            self._admin.addresses = self.ready_line()
            self.ws_api.start()
            self._listener = Listener(self._guard, sock, ws=self.ws_api.protocol)
            await self._listener.start()
            if self._has_proxy:
                self._proxy = TlsProxy(*self._ports, self._admitted)
                await self._proxy.start()
        except BaseException:
            sock.close()
            await self.close()
            raise

    async def close(self) -> None:
        """End everything that was started; may be called twice."""
        if self._proxy is not None:
            await self._proxy.close()
            self._proxy = None
        if self._listener is not None:
            await self._listener.stop()
            self._listener = None
        await self.ws_api.close()
        if self._driver is not None:
            self._driver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._driver
            self._driver = None
        await self.streams.close()
        if self._stream_socket is not None:
            self._stream_socket.close()
            self._stream_socket = None

    @property
    def rest_url(self) -> str:
        return f"http://{LOOPBACK}:{self._ports[0]}"

    def proxy(self) -> dict[str, str] | None:
        """The environment in which a client finds the exchange by Binance's names, if it was asked for."""
        return self._proxy.environment() if self._proxy else None

    def ready_line(self) -> dict[str, str]:
        """What the process prints when it is ready; :meth:`proxy` comes in addition."""
        rest, stream = self._ports
        return {
            "event": "ready",
            "rest": self.rest_url,
            "stream": f"ws://{LOOPBACK}:{stream}",
            "ws_api": f"ws://{LOOPBACK}:{rest}/ws-api/v3",
            "admin": f"{self.rest_url}{ADMIN}",
        }

    def _remember(self) -> dict[Product, Market]:
        return {product: it.with_books_as_now() for product, it in self.markets.items()}

    def _open_office(self) -> Office:
        unfilled = UnfilledOrders()
        venue = self.trading.venue
        venue.listeners.append(unfilled.hear)
        return Office(
            venue,
            self.keys,
            unfilled,
            self.market,
            self.clock,
            faults=self.faults,
            moved=self.trading.flush,
        )

    def _switchboard(self) -> Admin:
        venue = self.trading.venue
        admin = Admin(
            self.source,
            self.rest,
            self.streams,
            MarketDesk(self.market, self.clock, self.trading),
            AccountsDesk(venue, self.keys, self.market, self.trading.before),
        )
        admin.parts = {"ws_api": self.ws_api.state}
        return admin

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        is_admin = path == ADMIN or path.startswith(f"{ADMIN}/")
        app: ASGIApp = self._admin if is_admin else self.rest
        await app(scope, receive, send)

    async def _drive(self) -> None:
        frames = self.source.frames()
        try:
            async for batch in frames:
                for market in self.markets.values():
                    market.apply(batch)
                self._moved.set()
                await self.streams.publish([*self.trading.take_frames(), *batch])
                await asyncio.sleep(0)  # a source that never waits must not starve HTTP
            await self.streams.publish((), ended=True)
        except Exception as error:
            self.rest.failure = f"{type(error).__name__}: {error}"
            log.exception(
                "the market stopped: every market data request is answered 503 from now on"
            )
        finally:
            self._moved.set()
            if isinstance(frames, AsyncGenerator):  # it may hold files
                await frames.aclose()

    async def _first_batch(self) -> None:
        """Every source begins with a batch (perhaps an empty one), also when it is held."""
        try:
            await asyncio.wait_for(self._moved.wait(), FIRST_BATCH_SECONDS)
        except TimeoutError:
            raise ExchangeError(f"the source sent nothing in {FIRST_BATCH_SECONDS} s") from None
        if self.rest.failure is not None:
            raise ExchangeError(f"the market cannot start: {self.rest.failure}")


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """What the command line says, in its own words."""

    port: int = 0
    stream_port: int = 0
    replay: tuple[Path, ...] = ()
    """Recordings and kline files; without any, a simulated market."""
    speed: str = "1"
    """Of a replay: ``"1"``, ``"20"``, ``"0.5"`` … or ``"max"``."""
    hold: bool = False
    """A replay waits for ``POST /__sim/play``."""
    seed: int = 1
    """Of the simulated market."""
    latency_ms: int = 0
    tls_proxy: bool = False
    """A proxy by which clients that know Binance's names only reach it."""
    queue_model: str = "risk_averse"
    """One of :data:`~.engine.queue_models.MODELS`."""


async def run_exchange(options: ExchangeOptions, source: Source | None = None) -> int:
    """The whole process: one JSON line on stdout when ready, logs on stderr, until SIGINT or SIGTERM.

    A *source* that is given takes the place of the one that the options ask for. Returns the exit code: 0, or 2 when
    something that was asked for cannot be had (stderr says what to do).
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    stopped = _stop_event()
    clock = SteeredClock(MachineClock())
    try:
        source = source or _source(options, clock.said)
    except (ValueError, OSError) as error:
        return _refuse(error)
    exchange = Exchange(
        source,
        clock=clock,
        latency_ms=options.latency_ms,
        tls_proxy=options.tls_proxy,
        model=MODELS[options.queue_model],
    )
    try:
        await exchange.start(options.port, options.stream_port)
    except (ExchangeError, PortInUseError, ProxyError) as error:
        return _refuse(error)
    async with exchange:
        proxy = exchange.proxy()
        ready = {**exchange.ready_line(), **({"proxy": proxy} if proxy else {})}
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        await stopped.wait()
    return 0


def _refuse(error: Exception) -> int:
    sys.stderr.write(f"exchange: {error}\n")
    return EXIT_USAGE


def _stop_event() -> asyncio.Event:
    """Set at SIGINT and SIGTERM."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


def _source(options: ExchangeOptions, clock: Clock) -> Source:
    """The source that the options ask for; raises ``ValueError`` (a bad recording is one) with what to do."""
    if options.latency_ms < 0:
        raise ValueError(f"--latency is in milliseconds, 0 or more, not {options.latency_ms}")
    speed = parse_speed(options.speed)
    if options.replay:
        from binance_mcp_server.exchange.sources.replay import ReplaySource

        return ReplaySource(
            options.replay, clock, speed=speed, hold=options.hold, await_subscriber=True
        )
    if options.hold or speed != 1:
        raise ValueError("--hold and --speed are for a recording: name one with --replay FILE")
    from binance_mcp_server.exchange.sources.scenario import ScenarioSource

    return ScenarioSource(options.seed, clock)


def parse_speed(text: str) -> float | None:
    """``"20"`` → 20.0; ``"max"`` → ``None``. Raises ``ValueError``."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError(f"--speed is a number above 0 or max, not {text!r}")
    return speed
