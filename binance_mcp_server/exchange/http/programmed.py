"""Answers set by a test: the next requests to a path get them instead of the venue's own."""

import re

import msgspec

from binance_mcp_server.exchange.http.answers import Answer

LONGEST_DELAY_MS = 600_000
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(("content-length", "transfer-encoding", "connection"))
"""Headers that say how an answer is sent, not what it is."""


class ProgrammedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/respond``."""

    path: str
    """E.g. ``/api/v3/depth``."""
    status: int | None = None
    """Without it the venue answers by itself, after the delay and cut as asked."""
    body: str = ""
    headers: dict[str, str] = {}
    times: int = 1
    delay_ms: int = 0
    cut: int | None = None
    """Send so many bytes of the body, then close the connection."""

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError("path must start with /")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError("status must be within 200 … 599")
        if self.times < 1 or self.delay_ms < 0 or (self.cut is not None and self.cut < 0):
            raise ValueError("times must be ≥ 1, delay_ms and cut ≥ 0")
        if self.delay_ms > LONGEST_DELAY_MS:
            raise ValueError(f"delay_ms must be ≤ {LONGEST_DELAY_MS}")
        if not all(_NAME.fullmatch(name) and _is_plain(it) for name, it in self.headers.items()):
            raise ValueError("headers must be plain ASCII without control characters")
        if ours := sorted(_OURS.intersection(map(str.lower, self.headers))):
            raise ValueError(f"the exchange sets {', '.join(ours)} itself: use body and cut")

    def answer(self) -> Answer | None:
        """The answer itself; ``None`` leaves it to the venue."""
        if self.status is None:
            return None
        headers = [(k.lower().encode(), v.encode()) for k, v in self.headers.items()]
        if not any(name == b"content-type" for name, _ in headers):
            kind = b"text/html" if self.body.startswith("<") else b"application/json;charset=UTF-8"
            headers.append((b"content-type", kind))
        return Answer(self.status, self.body.encode(), headers, self.cut)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


class ProgrammedAnswers:
    """What is still to be answered, by path, first in first out."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[ProgrammedAnswer]] = {}

    def add(self, programmed: ProgrammedAnswer) -> None:
        self._waiting.setdefault(programmed.path, []).append(programmed)

    def take(self, path: str) -> ProgrammedAnswer | None:
        """The next answer for *path*, used up once."""
        queue = self._waiting.get(path)
        if not queue:
            return None
        programmed = queue[0]
        programmed.times -= 1
        if programmed.times == 0:
            queue.pop(0)
        return programmed

    def pending(self) -> int:
        return sum(each.times for queue in self._waiting.values() for each in queue)
