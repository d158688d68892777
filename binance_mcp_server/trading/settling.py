"""What is written in the journal is carried out, once; and what became of it is found out, whatever happens on the
way.

Each intent has a task of its own, which no caller's impatience ends. It sends its request a single time. Where
nobody answers it asks the venue, after longer and longer pauses and at once when a user data event tells of the
order, until the venue's words decide (:mod:`.fate`). A process that ends in the middle leaves an open intent, which
the next one takes up.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final, Protocol, TypeVar

from binance_mcp_server.binance_api import endpoints_account
from binance_mcp_server.binance_api.client import Reply
from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.clock import Clock, set_within
from binance_mcp_server.errors import (
    BinanceMcpError,
    FateUnknownError,
    JournalError,
    VenueError,
)
from binance_mcp_server.models.account import ExecutionReport
from binance_mcp_server.models.orders import Order, OrderTerms
from binance_mcp_server.trading.fate import (
    HORIZON,
    LAST_MOMENT,
    Inquiry,
    Judged,
    ListLook,
    Look,
    OrderLook,
    aftermath,
    inquiry,
)
from binance_mcp_server.trading.journal import Fate, Intended
from binance_mcp_server.trading.journal_file import Journal
from binance_mcp_server.trading.outcome import Outcome, order_told
from binance_mcp_server.trading.requests import orders_in, seen

T = TypeVar("T")

NO_SUCH_ORDER: Final = -2013
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 8.0
PAST_HORIZON: Final = 30.0
"""Seconds between questions once the horizon is passed and the venue could not be asked."""
MAX_TEXT: Final = 300
"""Characters of other people's text in a line of the journal."""

_log = logging.getLogger(__name__)


class OrderLine(Protocol):
    """The way to the venue: ``SignedApi`` or ``WsApi``."""

    async def send(self, request: Request[T]) -> Reply[T]:
        """A write leaves once. It raises ``FateUnknownError`` where nobody knows what became of it, and any other
        ``BinanceMcpError`` where it was not carried out."""
        ...


@dataclass(eq=False)
class Pending:
    """An intent whose fate is being found out."""

    entry: Intended
    over_at: float
    """When its horizon is passed, monotonic seconds."""
    last: Outcome
    """What is known so far."""
    task: "asyncio.Task[Outcome] | None" = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    reports: dict[str, ExecutionReport] = field(default_factory=dict)
    """The newest event of each of the orders that it makes, by client id."""

    def is_about(self, report: ExecutionReport) -> bool:
        entry = self.entry
        names = {report.client_id, report.previous_client_id} - {""}
        known = {entry.id, entry.target_client_id, *entry.client_ids}
        return bool(names & known) or entry.target_id == str(report.order_id)


class Settler:
    """See the module. For one event loop; ``close`` leaves what is open to the next process."""

    def __init__(
        self, line: OrderLine, journal: Journal, clock: Clock, *, random: Random | None = None
    ) -> None:
        self._line = line
        self._journal = journal
        self._clock = clock
        self._random = random or Random()
        self._pending: dict[str, Pending] = {}

    @property
    def pending(self) -> Mapping[str, Pending]:
        """What is being found out now, by intent."""
        return self._pending

    def begin(self, entry: Intended, request: Request[Any]) -> Pending:
        """Carry out *entry*, which is in the journal."""
        return self._start(entry, HORIZON, request)

    def resume(self, entry: Intended) -> Pending:
        """Find out what became of *entry*, which another run left open. Nothing is sent but questions."""
        if entry.id in self._pending:
            return self._pending[entry.id]
        age = (self._clock.now_ms() - entry.at) / 1000
        horizon = LAST_MOMENT + HORIZON
        return self._start(entry, min(max(horizon - age, 0.0), horizon), None)

    def _start(self, entry: Intended, horizon: float, request: Request[Any] | None) -> Pending:
        unknown = Outcome(entry, "unknown", "here", text="It is being found out.")
        pending = Pending(entry, self._clock.monotonic() + horizon, unknown)
        self._pending[entry.id] = pending
        pending.task = asyncio.create_task(self._run(pending, request))
        return pending

    async def wait(self, pending: Pending, seconds: float) -> Outcome:
        """What became of it, or what is known after *seconds*."""
        task = pending.task
        if task is None or task.done():
            return task.result() if task else pending.last
        alarm = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        return task.result() if task.done() else pending.last

    async def find(self, symbol: str, order_id: int) -> Order | None:
        """One order as the venue has it now. Raises ``BinanceMcpError`` where it cannot be asked."""
        found: Order | None = await self._look(OrderLook(symbol, order_id))
        return found

    async def orders_of(self, entry: Intended) -> tuple[OrderTerms, ...]:
        """What *entry* was about, as the venue has it now; empty where it cannot be asked."""
        judged = await self._try_to_ask(entry, over=False)
        return judged.orders if judged else ()

    def heard(self, report: ExecutionReport) -> None:
        """A user data event."""
        for pending in self._pending.values():
            if pending.is_about(report):
                if report.client_id in pending.entry.client_ids:
                    pending.reports[report.client_id] = report
                pending.heard.set()

    async def close(self) -> None:
        """Stop finding out. Idempotent."""
        tasks = [each.task for each in self._pending.values() if each.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- one intent

    async def _run(self, pending: Pending, request: Request[Any] | None) -> Outcome:
        try:
            outcome = await self._send(pending, request) if request else None
            if outcome is None:
                outcome = await self._find_out(pending)
            pending.last = outcome
            await self._write(outcome)
            return outcome
        finally:
            self._pending.pop(pending.entry.id, None)

    async def _send(self, pending: Pending, request: Request[Any]) -> Outcome | None:
        """The outcome where the answer decides it."""
        entry = pending.entry
        try:
            reply = await self._line.send(request)
        except FateUnknownError as error:
            await self._doubt(pending, error)
        except VenueError as error:
            return await self._refused(entry, error)
        except BinanceMcpError as error:
            return Outcome(entry, "not_sent", "here", error=error)
        except Exception as defect:  # noqa: BLE001 - whatever it is, the request may have left
            _log.exception("an order's request ended in a defect; its fate is looked up")
            await self._doubt(pending, FateUnknownError(f"A defect: {type(defect).__name__}."))
        else:
            return Outcome(entry, "accepted", "answer", orders_in(reply.data), reply.data)
        return None

    async def _doubt(self, pending: Pending, error: FateUnknownError) -> None:
        pending.over_at = self._clock.monotonic() + HORIZON
        pending.last = replace(pending.last, error=error)
        await self._write(pending.last)

    async def _refused(self, entry: Intended, error: VenueError) -> Outcome:
        """The venue said no. What it was about may have ended before, and that is then the answer."""
        try:
            judged = await self._ask(aftermath(entry)) or Judged("refused")
        except BinanceMcpError:
            judged = Judged("refused")
        return Outcome(entry, judged.state, "answer", judged.orders, error=error, text=judged.text)

    async def _find_out(self, pending: Pending) -> Outcome:
        """Ask until it is known."""
        pause = FIRST_PAUSE
        while True:
            over = self._clock.monotonic() >= pending.over_at
            pending.heard.clear()
            judged = await self._try_to_ask(pending.entry, over=over)
            if judged is not None:
                return Outcome(
                    pending.entry, judged.state, "lookup", judged.orders,
                    error=pending.last.error, text=judged.text,
                )  # fmt: skip
            if pending.reports:  # queries lag behind, and the venue itself has told of it
                orders = tuple(map(order_told, pending.reports.values()))
                return Outcome(pending.entry, "accepted", "event", orders, error=pending.last.error)
            await set_within(pending.heard, self._pause(pending, pause, over=over), self._clock)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _pause(self, pending: Pending, pause: float, *, over: bool) -> float:
        if over:
            return self._random.uniform(PAST_HORIZON / 2, PAST_HORIZON)
        left = pending.over_at - self._clock.monotonic()
        return max(min(self._random.uniform(pause / 2, pause), left), 0.001)

    async def _try_to_ask(self, entry: Intended, *, over: bool) -> Judged | None:
        try:
            return await self._ask(inquiry(entry, over=over))
        except BinanceMcpError as error:
            _log.info("the fate of %s cannot be looked up now: %s", entry.id, error.message)
            return None

    async def _ask(self, questions: Inquiry) -> Judged | None:
        answer: Any = None
        while True:
            try:
                look = questions.send(answer)
            except StopIteration as end:
                judged: Judged | None = end.value
                return judged
            answer = await self._look(look)

    async def _look(self, look: Look) -> Any:
        """The venue's answer; ``None`` where there is no such thing."""
        request: Request[Any]
        match look:
            case OrderLook(symbol, order_id, client_id):
                request = endpoints_account.order(symbol, order_id=order_id, client_id=client_id)
            case ListLook(list_id, client_id):
                request = endpoints_account.order_list(list_id=list_id, list_client_id=client_id)
            case _:
                request = endpoints_account.open_orders(look.symbol)
        try:
            return (await self._line.send(request)).data
        except VenueError as error:
            if error.code == NO_SUCH_ORDER:
                return None
            raise

    async def _write(self, outcome: Outcome) -> None:
        """Into the journal. Where that fails the intent stays open there, and the next start looks it up."""
        line = fate_of(outcome, self._clock.now_ms())
        try:
            await self._journal.transact(lambda _: (line,), durable=False)
        except JournalError as error:
            _log.error("what became of %s is not in the journal: %s", line.intent, error.message)


def fate_of(outcome: Outcome, now_ms: int) -> Fate:
    """The line that says it."""
    error = outcome.error
    return Fate(
        at=now_ms,
        intent=outcome.entry.id,
        state=outcome.state,
        source=outcome.source,
        orders=seen(outcome.orders),
        code=getattr(error, "code", None),
        text=(outcome.text or (error.message if error else ""))[:MAX_TEXT],
    )
