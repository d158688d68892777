"""The client of the WebSocket API: the same requests as over REST, with the same ends, on a connection of the process.

It counts in the same ledgers as the signed client of REST, whose key and whose idea of the venue's time it uses, and
ends in the same ways (see :mod:`~binance_mcp_server.binance_api.signed`): a write leaves once, and where no answer
comes its fate is unknown. Each request is signed by itself, since only Ed25519 keys can log a session on.
"""

import random as random_module
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import msgspec

from binance_mcp_server.access.order_limits import OrderReservation
from binance_mcp_server.access.secrets import SIM_KEY_PREFIX
from binance_mcp_server.access.signing import ws_params
from binance_mcp_server.binance_api.client import Reply
from binance_mcp_server.binance_api.decode import decode
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.errors_map import SICK, TEMPORARY
from binance_mcp_server.binance_api.signed import BAD_TIME, RECV_WINDOW_MS, SignedApi
from binance_mcp_server.binance_api.transport import RetryableTransportError
from binance_mcp_server.binance_ws_api.api_driver import (
    API_RULES,
    ApiDriver,
    Listener,
    NoAnswerError,
)
from binance_mcp_server.binance_ws_api.api_messages import OK, Answer, Params, Value, encode, typed
from binance_mcp_server.binance_ws_api.api_methods import CONNECTING_WEIGHT, method_of
from binance_mcp_server.binance_ws_api.api_refusals import (
    ban_in,
    refusal_of,
    unreadable,
    used,
    without,
)
from binance_mcp_server.binance_ws_api.handlers import Connect
from binance_mcp_server.binance_ws_api.handshake import host_of
from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    RejectedError,
    SettingsError,
    ThrottledError,
    UnavailableError,
    VenueError,
)
from binance_mcp_server.venues import is_loopback

T = TypeVar("T")

PATIENCE: Final = 12.0
"""Seconds for an answer: the venue itself gives up after ten, and says so (−1007)."""
_LATE: Final = 5.0
"""Seconds after that within which a request may still arrive."""
_WAIT: Final = 15.0
_ORDER_WAIT: Final = 2.0
"""Seconds for which a new order waits for request weight: later it is another order."""
_DIAL_WAIT: Final = 10.0
_RETRIES: Final = 2
_FIRST_BACKOFF: Final = 0.25
_WITHOUT_EFFECT: Final = "/test"
"""An order that is only checked changes nothing."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, as it may be sent more than once."""

    method: str
    params: Params
    weight: int
    orders: int
    changes: bool
    """Whether it changes something: then it leaves once."""
    signed: bool
    conn: int | None
    """The connection that it is about, where it is about one."""


class WsApi:
    """Requests of one key to one venue over the WebSocket API. For one event loop."""

    def __init__(
        self,
        url: str,
        signed: SignedApi,
        connect: Connect,
        *,
        random: random_module.Random | None = None,
        rules: Rules = API_RULES,
        patience: float = PATIENCE,
    ) -> None:
        """*signed* is its owner's to close. Raises ``SettingsError`` for a key that must not go to *url*."""
        if signed.api_key.reveal().startswith(SIM_KEY_PREFIX) != is_loopback(url):
            raise SettingsError(
                "this key is not for this address, and was not sent",
                advice="Keys that begin with SIM are for the embedded exchange alone, others never for it.",
            )
        self._signed = signed
        self._api = signed.api
        self._clock = signed.api.clock
        self._random = random or random_module.Random()
        self._patience = patience
        self.driver = ApiDriver(
            url, self._clock, connect, self._admitted, random=self._random, rules=rules
        )

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Keep a connection, and tell *listener* what comes on it; gives what ends that."""
        self.driver.listeners.append(listener)
        self.driver.hold()

        def stop() -> None:
            if listener in self.driver.listeners:
                self.driver.listeners.remove(listener)
                self.driver.release()

        return stop

    async def send(self, request: Request[T]) -> Reply[T]:
        """The venue's answer to *request*. Ends as ``SignedApi.send`` does."""
        call = _Call(
            method_of(request),
            typed(request.params),
            request.weight,
            request.orders,
            request.method != "GET" and not request.path.endswith(_WITHOUT_EFFECT),
            request.signed,
            None,
        )
        room = self._signed.orders.take(request.orders)
        try:
            return await self._answered(call, partial(self._reply, request), room)
        except BinanceMcpError as error:
            raise self._signed.fate(error, request, room) if call.changes else error from None

    async def call(
        self,
        method: str,
        params: Params | None = None,
        *,
        signed: bool,
        weight: int = 1,
        conn: int | None = None,
    ) -> bytes:
        """The JSON of the venue's answer to a *method* that places nothing; *conn*: on that connection alone, and once.

        Raises ``LimitError``, ``TransportError`` or ``VenueError``.
        """
        call = _Call(method, params or {}, weight, 0, False, signed, conn)
        room = self._signed.orders.take(0)
        return await self._answered(call, lambda answer: answer.body, room)

    async def close(self) -> None:
        """End the connection; idempotent."""
        await self.driver.close()

    # -- one call

    async def _answered(
        self, call: _Call, read: Callable[[Answer], T], room: OrderReservation
    ) -> T:
        tries, has_synced = 0, False
        deadline = self._clock.monotonic() + _WAIT
        while True:
            syncs = await self._on_time(call, None)
            try:
                return await self._attempt(call, read, room)
            except RejectedError as error:
                if error.code != BAD_TIME or has_synced or not call.signed:
                    raise
                has_synced = True
                await self._on_time(call, syncs)
            except BinanceMcpError as error:
                if not self._worth_another(call, error, tries, deadline):
                    raise
                await self._clock.sleep(self._random.uniform(0, _FIRST_BACKOFF * 2**tries))
                tries += 1

    async def _on_time(self, call: _Call, after: int | None) -> int:
        """Measure the venue's clock where that was never done, or *after* the last measurement proved wrong."""
        if not call.signed:
            return 0
        try:
            return await self._signed.prepared(after)
        except SettingsError:
            raise
        except (
            BinanceMcpError
        ):  # REST is away: the venue itself says whether the clock is good enough
            return after or 0

    def _worth_another(
        self, call: _Call, error: BinanceMcpError, tries: int, deadline: float
    ) -> bool:
        if call.changes or call.conn is not None or tries >= _RETRIES:
            return False
        if isinstance(error, VenueError):
            sick = error.status in SICK or error.code in TEMPORARY
            return isinstance(error, UnavailableError) and sick
        lost = isinstance(error, RetryableTransportError)
        return lost and self._clock.monotonic() < deadline

    async def _attempt(self, call: _Call, read: Callable[[Answer], T], room: OrderReservation) -> T:
        wait = _ORDER_WAIT if call.orders else _WAIT
        conn = call.conn if call.conn is not None else await self.driver.line(_DIAL_WAIT)
        reservation = await self._api.ledger.acquire(
            call.weight, max_wait=wait, hold=self._patience + _LATE
        )
        try:
            answer = await self.driver.ask(conn, partial(self._encode, call), self._patience)
        except NoAnswerError as lost:
            reservation.done()
            raise RetryableTransportError(
                f"No answer from {host_of(self.driver.url)}: {lost}.", advice="Try again."
            ) from None
        except BaseException:
            reservation.done()
            raise
        reservation.done(used(answer))
        room.done({limit.seconds: limit.used for limit in answer.limits if limit.kind == "ORDERS"})
        if answer.status != OK:
            raise self._refused(answer)
        return read(answer)

    def _encode(self, call: _Call, number: int) -> bytes:
        """Signed at the last moment: what it waited for before does not make it old."""
        params: dict[str, Value] = dict(call.params)
        if call.signed:
            params |= {
                "apiKey": self._signed.api_key.reveal(),
                "recvWindow": RECV_WINDOW_MS,
                "timestamp": self._signed.timestamp_ms(),
            }
            params = ws_params(params, self._signed.signer)
        return encode(number, call.method, params)

    def _refused(self, answer: Answer) -> BinanceMcpError:
        """The error that an answer means, once the ledger knows what the venue asks of us."""
        host, ledger = host_of(self.driver.url), self._api.ledger
        answer = without(answer, self._signed.api_key.reveal())
        ban = ban_in(answer, self._api.venue_now_ms())
        if ban is not None:
            ledger.ban(ban)
            return ledger.banned() or BannedError(
                "Binance banned this address (HTTP 418).", retry_after=ban
            )
        error, pause = refusal_of(answer, host)
        if isinstance(error, ThrottledError) and pause is not None:
            ledger.pause(pause)
        return error

    def _reply(self, request: Request[T], answer: Answer) -> Reply[T]:
        received_ms = self._clock.now_ms()
        try:
            data = decode(request, answer.body)
        except msgspec.DecodeError:
            shown = without(answer, self._signed.api_key.reveal())
            raise unreadable(shown, host_of(self.driver.url)) from None
        return Reply(data, received_ms, "ws_api", self._api.venue_now_ms(), 0)

    async def _admitted(self) -> None:
        """Room for one more connection. Raises ``LimitError``."""
        reservation = await self._api.ledger.acquire(CONNECTING_WEIGHT, max_wait=_WAIT)
        reservation.done()
