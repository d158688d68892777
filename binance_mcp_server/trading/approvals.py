"""A person's yes or no from a terminal, where the MCP client cannot ask: through files of the state directory.

The server writes the question and looks for its answer; ``mcp-server-binance approve`` shows the question and
writes the answer, which holds the hash of the very bytes that were shown. No answer in time means no.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

import msgspec

from binance_mcp_server.access import state_files
from binance_mcp_server.clock import Clock
from binance_mcp_server.errors import InputError, JournalError
from binance_mcp_server.trading.previews import PATIENCE_MS, Approval

FOLDER: Final = "approvals"
_LOOK_EVERY: Final = 0.5
_FORGOTTEN_MS: Final = 3_600_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is asked."""

    id: str
    venue: str
    principal: str
    text: tuple[str, ...]
    """The order in words, line by line, as the person shall read it."""
    canonical: str
    """What a yes is bound to."""
    asked_ms: int
    deadline_ms: int


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The answer."""

    question: str
    """SHA-256 of the question's file as it was shown."""
    granted: bool
    at: int
    by: str


class Approvals:
    """The questions of one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER

    # --- the server's side

    async def ask(
        self, venue: str, principal: str, text: tuple[str, ...], canonical: bytes, clock: Clock
    ) -> Approval:
        """Put the question, and wait for the answer until its deadline.

        Raises ``JournalError`` when it cannot be written.
        """
        now = clock.now_ms()
        question = Question(
            id=token_hex(3),
            venue=venue,
            principal=principal,
            text=text,
            canonical=canonical.decode(),
            asked_ms=now,
            deadline_ms=now + PATIENCE_MS,
        )
        data = msgspec.json.encode(question)
        self._put(question.id, data)
        try:
            return await self._wait(question, sha256(data).hexdigest(), clock)
        finally:
            self._remove(question.id)

    def _put(self, name: str, data: bytes) -> None:
        try:
            state_files.prepare(self._folder)
            state_files.write_whole(self._folder / f"{name}.json", data)
        except OSError as error:
            raise JournalError(
                f"A question cannot be put in {self._folder}: {error.strerror}."
            ) from error

    async def _wait(self, question: Question, digest: str, clock: Clock) -> Approval:
        deadline = clock.monotonic() + PATIENCE_MS / 1000
        while clock.monotonic() < deadline:
            said = self._said(question.id)
            if said is not None and said.question == digest:
                now, by = clock.now_ms(), f"{said.by} in a terminal"
                in_time = 0 <= now - question.asked_ms <= PATIENCE_MS
                return Approval(said.granted and in_time, question.asked_ms, now, by, question.id)
            await clock.sleep(_LOOK_EVERY)
        return Approval(False, question.asked_ms, clock.now_ms(), "nobody", question.id)

    def _said(self, name: str) -> Said | None:
        try:
            data = (self._folder / f"{name}.answer").read_bytes()
            return msgspec.json.decode(data, type=Said)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _remove(self, name: str) -> None:
        for end in ("json", "answer"):
            (self._folder / f"{name}.{end}").unlink(missing_ok=True)

    # --- the person's side

    def pending(self, now_ms: int) -> list[Question]:
        """Questions that can still be answered, oldest first. What a dead server left is cleared away."""
        found = []
        for path, question in self._questions():
            if now_ms > question.deadline_ms + _FORGOTTEN_MS:
                self._remove(path.stem)
            elif question.asked_ms <= now_ms <= question.deadline_ms:
                found.append(question)
        return sorted(found, key=lambda each: each.asked_ms)

    def _questions(self) -> Iterator[tuple[Path, Question]]:
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield path, msgspec.json.decode(path.read_bytes(), type=Question)
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue

    def answer(self, question: Question, *, granted: bool, by: str, now_ms: int) -> None:
        """Say yes or no to exactly *question*. Raises ``InputError`` when it waits no more."""
        if not 0 <= now_ms - question.asked_ms <= PATIENCE_MS or question not in self.pending(
            now_ms
        ):
            raise InputError(f"Question {question.id} is not waiting for an answer any more.")
        digest = sha256(msgspec.json.encode(question)).hexdigest()
        said = Said(question=digest, granted=granted, at=now_ms, by=by)
        try:
            state_files.write_whole(
                self._folder / f"{question.id}.answer", msgspec.json.encode(said)
            )
        except OSError as error:
            raise JournalError(f"The answer cannot be written: {error.strerror}.") from error
