"""Desks that are killed with ``kill -9`` before, in and after an order's request, under every fault on its way; and
whether the next desk, on the same journal, finds the truth.

Half of them are killed at a stated moment, half at any time within some milliseconds.
"""

import asyncio
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self
from urllib.request import Request, urlopen

import msgspec

from benchmarks.order_child import AMPLE, Plan, open_desk, open_line
from benchmarks.order_truth import (
    ABOUT_OLD,
    FAULTS,
    INTENTS,
    LIMIT,
    OLD,
    broken_promises,
    fits,
    truths,
)
from binance_mcp_server.binance_api.endpoints_trading import new_order
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.trading.fate import HORIZON, LAST_MOMENT
from binance_mcp_server.trading.journal import Chain, Fate, Intended
from binance_mcp_server.trading.journal_file import FILE, FileJournal

ROOT: Final = Path(__file__).resolve().parents[1]
PATIENCE: Final = 30.0
"""Seconds for a line of the child's."""
MOMENTS: Final = 6
"""Of a life from when it writes its intent down: two each for that, for the request, and for the outcome."""
BEFORE: Final = 4
"""Moments before that where there is a preview: it and the execution look at the journal."""
LONGEST_LIFE: Final = 0.03
"""Seconds from then on within which a kill at any time comes."""
_SHORT: Final = {"hang": {"ms": 300}, "late": {"ms": 150}}
"""Faults that last: not so long that a thousand lives take a day."""
_AT_ONCE: Final = 0.3
"""Seconds for which the next desk looks by the machine's own time: longer than what is late."""
_FUNDS: Final = {"USDT": "1000000", "BTC": "10"}


@dataclass
class Findings:
    """What came of all lives."""

    lives: int = 0
    killed: int = 0
    sent: int = 0
    """Lives whose request reached the venue."""
    taken_up: int = 0
    """Intents that the next desk had to find out about."""
    states: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """What must not be."""


class Children:
    """The process that forks them."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.order_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._rest = b""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def live(self, plan: Plan, begins: str, seconds: float) -> bool:
        """Let one live until it halts, or for *seconds* from when it says *begins*; whether it was killed."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(plan) + b"\n")
        last = self._until(begins, "done", "end")
        if last == begins and plan.halt_at != int(begins.split()[1]):
            wanted = ("halt", "done", "end") if plan.halt_at else ("done", "end")
            last = self._until(*wanted, seconds=PATIENCE if plan.halt_at else seconds)
        self._process.stdin.write(b"kill\n")
        self._until("dead")
        return last not in {"done", "end"}

    def _until(self, *beginnings: str, seconds: float = PATIENCE) -> str:
        """The line that begins with one of them; empty where none comes in time."""
        for line in self._lines(seconds):
            if line.startswith(beginnings):
                return line
        if seconds >= PATIENCE:
            raise AssertionError(f"no {beginnings} from the children")
        return ""

    def _lines(self, seconds: float) -> Iterator[str]:
        assert self._process.stdout
        clock = SystemClock()
        deadline = clock.monotonic() + seconds
        while True:
            while b"\n" in self._rest:
                line, self._rest = self._rest.split(b"\n", 1)
                yield line.decode()
            left = deadline - clock.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                return
            data = self._process.stdout.read(65_536)
            if not data:
                raise AssertionError("the children are gone")
            self._rest += data


class Later(SystemClock):
    """The machine's clocks, when the horizon of everything that is open has passed."""

    def now_ms(self) -> int:
        return super().now_ms() + int((HORIZON + LAST_MOMENT + 10) * 1000)


class Kills:
    """Lives on one exchange; *folder* is for their journals."""

    def __init__(self, ready: dict[str, str], folder: Path, seed: int) -> None:
        self.findings = Findings()
        self._ready = ready
        self._folder = folder
        self._random = Random(seed)

    def run(self, kills: int) -> Findings:
        """Until so many were killed; some end before."""
        cases = [(name, fault) for name in INTENTS for fault in FAULTS if fits(name, fault)]
        self._random.shuffle(cases)
        self._admin("limits", {"REQUEST_WEIGHT": AMPLE.weight})
        with Children() as children:
            for number in count():
                if self.findings.killed == kills:
                    break
                name, fault = cases[number % len(cases)]
                asyncio.run(self._one(children, number, name, fault))
        return self.findings

    async def _one(self, children: Children, number: int, name: str, fault: str) -> None:
        random, found = self._random, self.findings
        plan = self._plan(number, name)
        first = 1 + (BEFORE if INTENTS[name].legs else 0)
        plan.halt_at = random.randrange(first, first + MOMENTS) if number % 2 else 0
        self._arm()
        old_id = await _place_old(plan) if name in ABOUT_OLD else 0
        if FAULTS[fault]:
            short = _SHORT.get(fault.split(maxsplit=1)[0], {})
            self._arm({**FAULTS[fault], **short, "account": f"life {number}"})
        found.lives += 1
        found.killed += children.live(plan, f"at {first}", random.uniform(0, LONGEST_LIFE))
        await self._find_out(plan)
        self._judge(f"{number} {name}, {fault}, {plan.halt_at}", plan, old_id)

    def _plan(self, number: int, name: str) -> Plan:
        folder = self._folder / str(number)
        told = self._admin("accounts", {"name": f"life {number}", "balances": _FUNDS})
        key, secret = told["api_key"], told["api_secret"]
        return Plan(name, self._ready["rest"], str(folder), key, secret)

    async def _find_out(self, plan: Plan) -> None:
        """The next desk. What it finds at once it finds by the machine's own time; what is left, when all is over."""
        for now, patience in ((SystemClock(), _AT_ONCE), (Later(), PATIENCE)):
            line = open_line(plan, SystemClock())
            folder = Path(plan.folder)
            desk = open_desk(line, FileJournal(folder, SystemClock()), folder, now)
            try:
                result = await desk.reconcile(patience)
            finally:
                await desk.close()
                await line.api.close()
            self.findings.taken_up += len(result.outcomes) if isinstance(now, Later) else 0
            if all(outcome.is_settled for outcome in result.outcomes):
                return

    def _judge(self, what: str, plan: Plan, old_id: int) -> None:
        path, found = Path(plan.folder) / FILE, self.findings
        lines = list(Chain().read(path.read_bytes())) if path.exists() else []
        entries = [line for line in lines if isinstance(line, Intended)]
        state = next((line.state for line in reversed(lines) if isinstance(line, Fate)), None)
        orders = self._admin(f"orders?account=life%20{what.split(maxsplit=1)[0]}")["orders"]
        made = [order for order in orders if order["orderId"] != old_id]
        found.sent += any(each in made or each["status"] != "NEW" for each in orders)
        found.states[str(state)] = found.states.get(str(state), 0) + 1
        if not entries and made:
            found.wrong.append(f"{what}: an order without an intent")
        if entries and state not in truths(entries[-1], orders, old_id):
            found.wrong.append(f"{what}: said {state}, and the venue has {orders}")
        if len(entries) > 1 or broken_promises(entries, orders):
            found.wrong.append(f"{what}: more than once")

    def _arm(self, *faults: dict[str, object]) -> None:
        self._admin("faults", {"seed": 1, "faults": faults})

    def _admin(self, path: str, body: object = None) -> Any:
        data = None if body is None else msgspec.json.encode(body)
        asked = Request(f"{self._ready['admin']}/{path}", data)  # noqa: S310 - loopback
        with urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())


async def _place_old(plan: Plan) -> int:
    line = open_line(plan, SystemClock())
    try:
        return (await line.send(new_order(LIMIT.named(OLD).params()))).data.id
    finally:
        await line.api.close()


@contextmanager
def exchange() -> Iterator[dict[str, str]]:
    """An exchange of its own; its ready line."""
    command = [sys.executable, "-m", "binance_mcp_server", "exchange"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            yield msgspec.json.decode(process.stdout.readline(), type=dict[str, str])
        finally:
            process.terminate()
