"""A FastMCP server on streamable HTTP in this process, so that a test can look inside while real clients talk to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastmcp import FastMCP


@asynccontextmanager
async def served(server: FastMCP[Any], *, grace: int = 0) -> AsyncIterator[str]:
    """The address of *server*. Connections wait in the socket until it is ready.

    At the end it is told to stop, and breaks off what is still open after *grace* seconds.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            server.http_app(), log_level="error", timeout_graceful_shutdown=grace, ws="none"
        )
        running = uvicorn.Server(config)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            running.should_exit = True
            async with asyncio.timeout(30):
                await task
