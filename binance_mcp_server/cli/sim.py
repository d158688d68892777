"""The embedded exchange as a child process, started when the first tool needs it."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress

from binance_mcp_server import venues
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.settings import child_environment
from binance_mcp_server.venues import Hosts, Market

READY_WITHIN = 30.0
"""Seconds; a start takes one or two."""
END_WITHIN = 5.0


class SimVenue:
    """An exchange of our own on loopback. It ends with us: it watches the pipe that it is started with."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self._arguments = tuple(arguments)
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Task[dict[str, str]] | None = None

    async def start(self) -> dict[str, str]:
        """Its ready line, started at the first call, and again after a start that failed.

        Raises ``SettingsError`` when it does not come up.
        """
        launch = self._ready
        if launch is None or (launch.done() and (launch.cancelled() or launch.exception())):
            launch = self._ready = asyncio.create_task(self._launch())
        return await asyncio.shield(launch)

    async def addresses(self, market: Market = "spot") -> Hosts:
        """Where *market* is: all products share its two ports."""
        line = await self.start()
        spot = Hosts(rest=line["rest"], stream=line["stream"], ws_api=line["ws_api"])
        return venues.beside(spot, market)

    async def _launch(self) -> dict[str, str]:
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "binance_mcp_server",
                "exchange",
                "--exit-with-parent",
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=child_environment(),
            )
        except OSError as error:
            raise SettingsError(
                f"the embedded exchange cannot be started: {error.strerror}"
            ) from error
        line = b""
        if self._process.stdout is not None:
            with suppress(TimeoutError):
                line = await asyncio.wait_for(self._process.stdout.readline(), READY_WITHIN)
        if not line:
            await self._end()
            raise SettingsError(
                "the embedded exchange did not start", advice="Its message on stderr says why."
            )
        ready: dict[str, str] = json.loads(line)
        return ready

    async def close(self) -> None:
        """End it, in the middle of its start too, and wait until it is gone."""
        launch, self._ready = self._ready, None
        if launch is not None:
            launch.cancel()
            await asyncio.gather(launch, return_exceptions=True)
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()
