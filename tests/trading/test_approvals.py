"""A yes in a terminal counts for the order that was shown, in time, and for nothing else."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError
from binance_mcp_server.trading.approvals import FOLDER, Approvals, Question
from binance_mcp_server.trading.previews import PATIENCE_MS, Approval

pytestmark = pytest.mark.anyio
NOW = 1_795_000_000_000


class Asked:
    """A question that waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock(NOW)
        self.terminal = Approvals(folder)
        text = ("Buy 0.01 BTCUSDT", "about 600 USDT")
        asking = Approvals(folder).ask("live", "process 1", text, b'["order",{}]', self.clock)
        self.task = asyncio.ensure_future(asking)

    async def question(self) -> Question:
        await asyncio.sleep(0)
        (found,) = self.terminal.pending(self.clock.now_ms())
        return found

    async def answer(self) -> Approval:
        await self.clock.advance(1)
        return await self.task

    def say(self, question: Question, *, granted: bool) -> None:
        self.terminal.answer(question, granted=granted, by="me", now_ms=self.clock.now_ms())

    @property
    def files(self) -> list[Path]:
        return list((self.folder / FOLDER).iterdir())


@pytest.mark.parametrize("granted", [True, False])
async def test_the_answer_comes_to_who_asked(tmp_path: Path, granted: bool) -> None:
    asked = Asked(tmp_path)
    question = await asked.question()
    assert question.text == ("Buy 0.01 BTCUSDT", "about 600 USDT")
    await asked.clock.advance(20)
    asked.say(question, granted=granted)
    said = await asked.answer()
    assert (said.granted, said.by, said.asked_ms) == (granted, "me in a terminal", NOW)
    assert said.id == question.id
    assert asked.files == []


async def test_no_answer_means_no(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    await asked.question()
    await asked.clock.advance(PATIENCE_MS / 1000 + 1)
    said = await asked.task
    assert (said.granted, said.by) == (False, "nobody")
    assert asked.files == []


async def test_an_answer_after_the_deadline_is_refused(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    question = await asked.question()
    late = NOW + PATIENCE_MS + 1
    assert asked.terminal.pending(late) == []
    with pytest.raises(InputError):
        asked.terminal.answer(question, granted=True, by="me", now_ms=late)
    asked.task.cancel()


@pytest.mark.parametrize(
    "forge",
    [
        lambda data: data.replace(b"0.01", b"9.99"),
        lambda data: data.replace(b'[\\"order\\",{}]', b'[\\"order\\",{1}]'),
    ],
)
async def test_a_yes_to_another_text_is_no_yes(
    tmp_path: Path, forge: Callable[[bytes], bytes]
) -> None:
    """Somebody changed the question after it was put."""
    asked = Asked(tmp_path)
    await asked.question()
    (file,) = asked.files
    assert forge(file.read_bytes()) != file.read_bytes()
    file.write_bytes(forge(file.read_bytes()))
    asked.say(await asked.question(), granted=True)
    await asked.clock.advance(5)
    assert not asked.task.done()
    await asked.clock.advance(PATIENCE_MS / 1000)
    assert not (await asked.task).granted


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"question":"","granted":true}'])
async def test_nonsense_in_place_of_an_answer_is_no_yes(tmp_path: Path, content: bytes) -> None:
    asked = Asked(tmp_path)
    question = await asked.question()
    (tmp_path / FOLDER / f"{question.id}.answer").write_bytes(content)
    await asked.clock.advance(PATIENCE_MS / 1000 + 1)
    assert not (await asked.task).granted


async def test_a_caller_that_goes_away_takes_its_question_along(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    await asked.question()
    asked.task.cancel()
    await asyncio.gather(asked.task, return_exceptions=True)
    assert asked.files == []


async def test_what_a_dead_server_left_is_cleared_away(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    question = await asked.question()
    (file,) = asked.files
    kept = file.read_bytes()
    asked.task.cancel()
    await asyncio.gather(asked.task, return_exceptions=True)
    file.write_bytes(kept)
    assert asked.terminal.pending(question.deadline_ms + 1) == []
    assert asked.files
    assert asked.terminal.pending(question.deadline_ms + 4_000_000) == []
    assert asked.files == []


async def test_nonsense_among_the_questions_hides_none(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    await asked.question()
    (tmp_path / FOLDER / "0.json").write_bytes(b"\xff")
    (tmp_path / FOLDER / "1.json").write_bytes(msgspec.json.encode({"id": "1"}))
    assert (await asked.question()).asked_ms == NOW
    asked.task.cancel()
