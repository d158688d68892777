"""What comes and goes takes as long as the network is told to take, and keeps its order."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from binance_mcp_server.exchange.clock import Clock

T = TypeVar("T")


class Delay(Generic[T]):
    """Hands each item to *arrive* after *seconds*, or at once when there are none."""

    def __init__(self, clock: Clock, seconds: float, arrive: Callable[[T], None]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._arrive = arrive
        self._under_way: deque[tuple[float, T]] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, item: T) -> None:
        if not self._seconds:
            self._arrive(item)
            return
        self._under_way.append((self._clock.monotonic() + self._seconds, item))
        if self._task is None:
            self._task = asyncio.create_task(self._carry(), name="exchange ws api delay")

    def close(self) -> None:
        """What is under way is lost."""
        self._under_way.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _carry(self) -> None:
        while self._under_way:
            due, item = self._under_way[0]
            await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
            self._under_way.popleft()
            self._arrive(item)
        self._task = None
