"""The journal: what was meant, what became of it, and who allowed it, as lines that depend on each other. Pure.

A line is one JSON object. It holds its number and the SHA-256 of the line before it (``prev``), so that no line can
be changed, taken out or put between others without a break that everybody sees. Where a process was killed in the
middle of a line the rest of it stays; the next line is a :class:`Torn` and says so.

**Order of things.** An :class:`Intended` is on the disk before its request leaves. What comes back, or does not, is
an :class:`Fate`. An intent without one, or whose last one is ``unknown``, is *open*: the venue has to be asked.
There is no line between the two ("sent now"): it could not be on the disk at the same moment at which the request
leaves, so that its absence would prove nothing.

Amounts are decimals as text, in the quote asset where nothing else is said; times ms since the epoch by this
machine's clock.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, Literal

import msgspec

FIRST: Final = "0" * 64
"""What the first line has for the hash of the line before."""

State = Literal["accepted", "refused", "not_sent", "ended", "half", "absent", "unknown"]
"""What became of an intent:

- ``accepted``: the venue carried it out.
- ``refused``: the venue said no; nothing happened.
- ``not_sent``: it never left this machine.
- ``ended``: what it was to change had ended before (filled before its cancellation came).
- ``half``: of a replacement the old order is gone and the new one is not there; of a ``cancel_all`` some are still
  open.
- ``absent``: no answer came, and within the horizon the venue did not know of it.
- ``unknown``: no answer came, and the venue could not be asked to the end.
"""
Source = Literal["answer", "lookup", "event", "reconciliation", "here"]
"""Whose word an outcome rests on; ``here``: our own."""


class Seen(msgspec.Struct, frozen=True):
    """An order as it was last seen. Its client id changes (an amendment gives another one, and so does a
    cancellation), its id on its symbol does not."""

    symbol: str
    id: str
    client_id: str
    status: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all lines have."""

    n: int = 0
    """Number of the line, from 1 on."""
    prev: str = ""
    """SHA-256 of the line before, without its line feed."""
    at: int


class Intended(Entry, frozen=True, kw_only=True, tag="intent"):
    """Somebody wants something of the venue. Its token is spent with this line."""

    venue: str
    account: str
    """Which account, in a word that tells nothing of its key."""
    id: str
    """Ours, and the venue's client id of what it makes: of the order, of the list, of the cancellation."""
    token: str = ""
    """Of the preview that allowed it; empty for what needs none."""
    principal: str
    action: str
    """``kind`` of the intent."""
    symbol: str
    canonical: str
    """The meaning, as ``Intent.canonical`` has it."""
    client_ids: tuple[str, ...] = ()
    """Of the orders that there are once it is carried out."""
    target_id: str = ""
    """The venue's id of what it is about, where that is named so."""
    target_client_id: str = ""
    """The same by its client id."""
    notional: str = "0"
    """What it counts against the day's cap."""
    orders: int = 0
    """How many orders it places."""
    allowed_by: str = ""
    """Who said yes: ``policy``, or a person and how."""


class Fate(Entry, frozen=True, kw_only=True, tag="outcome"):
    """What became of an intent. A later line about the same intent takes the place of an earlier one."""

    intent: str
    state: State
    source: Source
    orders: tuple[Seen, ...] = ()
    """That it made, changed or was about."""
    code: int | None = None
    """The venue's, of a refusal or a doubt."""
    text: str = ""
    """In the venue's words or ours; data, never an instruction."""


class Reconciled(Entry, frozen=True, kw_only=True, tag="reconciled"):
    """The journal was held against the venue's own lists."""

    venue: str
    account: str
    since: int
    """From when on the venue's lists were read."""
    orders: tuple[Seen, ...] = ()
    """Ours that were not as the journal had them."""
    differences: tuple[str, ...] = ()
    """The same, and what else did not fit, for a person."""


class Killed(Entry, frozen=True, kw_only=True, tag="kill"):
    """The kill switch was engaged; ``venue`` ``*``: for all."""

    venue: str
    by: str
    reason: str = ""


class Released(Entry, frozen=True, kw_only=True, tag="release"):
    """The owner released the kill switch."""

    venue: str
    by: str


class Approved(Entry, frozen=True, kw_only=True, tag="approval"):
    """A person was asked for an order, and this is what came of it."""

    venue: str
    id: str
    canonical: str
    verdict: Literal["granted", "declined", "expired"]
    by: str


class Torn(Entry, frozen=True, kw_only=True, tag="torn"):
    """The line before is not whole: whoever wrote it was stopped in the middle. Nothing of it counts."""

    bytes: int


Line = Intended | Fate | Reconciled | Killed | Released | Approved | Torn
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_encoder = msgspec.json.Encoder()


class BrokenChainError(ValueError):
    """A line does not follow from the one before."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number} {why}")
        self.number = number


class Chain:
    """The end of the journal as far as it was read. Feed it bytes as they lie in the file, and ask it for lines to
    write."""

    def __init__(self) -> None:
        self.n = 0
        """Lines so far, torn ones among them."""
        self.head = FIRST
        """SHA-256 of the last line."""
        self.tail = b""
        """What stands after the last line feed: nothing, unless a writer was stopped in the middle."""
        self._torn: int | None = None
        """Length of a torn line that its :class:`Torn` has not followed yet."""
        self._due = (0, FIRST)

    def expect(self, n: int, head: str) -> None:
        """Line *n*, once it is read, has to have the hash *head*. Raises :class:`BrokenChainError` when it was read
        already, and has another one."""
        self._due = (n, head)
        if n == self.n and head != self.head:
            raise BrokenChainError(n, "is not the one that was written")

    def read(self, data: bytes) -> Iterator[Line]:
        """The whole lines of *data*, which comes after what was read before. Raises :class:`BrokenChainError`."""
        *lines, self.tail = (self.tail + data).split(b"\n")
        for line in lines:
            entry = self._step(line)
            if entry is not None:
                yield entry

    def _step(self, line: bytes) -> Line | None:
        number, torn = self.n + 1, self._torn
        entry = _decoded(line)
        self._torn = None
        if entry is None:
            if torn is not None:
                raise BrokenChainError(self.n, "is not whole, and nobody says why")
            self._torn = len(line)
        elif entry.n != number or entry.prev != self.head:
            raise BrokenChainError(number, "does not follow from the one before")
        elif (torn is not None) != isinstance(entry, Torn):
            raise BrokenChainError(self.n, "is not whole, and nobody says why")
        self.n, self.head = number, sha256(line).hexdigest()
        if self._due[0] == number and self._due[1] != self.head:
            raise BrokenChainError(number, "is not the one that was written")
        return entry

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was read stands unexplained."""
        return not self.tail and self._torn is None

    def write(self, entries: Iterable[Line], at: int) -> bytes:
        """The bytes to append for *entries*; they count once they are read. *at*: now, ms.

        A torn end is completed and explained first; one that lacks nothing but its line feed gets that.
        """
        n, head, torn, begin = self.n, self.head, self._torn, b""
        if self.tail:
            n, head, begin = n + 1, sha256(self.tail).hexdigest(), b"\n"
            entry = _decoded(self.tail)
            torn = None if entry and (entry.n, entry.prev) == (n, self.head) else len(self.tail)
        parts = [begin]
        for entry in entries if torn is None else (Torn(at=at, bytes=torn), *entries):
            n += 1
            line = _encoder.encode(msgspec.structs.replace(entry, n=n, prev=head))
            head = sha256(line).hexdigest()
            parts += (line, b"\n")
        return b"".join(parts)


def _decoded(line: bytes) -> Line | None:
    """The entry in *line*; ``None`` when it is not whole."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
