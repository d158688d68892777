"""The client of the REST API: room from the ledger, one request, an answer or one of our errors.

``send`` is for reads, so a failure that another try may heal is tried again: lost connections, cut bodies, the venue's
own faults. Every try takes its weight from the ledger anew, and waits on the injected clock. ``attempt`` is one try;
what ``signed`` does with it is another matter.
"""

import random as random_module
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from binance_mcp_server.access.limits import Ledger
from binance_mcp_server.binance_api.decode import decode
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.errors_map import (
    SICK,
    TEMPORARY,
    Answer,
    banned_for,
    error_code,
    error_of,
    excerpt,
    is_order_limit,
    throttled_for,
)
from binance_mcp_server.binance_api.products import SPOT, Product
from binance_mcp_server.binance_api.transport import (
    HeldBackError,
    Raw,
    RetryableTransportError,
    Transport,
)
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import (
    BannedError,
    BinanceMcpError,
    RegionError,
    ThrottledError,
    TransportError,
    UnavailableError,
)
from binance_mcp_server.venues import MIRROR_PATHS, Hosts

__all__ = ["BinanceApi", "Reply"]

T = TypeVar("T")

MIRROR_AGE: Final = 3600.0
"""Seconds for which a refusal by region (451) is remembered."""
TIME_AGE: Final = 10.0
"""Seconds for which the venue's time, once told, is carried on by our own clock."""
_FIRST_BACKOFF: Final = 0.25
_LONGEST_BACKOFF: Final = 4.0
_LATE: Final = 5.0
"""Seconds after our time-out within which the last bytes of a request may still arrive at the venue."""
_MARGIN: Final = 1.0
"""What the ledger adds to a ``Retry-After`` of whole seconds."""
_DELAY_MS: Final = 1_500
"""An answer may be this late and still agree with what we know of the venue's clock."""
_TIME_SAMPLES: Final = 3


class Reply(msgspec.Struct, Generic[T], frozen=True):
    """What the venue answered, when and from where."""

    data: T
    received_ms: int
    """When the body was whole: ms since the epoch by this machine's clock."""
    source: Literal["rest", "mirror", "ws_api"]
    venue_ms: int
    """The venue's time when it answered, ms since the epoch: as near as we know it."""
    told_ms: int
    """The same in the venue's own words (its ``Date`` header), cut to the second; 0 where it said none."""


class Dress(Protocol):
    """How a request goes out: its address below a base, and its headers."""

    def outgoing(self, request: Request[T], base: str) -> tuple[str, Mapping[str, str] | None]: ...

    def heard(self, raw: Raw) -> None:
        """The venue answered, whatever it said."""
        ...

    def clean(self, body: bytes) -> bytes:
        """A body that is about to be quoted, without what must not be shown."""
        ...


class Plain:
    """As the request is."""

    def outgoing(self, request: Request[T], base: str) -> tuple[str, Mapping[str, str] | None]:
        return request.url(base), None

    def heard(self, raw: Raw) -> None:
        """Nothing to learn."""

    def clean(self, body: bytes) -> bytes:
        return body


PLAIN: Final = Plain()


class BinanceApi:
    """One product of one venue over REST. For one event loop.

    The public mirror counts in the same ledger as the venue itself: whether Binance counts them together is not
    documented, and counting them together can only be too careful.
    """

    def __init__(
        self,
        hosts: Hosts,
        *,
        ledger: Ledger,
        clock: Clock,
        product: Product = SPOT,
        timeout: float = 10.0,
        max_wait: float = 20.0,
        retries: int = 2,
        random: random_module.Random | None = None,
        trust_env_proxy: bool = True,
    ) -> None:
        self.hosts = hosts
        self.ledger = ledger
        self.clock = clock
        self.product = product
        self._max_wait = max_wait
        self._retries = retries
        self._random = random or random_module.Random()
        self._hold = timeout + _LATE
        self._transport = Transport(
            timeout=timeout,
            trust_env_proxy=trust_env_proxy,
            may_send=lambda: not ledger.stopped(),
        )
        self._mirror_until: float | None = None
        self.offset_ms: int | None = None
        """Venue's clock minus ours, ms; ``None`` until ``sync_time``."""
        self.is_synced = False
        """Whether the offset was measured, and not only told to the second."""
        self._told: float | None = None
        """When an answer last told the venue's time; monotonic seconds."""

    async def send(self, request: Request[T], dress: Dress = PLAIN) -> Reply[T]:
        """The venue's answer to *request*, which changes nothing.

        Raises ``LimitError`` (nothing was sent), ``TransportError`` or ``VenueError``; takes at most ``max_wait``
        seconds of waiting for room, short pauses between tries, and one time-out.
        """
        deadline = self.clock.monotonic() + self._max_wait
        tries, left = 0, self._max_wait
        while True:
            base = self._base(request.path)
            try:
                return await self.attempt(request, base, left, dress)
            except BinanceMcpError as error:
                left = deadline - self.clock.monotonic()
                tries += await self._prepare_another(error, request.path, base, tries, left)

    async def _prepare_another(
        self, error: BinanceMcpError, path: str, base: str, tries: int, left: float
    ) -> int:
        """Get ready for another try after *error*, or raise it; returns what that try counts."""
        if isinstance(error, HeldBackError):
            return 0  # the ledger knows why, and waits or refuses
        if isinstance(error, RegionError) and self._turn_to_mirror(path, base):
            return 0
        if not self._worth_another(error, tries, left):
            raise error
        if not isinstance(error, ThrottledError):  # there the ledger does the waiting
            await self.clock.sleep(self._backoff(tries))
        return 1

    async def attempt(
        self, request: Request[T], base: str, max_wait: float, dress: Dress = PLAIN
    ) -> Reply[T]:
        """One try, after at most *max_wait* seconds of waiting for room. Raises what it meets."""
        reservation = await self.ledger.acquire(request.weight, max_wait=max_wait, hold=self._hold)
        url, headers = dress.outgoing(request, base)
        try:
            raw = await self._transport.send(base, url, method=request.method, headers=headers)
        except (RetryableTransportError, HeldBackError):
            reservation.done()
            raise
        received_ms = self.clock.now_ms()
        used = raw.used_weight
        reservation.done(int(used) if used and used.isdecimal() and len(used) < 12 else None)
        dress.heard(raw)
        if raw.status != 200:
            raise self._refused(raw, base, dress)
        try:
            data = decode(request, raw.body)
        except msgspec.DecodeError as error:
            raise self._unreadable(error, raw, base, dress) from None
        told_ms = _second(raw.date)
        return Reply(
            data,
            received_ms,
            "rest" if base is self.hosts.rest else "mirror",
            self._hear(told_ms, received_ms),
            told_ms,
        )

    def _base(self, path: str) -> str:
        until = self._mirror_until
        if until is not None and path in MIRROR_PATHS:
            if self.clock.monotonic() < until:
                return self.hosts.mirror
            self._mirror_until = None
        return self.hosts.rest

    def _turn_to_mirror(self, path: str, refused_by: str) -> bool:
        """Use the mirror from now on, if it serves *path* and did not refuse itself."""
        mirror = self.hosts.mirror
        if not mirror or refused_by == mirror or path not in MIRROR_PATHS:
            return False
        self._mirror_until = self.clock.monotonic() + MIRROR_AGE
        return True

    def _worth_another(self, error: BinanceMcpError, tries: int, left: float) -> bool:
        if isinstance(error, ThrottledError):
            return tries == 0 < self._retries and (error.retry_after or 0) + _MARGIN <= left
        if isinstance(error, UnavailableError):
            temporary = error.status in SICK or error.code in TEMPORARY
        else:
            temporary = isinstance(error, RetryableTransportError)
        return temporary and tries < self._retries

    def _backoff(self, tries: int) -> float:
        return self._random.uniform(0, min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**tries))

    def _refused(self, raw: Raw, base: str, dress: Dress) -> BinanceMcpError:
        """The error that an answer means, once the ledger knows what the venue asks of us."""
        body = dress.clean(raw.body)
        answer = Answer(raw.status, body, _host(base), raw.retry_after, raw.location)
        ban = banned_for(answer, self.venue_now_ms())
        if ban is not None:
            self.ledger.ban(ban)
            return self.ledger.banned() or BannedError(
                "Binance banned this address (HTTP 418).", retry_after=ban
            )
        error = error_of(answer)
        if isinstance(error, ThrottledError) and not is_order_limit(error):
            self.ledger.pause(throttled_for(answer))
        return error

    def _unreadable(
        self, error: msgspec.DecodeError, raw: Raw, base: str, dress: Dress
    ) -> BinanceMcpError:
        """A success whose body is not what was asked for: an error in disguise, cut, or of another shape."""
        if error_code(Answer(raw.status, raw.body, "")) is not None:
            return self._refused(raw, base, dress)
        body = dress.clean(raw.body)
        if isinstance(error, msgspec.ValidationError):
            changed = TransportError(
                f"{_host(base)} answered in another shape than documented: {excerpt(body)}",
                advice="The venue may have changed its API; look for a newer version of this server.",
            )
            changed.retryable = False
            return changed
        return RetryableTransportError(
            f"{_host(base)} answered something that is not JSON:"
            f" {excerpt(body) or 'an empty body'}",
            advice="Try again; if it stays, something in between changes the venue's answers.",
        )

    def _hear(self, second: int, received_ms: int) -> int:
        """The venue's time when it answered; our idea of its clock is mended where the answer contradicts it."""
        ours = received_ms + (self.offset_ms or 0)
        if not second:
            return ours
        told = min(max(ours, second), second + 999)
        if self.offset_ms is None or not second <= ours <= second + 999 + _DELAY_MS:
            self.offset_ms = told - received_ms
        self._told = self.clock.monotonic()
        return told

    async def sync_time(self, samples: int = _TIME_SAMPLES) -> int:
        """Measure and keep ``offset_ms`` by the least delayed of *samples* answers to ``…/time``."""
        best: tuple[float, int] | None = None
        for _ in range(samples):
            asked = self.clock.monotonic()
            reply = await self.send(self.product.requests.server_time())
            delay = self.clock.monotonic() - asked
            if best is None or delay < best[0]:
                local_ms = reply.received_ms - round(delay * 500)
                best = delay, reply.data.server_time - local_ms
        self.offset_ms = best[1] if best else 0
        self.is_synced = True
        self._told = self.clock.monotonic()
        return self.offset_ms

    async def now_ms(self) -> int:
        """The venue's time; asked for unless an answer told it a moment ago.

        A venue's clock may run by its own rules (a recording that is held, or played fast): an old offset won't do.
        """
        told = self._told
        if told is None or self.clock.monotonic() - told > TIME_AGE:
            await self.sync_time(samples=1)
        return self.venue_now_ms()

    def venue_now_ms(self) -> int:
        """The venue's time as far as we know it, ms since the epoch."""
        return self.clock.now_ms() + (self.offset_ms or 0)

    async def close(self) -> None:
        """Close all connections; the ledger is its owner's. Idempotent."""
        await self._transport.close()


@lru_cache(maxsize=4)
def _second(date: str | None) -> int:
    """A ``Date`` header as ms since the epoch; 0 for anything else."""
    try:
        return int(parsedate_to_datetime(date or "").timestamp()) * 1000
    except ValueError:
        return 0


def _host(base: str) -> str:
    return urlsplit(base).netloc.rpartition("@")[2]
