"""What an endpoint and a connection know of each other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class Socket(Protocol):
    """An open connection. Sending after its end does nothing."""

    def send(self, payload: bytes) -> None: ...
    def ping(self, payload: bytes) -> None: ...
    def pong(self, payload: bytes) -> None: ...
    def retire(self) -> None:
        """Close politely: frames may still come until the peer agrees."""
        ...

    def abort(self, code: int, why: str) -> None:
        """Close at once: the peer may be dead."""
        ...


@dataclass(frozen=True, slots=True)
class Handlers:
    """Called at once and in the order of events, from within the receiving of frames. None of them may wait, and none
    should raise: where one does, the fault is logged and counted, and the connection lives on."""

    opened: Callable[[Socket], None]
    """Before anything else."""
    deliver: Callable[[list[bytes]], None]
    """Payloads of text frames, in order; never an empty list. It is the receiver's from then on."""
    pinged: Callable[[bytes], None]
    """The venue pinged: somebody must send a pong with this payload."""
    ponged: Callable[[bytes], None]
    """The echo of a ping of ours."""
    closed: Callable[[str], None]
    """It is over, whoever ended it, and this is why. Once for each that was opened, after its last frame."""


Connect = Callable[[str, Handlers], Awaitable[Socket]]
"""Opens a connection to an address and tells *Handlers* of it, ``opened`` first. Raises one of our errors."""
