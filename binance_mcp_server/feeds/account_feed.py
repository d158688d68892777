"""One account's events as a stream like any other: told by the user data stream, made whole over REST.

Events come as :mod:`~binance_mcp_server.binance_ws_api.user_data` hears them. After a break they are held back until
REST has told what happened meanwhile; that comes first, as records marked ``reconciled``, and what cannot be had is a
gap. Since a subscription can die without a word, the account is also looked at now and then, and a difference is a
break like any other. While there is no connection at all, that is how events come.

What is found over REST: all orders and trades on symbols in which the account had open orders or was told of anything,
and on those that trade the assets whose balances moved. An order on another symbol that came and went leaves no trace.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

import msgspec

from binance_mcp_server.binance_ws_api.api_client import WsApi
from binance_mcp_server.binance_ws_api.carried import Answered
from binance_mcp_server.binance_ws_api.decode import frame_of
from binance_mcp_server.binance_ws_api.kinds import ACCOUNT, Spec, spec
from binance_mcp_server.binance_ws_api.stream import Stream
from binance_mcp_server.binance_ws_api.user_data import UserData
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.feeds.account_picture import Amounts, Picture
from binance_mcp_server.feeds.account_reads import SignedReads
from binance_mcp_server.feeds.account_watch import AccountWatch
from binance_mcp_server.models.account import AccountEvent, ExecutionReport
from binance_mcp_server.models.events import Gap
from binance_mcp_server.models.info import SymbolInfo

log = logging.getLogger(__name__)

State = Literal["connecting", "live", "reconnecting", "refused"]
OnExecution = Callable[[ExecutionReport], None]
"""Told of each execution report, those from REST included; must be quick and must not raise."""

SPEC: Final[Spec] = spec("spot", ACCOUNT)
LOOK_EVERY: Final = 60.0
"""Seconds between looks at an account that seems to be well; one weighs 100."""
LOOK_WITHOUT: Final = 15.0
"""The same while there is no subscription."""
DOUBTFUL: Final = 10.0
"""Seconds after a look within which an event may tell what REST told already."""
FIRST_BACKOFF: Final = 0.5
LONGEST_BACKOFF: Final = 30.0
_KINDS: Final = frozenset(
    {
        *("executionReport", "outboundAccountPosition", "balanceUpdate", "listStatus"),
        "externalLockUpdate",
    }
)
_UNTOLD: Final = "the venue had not told everything"

_decoder: "msgspec.json.Decoder[AccountEvent]" = msgspec.json.Decoder(AccountEvent)


@dataclass(frozen=True, slots=True)
class Wing:
    """What a feed works with, once the venue's addresses are known."""

    ws: WsApi
    reads: SignedReads
    symbols: Callable[[], Awaitable[Mapping[str, SymbolInfo]]]
    """Every symbol of the venue."""


class AccountFeed:
    """The events of one account. Works while somebody listens. For one event loop."""

    def __init__(
        self, open: Callable[[], Awaitable[Wing]], clock: Clock, *, random: Random | None = None
    ) -> None:
        self._open = open
        self._clock = clock
        self._random = random or Random()
        self._stream: Stream | None = None
        self._answered: Answered | None = None
        self._listeners: list[OnExecution] = []
        self._watch: AccountWatch | None = None
        self._user_data: UserData | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._live = asyncio.Event()
        self._held: list[AccountEvent | bytes] | None = []
        """Events that wait until REST has told what was before them; ``None`` while nothing is in doubt."""
        self._owed = True
        """What REST has to tell is not known yet."""
        self._breaks = 0
        self._heard = 0
        self._doubtful_until = 0.0
        self._failures = 0
        self.state: State = "connecting"
        self.refusal: BinanceMcpError | None = None
        self.reconciled = 0
        """Records that came from REST."""
        self.silences = 0
        """Breaks that only a look at the account showed."""
        self.strangers = 0
        """Events of kinds that are not known here."""
        self.faults = 0
        """Times that a listener raised."""

    def __repr__(self) -> str:
        return f"<account {self.state}, {self.reconciled} reconciled>"

    # -- who listens

    def add(self, stream: Stream, answered: Answered) -> None:
        """Fill *stream* (of :data:`SPEC`) from now on."""
        self._stream, self._answered = stream, answered
        self._start()
        if self.state == "live":
            answered(stream, None)

    def remove(self, stream: Stream) -> None:
        if self._stream is stream:
            self._stream = self._answered = None
            self._stop_if_unused()

    def on_execution(self, callback: OnExecution) -> Callable[[], None]:
        """Tell *callback* of each execution from now on; gives what ends that."""
        self._listeners.append(callback)
        self._start()

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)
                self._stop_if_unused()

        return stop

    async def ready(self, seconds: float) -> bool:
        """Until events come, at most *seconds*; whether they do. Somebody must listen."""
        return await set_within(self._live, seconds, self._clock)

    @property
    def balances(self) -> Mapping[str, Amounts]:
        """By asset, as of the newest event; empty before the first look."""
        picture = self._watch.picture if self._watch is not None else None
        return dict(picture.balances) if picture is not None else {}

    @property
    def is_certain(self) -> bool:
        """Whether nothing is known to be missing now."""
        return self.state == "live" and not self._owed and self._held is None

    async def close(self) -> None:
        """End, and let nothing be left under way. Idempotent."""
        self._stream = self._answered = None
        self._listeners.clear()
        self._stop_if_unused()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
            self._task.add_done_callback(_report)

    def _stop_if_unused(self) -> None:
        if self._stream is not None or self._listeners or self._task is None:
            return
        task, self._task = self._task, None
        user_data, self._user_data = self._user_data, None
        task.cancel()
        self._watch, self._held, self._owed = None, [], True
        self.state = "connecting"
        self._live.clear()
        ending = asyncio.get_running_loop().create_task(_end(task, user_data))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    # -- what the user data stream tells

    def subscribed(self) -> None:
        self._hold()
        self.refusal = None
        self._set_state("live")
        self._live.set()
        self._woken.set()

    def moved(self) -> None:
        self._woken.set()  # nothing should be missing, and a look costs little

    def interrupted(self, why: str) -> None:
        self._hold()
        self._set_state("reconnecting")
        self._live.clear()
        if self._stream is not None:
            self._stream.reconnects += 1
        log.info("the account's events were interrupted: %s", why)

    def refused(self, error: BinanceMcpError) -> None:
        self._set_state("refused")
        self.refusal = error
        if self._stream is not None and self._answered is not None:
            self._answered(self._stream, error)

    def events(self, kinds_and_events: list[tuple[str, bytes]]) -> None:
        self._heard += len(kinds_and_events)
        for kind, event in kinds_and_events:
            if kind not in _KINDS:
                self.strangers += 1
                continue
            read = _read(event)
            if self._held is not None:
                self._held.append(read)
            else:
                self._take(read, closely=self._clock.monotonic() < self._doubtful_until)

    def _hold(self) -> None:
        """What comes from now on waits until REST has told what was before it."""
        self._held = [] if self._held is None else self._held
        self._owed = True
        self._breaks += 1

    def _set_state(self, state: State) -> None:
        self.state = state
        stream, answered = self._stream, self._answered
        if stream is None or answered is None:
            return
        if state == "live":
            answered(stream, None)
        elif stream.state != "refused":
            stream.state = state

    # -- what becomes of an event

    def _take(self, event: AccountEvent | bytes, *, closely: bool) -> None:
        if isinstance(event, bytes):  # what it was, REST will say
            self._give([_frame(event)])
            self._hold()
            self._woken.set()
            return
        if self._watch is not None:
            if self._watch.is_known(event, closely=closely):
                return
            self._watch.take(event)
        self._give([frame_of(SPEC, event)])
        if isinstance(event, ExecutionReport):
            self._tell(event)

    def _give(self, frames: list[bytes]) -> None:
        if self._stream is not None:
            self._stream.take(frames, self._clock.monotonic())

    def _tell(self, report: ExecutionReport) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(report)
            except Exception:  # its own defect, and no reason for the others to miss anything
                self.faults += 1
                log.exception("a listener of the account's executions failed")

    def _give_missed(self, events: list[AccountEvent], gaps: list[Gap]) -> None:
        """What REST told, behind what could not be had."""
        self.reconciled += len(events)
        if self._stream is not None:
            self._stream.sequence.gaps += len(gaps)
            self._stream.sequence.repaired += len(events)
            self._stream.add([*gaps, *(frame_of(SPEC, event) for event in events)])
        for event in events:
            if isinstance(event, ExecutionReport):
                self._tell(event)

    def _release(self) -> None:
        """What was held back goes on, without what is known already."""
        held = self._held or []
        self._held = None if self.state == "live" else []
        self._doubtful_until = self._clock.monotonic() + DOUBTFUL
        for event in held:
            self._take(event, closely=True)

    # -- what REST tells

    async def _run(self) -> None:
        wing = await self._opened()
        watch = self._watch = AccountWatch(wing.reads, self._clock)
        self._user_data = UserData(wing.ws, self._clock, self, random=self._random)
        self._user_data.start()
        while True:
            await set_within(self._woken, self._pause(), self._clock)
            self._woken.clear()
            if self.state in {"connecting", "refused"}:
                continue
            try:
                watch.symbols = await wing.symbols()
                await self._look(watch)
                self._failures = 0
            except BinanceMcpError as error:
                self._failures += 1
                log.info("the account could not be looked at: %s", error.message)
                self._give_up(watch, error)

    async def _opened(self) -> Wing:
        """What there is to work with, as soon as it can be had."""
        failures = 0
        while True:
            try:
                return await self._open()
            except BinanceMcpError as error:
                if not error.retryable:
                    self.refused(error)
                await self._clock.sleep(self._backoff(failures))
                failures += 1

    def _pause(self) -> float:
        if self._failures:
            return self._backoff(self._failures)
        return LOOK_EVERY if self.state == "live" else LOOK_WITHOUT

    def _backoff(self, failures: int) -> float:
        return self._random.uniform(0.1, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures))

    async def _look(self, watch: AccountWatch) -> None:
        breaks, picture = self._breaks, watch.picture
        if picture is None:
            await watch.begin()
            self._settle(watch, breaks)
        elif self._owed or self.state != "live":
            await self._reconcile(watch, picture)
            self._settle(watch, breaks)
        elif await watch.differs(lambda: self._heard) and self._user_data is not None:
            self.silences += 1
            self._user_data.renew(_UNTOLD)

    async def _reconcile(self, watch: AccountWatch, picture: Picture) -> None:
        """Put in what was missed."""
        stream = self._stream
        if stream is not None:
            stream.repairing = True
        try:
            found = await watch.missed(picture)
        finally:
            if stream is not None:
                stream.repairing = False
        self._give_missed(*watch.put(picture, found))

    def _settle(self, watch: AccountWatch, breaks: int) -> None:
        """Everything up to now is known, unless there was a break while it was asked for."""
        self._owed = breaks != self._breaks
        if self._owed:
            self._woken.set()
        else:
            watch.verify()
        self._release()
        if self._owed:
            self._held = [] if self._held is None else self._held

    def _give_up(self, watch: AccountWatch, error: BinanceMcpError) -> None:
        """For now: what comes is true, though something is missing before it."""
        if self.state != "live" or self._held is None:
            return
        if watch.picture is not None:
            cause = f"what happened meanwhile cannot be asked for: {error.message}"
            self._give_missed([], [watch.gap(cause)])
        self._release()


def _read(event: bytes) -> AccountEvent | bytes:
    """An event; as it came where it cannot be read."""
    try:
        return _decoder.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return event


def _frame(event: bytes) -> bytes:
    return b'{"stream":"%b","data":%b}' % (SPEC.name.encode(), event)


async def _end(task: "asyncio.Task[None]", user_data: UserData | None) -> None:
    await asyncio.gather(task, return_exceptions=True)
    if user_data is not None:
        await user_data.close()


def _report(task: "asyncio.Task[None]") -> None:
    """A defect of ours must not stay silent."""
    if not task.cancelled() and (defect := task.exception()) is not None:
        log.error("the account's events are not followed any more", exc_info=defect)
