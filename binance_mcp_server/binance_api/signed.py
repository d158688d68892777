"""Signed REST: reads that may be tried again, and writes that leave once.

A write ends in one of three ways, and there is no fourth:

- **a reply**: the venue carried it out;
- **it was not carried out**: the venue's own refusal (``VenueError``), or nothing was sent (``LimitError``;
  ``TransportError`` whose ``sent`` is false);
- **nobody knows** (``FateUnknownError``): a time-out or a reset after it left, 5xx, −1000, −1001, −1006, −1007, a body
  that cannot be read, an answer that is not in the venue's form. It is never sent again from here.

−1021 is a definite refusal of the timestamp, so it alone is answered by measuring the venue's clock again and one more
try (rest-api.md "Timing security" and "HTTP Return Codes", errors.md, 2026-07-21, read 2026-11-24).
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from binance_mcp_server.access.credentials import Credentials
from binance_mcp_server.access.order_limits import OrderLedger, OrderReservation
from binance_mcp_server.access.secrets import SIM_KEY_PREFIX, Secret
from binance_mcp_server.access.signing import Signer, make_signer, rest_query
from binance_mcp_server.binance_api.client import BinanceApi, Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.errors_map import TEMPORARY, is_order_limit
from binance_mcp_server.binance_api.transport import Raw
from binance_mcp_server.errors import (
    BinanceMcpError,
    FateUnknownError,
    RejectedError,
    SettingsError,
    ThrottledError,
    TransportError,
    UnavailableError,
    VenueError,
)
from binance_mcp_server.models.orders import Replaced
from binance_mcp_server.venues import is_loopback

T = TypeVar("T")

RECV_WINDOW_MS: Final = 5_000
"""How old a request may be when it arrives: the venue's own default, said so that it does not depend on it."""
UNKNOWN: Final = TEMPORARY | {-1000}
"""Codes after which a write may have been carried out, whatever the status."""
BAD_TIME: Final = -1021
_REPLACE_FAILED: Final = frozenset({-2021, -2022})
_ORDER_WAIT: Final = 2.0
"""Seconds for which a new order waits for request weight: later it is another order."""
_CANCEL_WAIT: Final = 15.0
_WITHOUT_EFFECT: Final = "/test"
"""What such a path is asked changes nothing, whatever its method."""
_ANOTHER_DAY_MS: Final = 3_600_000
_LOOK_UP: Final = "Do not send it again. Ask for the order by its client order id: the venue's answer is the truth."
_SIGNATURE: Final = re.compile(rb"(?i)\b(signature)(=|%3D|\"\s*:\s*\")[^&\s\"'<>]+")


class SignedApi:
    """Signed requests of one key to one venue, beside its public client. For one event loop."""

    def __init__(
        self,
        api: BinanceApi,
        credentials: Credentials,
        *,
        orders: OrderLedger,
        recv_window_ms: int = RECV_WINDOW_MS,
    ) -> None:
        """*api* is its owner's to close. Raises ``SettingsError`` for a key that must not go to that host: the last of
        several places where this is looked at."""
        simulated = credentials.api_key.reveal().startswith(SIM_KEY_PREFIX)
        if simulated != is_loopback(api.hosts.rest):
            raise SettingsError(
                "this key is not for this address, and was not sent",
                advice="Keys that begin with SIM are for the embedded exchange alone, others never for it.",
            )
        self.api = api
        self.orders = orders
        self._credentials = credentials
        self._recv_window = str(recv_window_ms)
        self._signer: Signer | None = None
        self._preparing = asyncio.Lock()
        self._syncs = 0
        """How often the clock was measured from here."""

    @property
    def signer(self) -> Signer:
        """Made at first use: nothing heavy is imported before that. Raises ``SettingsError`` for an unusable key."""
        if self._signer is None:
            self._signer = make_signer(self._credentials)
        return self._signer

    @property
    def api_key(self) -> Secret:
        """Whose requests they are."""
        return self._credentials.api_key

    async def send(self, request: Request[T]) -> Reply[T]:
        """The venue's answer to *request*.

        A read raises as ``BinanceApi.send`` does. A request that changes something raises ``VenueError``,
        ``LimitError`` or ``TransportError`` where it was not carried out, ``FateUnknownError`` where nobody knows.
        """
        if not request.signed:
            return await self.api.send(request)
        dress = await self._dress()
        try:
            return await self._once(request, dress)
        except RejectedError as error:
            if error.code != BAD_TIME:
                raise
        return await self._once(request, await self._dress(after=dress.syncs))

    async def _dress(self, after: int | None = None) -> "_Signed":
        """What signs the next request. *after*: its clock was wrong, so it is measured, once for all who found out."""
        syncs = await self.prepared(after)
        return _Signed(
            self.signer, self._credentials.api_key.reveal(), self, self._recv_window, syncs
        )

    async def prepared(self, after: int | None = None) -> int:
        """Read the key and measure the clock where that is needed, as for :meth:`_dress`; how often it was measured."""
        if self._signer is None or not self.api.is_synced or after == self._syncs:
            async with self._preparing:
                await self._prepare(after)
        return self._syncs

    async def _prepare(self, after: int | None) -> None:
        if (
            self._signer is None
        ):  # reading a private key imports much, and streams must not wait for it
            self._signer = await asyncio.to_thread(make_signer, self._credentials)
        if self.api.is_synced and after != self._syncs:
            return
        try:
            await self.api.sync_time()
        except TransportError as error:
            error.sent = False  # the request that is to be signed was not
            raise
        self._syncs += 1

    def timestamp_ms(self) -> int:
        """The venue's time, as requests are dated.

        A recording that the embedded exchange plays says its own day; what it enforces runs on the machine's clock.
        """
        offset = self.api.offset_ms or 0
        if abs(offset) > _ANOTHER_DAY_MS and is_loopback(self.api.hosts.rest):
            offset = 0
        return self.api.clock.now_ms() + offset

    async def _once(self, request: Request[T], dress: "_Signed") -> Reply[T]:
        if request.method == "GET" or request.path.endswith(_WITHOUT_EFFECT):
            return await self.api.send(request, dress)
        room = dress.room = self.orders.take(request.orders)
        wait = _ORDER_WAIT if request.orders else _CANCEL_WAIT
        try:
            return await self.api.attempt(request, self.api.hosts.rest, wait, dress)
        except BinanceMcpError as error:
            raise self.fate(error, request, room) from None

    def fate(
        self, error: BinanceMcpError, request: Request[T], room: OrderReservation
    ) -> BinanceMcpError:
        """What an error of a write means for what it was to do."""
        if isinstance(error, TransportError):
            if error.sent:
                return _unknown(error, None)
            room.give_back()
            return error
        if not isinstance(error, VenueError):
            room.give_back()  # the ledger let nothing leave, or the venue shut its door (418)
            return error
        if isinstance(error, UnavailableError) or error.code in UNKNOWN or _half_unknown(error):
            return _unknown(error, error.code)
        if isinstance(error, ThrottledError) and request.orders and is_order_limit(error):
            self.orders.pause(error.retry_after or 0)
        return error


class _Signed:
    """How a signed request goes out: dated, signed, with its key. One for each call."""

    def __init__(
        self, signer: Signer, api_key: str, owner: SignedApi, recv_window: str, syncs: int
    ) -> None:
        self._signer = signer
        self._key = api_key
        self._owner = owner
        self._recv_window = recv_window
        self.syncs = syncs
        self.room: OrderReservation | None = None

    def outgoing(self, request: Request[T], base: str) -> tuple[str, Mapping[str, str]]:
        """All parameters in the query, whatever the method: what is signed is what is sent."""
        params = (
            *request.params,
            ("recvWindow", self._recv_window),
            ("timestamp", str(self._owner.timestamp_ms())),
        )
        url = f"{base}{request.path}?{rest_query(params, self._signer)}"
        return url, {"X-MBX-APIKEY": self._key}

    def heard(self, raw: Raw) -> None:
        """The venue's count of orders goes to their ledger."""
        if self.room is not None:
            self.room.done(raw.order_counts)

    def clean(self, body: bytes) -> bytes:
        """Something in between may quote our address or our headers."""
        return _SIGNATURE.sub(rb"\1\2***", body.replace(self._key.encode(), b"***"))


def _unknown(error: BinanceMcpError, code: int | None) -> FateUnknownError:
    fate = FateUnknownError(
        f"Whether it was carried out is not known. {error.message}", advice=_LOOK_UP
    )
    fate.code = code
    return fate


def replaced_in(error: VenueError) -> Replaced | None:
    """What became of either half of a cancel-replace that the venue refused in part or whole (−2021, −2022)."""
    if error.code not in _REPLACE_FAILED or not error.data:
        return None
    try:
        return msgspec.json.decode(error.data, type=Replaced)
    except msgspec.DecodeError:
        return None


def _half_unknown(error: VenueError) -> bool:
    """Whether a half of a cancel-replace failed in a way that tells nothing."""
    if error.code not in _REPLACE_FAILED:
        return False
    both = replaced_in(error)
    if both is None:
        return True
    try:
        halves = (both.cancel_refusal, both.new_order_refusal)
    except msgspec.DecodeError:
        return True
    return any(half is not None and half.code in UNKNOWN for half in halves)
