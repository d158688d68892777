"""How many orders an account may place: counted before they are sent, and never past the venue's limit.

An order that does not fit is refused here at once: one that waits is another order. Processes of one owner share the
count in a file of the state directory; the counting itself is in ``order_windows``.
"""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from binance_mcp_server.access import state_files
from binance_mcp_server.access.order_windows import (
    PUBLISHED,
    SIZE,
    Limits,
    OrderState,
    Room,
    Usage,
    limits_of,
)
from binance_mcp_server.access.state_files import StateFile
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import LimitError, SettingsError

__all__ = [
    "PUBLISHED",
    "Limits",
    "OrderLedger",
    "OrderReservation",
    "Usage",
    "limits_of",
    "open_order_ledger",
]

_log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 86_400.0
_MARGIN_MS: Final = 1_000
"""``Retry-After`` is in whole seconds."""
_MEANWHILE: Final = "Wait. Orders that stand can be cancelled meanwhile."
_NO_ROOM: Final = Room(0, (), 0)


class OrderReservation:
    """Room for some orders, from before they are sent. One that is never ``done`` counts to its deadline as if they
    were on their way, and a whole window from then on."""

    __slots__ = ("_ledger", "_open", "_room")

    def __init__(self, ledger: "OrderLedger", room: Room) -> None:
        self._ledger = ledger
        self._room = room
        self._open = room.orders > 0

    @property
    def orders(self) -> int:
        return self._room.orders

    def done(self, counts: Mapping[int, int] | None = None) -> None:
        """The venue answered; *counts* is what it counts now: seconds of an interval → orders."""
        if self._open:
            self._open = False
            self._ledger.answered(self._room, counts or {})

    def give_back(self) -> None:
        """Nothing was sent."""
        if self._open:
            self._open = False
            self._ledger.given_back(self._room)


class OrderLedger:
    """The orders of one account at one venue. Nothing in it waits."""

    def __init__(
        self, clock: Clock, *, file: StateFile | None = None, limits: Limits = PUBLISHED
    ) -> None:
        self._clock = clock
        self._file = file
        self._fallback = limits
        buffer = file.buffer if file else bytearray(SIZE)
        self._state = OrderState(buffer, limits, clock.now_ms(), _mono_ms(clock))

    @property
    def shared(self) -> bool:
        """Whether all processes of this user count together."""
        return self._file is not None

    def take(self, orders: int, *, hold: float = 15.0) -> OrderReservation:
        """Room for *orders* that arrive within *hold* seconds. Raises ``LimitError`` where there is none."""
        if not orders:
            return OrderReservation(self, _NO_ROOM)
        if not self._enter():
            raise LimitError(
                "Another process keeps the count of orders locked. Nothing was sent.",
                advice="Try again in a moment.",
                retry_after=0.05,
            )
        taken = False
        try:
            self._refuse(orders)
            taken = True
            return OrderReservation(self, self._state.reserve(orders, int(hold * 1000)))
        finally:
            self._leave(write=taken)

    def _refuse(self, orders: int) -> None:
        state, now_ms = self._state, self._clock.now_ms()
        if state.paused_until > now_ms:
            raise LimitError(
                "The venue takes no new orders of this account now: too many were placed. Nothing was sent.",
                advice=_MEANWHILE,
                retry_after=(state.paused_until - now_ms) / 1000,
            )
        full = state.full(orders)
        if full is not None:
            usage = full.usage
            raise LimitError(
                f"This would pass the venue's limit on new orders: {usage.used} of {usage.limit} in"
                f" {usage.seconds} s are used, and it places {orders}. Nothing was sent.",
                advice=_MEANWHILE,
                retry_after=full.wait_ms / 1000,
            )

    def answered(self, room: Room, counts: Mapping[int, int]) -> None:
        """What a reservation says when it is done. Where the file is locked it counts on, to its deadline."""
        if self._enter():
            self._state.answered(room, counts)
            self._leave(write=True)

    def given_back(self, room: Room) -> None:
        """What a reservation says when nothing was sent."""
        if self._enter():
            self._state.give_back(room)
            self._leave(write=True)

    def set_limits(self, limits: Limits) -> None:
        """Count against *limits* from now on, in all processes."""
        self._fallback = limits
        if self._enter():
            self._state.set_limits(limits)
            self._leave(write=True)

    def pause(self, seconds: float) -> None:
        """The venue asked for it (429 with −1015): no new order for *seconds*. All processes."""
        if self._enter():
            ms = int(min(max(seconds, 0.0), LONGEST_PAUSE) * 1000) + _MARGIN_MS
            self._state.paused_until = max(self._state.paused_until, self._clock.now_ms() + ms)
            self._leave(write=True)

    def usage(self) -> tuple[Usage, ...]:
        """What is counted now. Where another process keeps the lock: as of our last look."""
        if self._enter():
            self._leave(write=False)
        return tuple(self._state.usage())

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        if self._file is not None:
            self._file.close()

    def _enter(self) -> bool:
        """Lock, load, bring to now; ``False`` when another process keeps the lock."""
        if self._file is not None:
            try:
                if not self._file.lock():
                    return False
            except OSError as error:
                self._go_alone(error)
        wall_ms, mono_ms = self._clock.now_ms(), _mono_ms(self._clock)
        if self._file is not None and not self._state.load():
            self._state.begin(self._fallback, wall_ms, mono_ms)
        self._state.settle(wall_ms, mono_ms)
        return True

    def _leave(self, *, write: bool) -> None:
        if self._file is None:
            return
        try:
            if write:
                self._state.save()
            self._file.unlock(write=write)
        except OSError as error:
            self._go_alone(error)

    def _go_alone(self, error: OSError) -> None:
        """Count on without the file, from what is known now."""
        if self._file is not None:
            _log.warning(
                "%s: %s. This process counts its orders alone from now on.",
                self._file.path,
                error.strerror,
            )
            self._file.close()
            self._file = None


def open_order_ledger(
    rest_url: str,
    api_key: str,
    *,
    clock: Clock,
    state_dir: Path | None = None,
    limits: Limits = PUBLISHED,
) -> OrderLedger:
    """The ledger of the account of *api_key*, shared through *state_dir* where that can be used.

    Other keys of one account count apart; the venue's word brings them together.
    """
    if state_dir is None:
        return OrderLedger(clock, limits=limits)
    try:
        state_files.prepare(state_dir)
        name = state_files.limits_file(rest_url)
        file = StateFile(state_dir / f"{name}-orders-{_tag(api_key)}", SIZE)
    except SettingsError as error:
        _log.warning("%s This process counts its orders alone.", error.message)
    except OSError as error:
        _log.warning("%s: %s. This process counts its orders alone.", state_dir, error.strerror)
    else:
        return OrderLedger(clock, file=file, limits=limits)
    return OrderLedger(clock, limits=limits)


def _tag(api_key: str) -> str:
    """A name for an account that says nothing of its key."""
    return hashlib.blake2s(api_key.encode(), digest_size=6, person=b"orders").hexdigest()


def _mono_ms(clock: Clock) -> int:
    return int(clock.monotonic() * 1000)
