"""The kinds of faults, as the body of ``POST /__sim/faults`` names them. Pure.

No fault changes the market: REST goes on telling the truth, except in what a fault of REST itself says.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from binance_mcp_server.exchange.engine.rules import Product

LONGEST_MS = 600_000
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_MS)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Form = Literal[
    "bad_json", "unknown_enum", "null", "extra_field", "bad_utf8", "cut", "huge", "rsv_bit"
]
Method = Literal[
    "SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"
]  # fmt: skip


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Anything that can be armed."""

    times: Count | None = None
    """How often it strikes at the most; ``None``: until it is cleared."""


class Recurring(Fault, frozen=True):
    """Strikes some of a row of things, which are counted from when it was armed."""

    every: Count | None = None
    """Every k-th of them."""
    share: Share | None = None
    """So many of them, by chance."""

    def __post_init__(self) -> None:
        if self.every is not None and self.share is not None:
            raise ValueError("give every or share, not both")

    @property
    def recurs(self) -> bool:
        return self.every is not None or self.share is not None


class OfFrames(Recurring, frozen=True):
    """Strikes frames of data; each connection counts its own."""

    streams: tuple[str, ...] = ("*",)
    """Patterns of stream names, e.g. ``*@trade``."""
    product: Product | None = None
    """``None``: of all."""

    def is_about(self, product: Product, stream: str) -> bool:
        mine = self.product is None or self.product == product
        return mine and any(fnmatchcase(stream, pattern) for pattern in self.streams)


class _Always(OfFrames, frozen=True):
    """Needs a rhythm: there is no frame to strike when it is armed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.recurs:
            raise ValueError("give every or share")


class Reset(OfFrames, frozen=True):
    """RST in place of a frame. Without a rhythm: to every connection, at once."""


class Fin(OfFrames, frozen=True):
    """The end of the connection in the middle of a frame. Without a rhythm: of every connection, at once."""


class Blackhole(OfFrames, frozen=True):
    """A connection stays and nothing passes, not even pongs; what falls in is lost. Without a rhythm: every
    connection, at once."""

    ms: Milliseconds | None = None
    """``None``: until it is cleared."""


class Drop(_Always, frozen=True):
    """A frame is lost."""


class Duplicate(_Always, frozen=True):
    """A frame comes twice."""


class Swap(_Always, frozen=True):
    """A frame comes after the next one of its stream."""


class Malformed(_Always, frozen=True, kw_only=True):
    """A frame comes in a form that nobody expects."""

    form: Form


class StaleSnapshots(Fault, frozen=True):
    """Answers to ``/depth``, of any product, are the book as it was when this was armed."""

    times: Count | None = 1


class ServerShutdown(Fault, frozen=True):
    """``serverShutdown`` is told on every connection, which then closes."""

    seconds: Seconds = 10.0
    """Between the two."""
    product: Product | None = None


class Day(Fault, frozen=True, kw_only=True):
    """How long a connection lives."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)]
    notice_seconds: Seconds = 10.0
    """How long before its end ``serverShutdown`` is told."""
    product: Product | None = None


class _OfReplies(Fault, frozen=True):
    methods: tuple[Method, ...] = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS")
    product: Product | None = None


class NoAck(_OfReplies, frozen=True):
    """A control message is acted on, and its reply is lost."""


class LateAck(_OfReplies, frozen=True, kw_only=True):
    """A control message is acted on, and its reply comes late."""

    ms: Milliseconds


class Refuse(Fault, frozen=True):
    """A connection is refused by an HTTP status."""

    status: Status = 403
    retry_after: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    """Seconds, as the header of that name."""
    product: Product | None = None


class OfRequests(Recurring, frozen=True):
    """Strikes requests to REST; all of them without a rhythm. ``/__sim`` is never struck."""

    paths: tuple[str, ...] = ("*",)
    """Patterns, e.g. ``/api/v3/*``."""

    def is_about(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self.paths)


class SlowRest(OfRequests, frozen=True, kw_only=True):
    """An answer takes so much longer."""

    delay_ms: Milliseconds


class CutRest(OfRequests, frozen=True):
    """The connection ends after so many bytes of the body, though more were announced."""

    bytes: Annotated[int, msgspec.Meta(ge=0)] = 0


class RestDown(OfRequests, frozen=True):
    """A status and a page instead of an answer."""

    status: Status = 503


class StreamsDown(Fault, frozen=True):
    """Every connection is reset, and new ones are refused."""

    status: Status = 503
    product: Product | None = None


KINDS: dict[str, type[Fault]] = {
    "reset": Reset,
    "fin": Fin,
    "blackhole": Blackhole,
    "drop": Drop,
    "duplicate": Duplicate,
    "swap": Swap,
    "malformed": Malformed,
    "stale_snapshots": StaleSnapshots,
    "serverShutdown": ServerShutdown,
    "day": Day,
    "no_ack": NoAck,
    "late_ack": LateAck,
    "refuse": Refuse,
    "slow_rest": SlowRest,
    "cut_rest": CutRest,
    "rest_down": RestDown,
    "streams_down": StreamsDown,
}
"""By the name that a body gives."""
