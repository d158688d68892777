"""Identical concurrent reads share one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[Any]
    waiters: int = 0


class SingleFlight:
    """Runs one coroutine per key at a time, for all who ask while it runs. Nothing is kept afterwards."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}

    async def run(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The result of *make*, or of the call already under way for *key*; its error reaches all who wait.

        A waiter that is cancelled leaves the others alone; when the last one leaves, the call is cancelled.
        """
        flight = self._flights.get(key) or self._start(key, make)
        flight.waiters += 1
        try:
            result: T = await asyncio.shield(flight.task)
            return result
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                self._forget(key, flight)  # at once: nobody may join a call that is being cancelled
                flight.task.cancel()

    def _start(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> _Flight:
        async def call() -> T:
            return await make()

        flight = _Flight(asyncio.get_running_loop().create_task(call()))
        self._flights[key] = flight

        def land(task: asyncio.Task[T]) -> None:
            self._forget(key, flight)
            if not task.cancelled():
                task.exception()  # seen: its waiters may all have left at this very moment

        flight.task.add_done_callback(land)
        return flight

    def _forget(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def __len__(self) -> int:
        """Calls under way."""
        return len(self._flights)
