"""Registering tools: the method's docstring is what the model reads."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastmcp import FastMCP
from mcp_types import ToolAnnotations

from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.mcp_support.errors import TOO_LONG, error_text, failure

LONGEST_CALL = 45.0
"""Seconds; many hosts give a call up after 60, and then the model learns nothing."""

READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
"""A tool that only looks: safe to repeat; the market that it looks at is outside of us."""
OPENS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
"""A tool that makes something in this server, anew each time; at the venue it only looks."""
CLOSES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
"""A tool that ends something in this server."""


def add_read_tool(
    server: FastMCP[Any],
    method: Callable[..., Awaitable[Any]],
    *,
    title: str,
    toolset: str,
    output_schema: dict[str, Any] | None = None,
    annotations: ToolAnnotations = READ_ONLY,
    longest: float = LONGEST_CALL,
) -> None:
    """Register bound *method* under its own name as a tool that changes nothing at the venue.

    *longest*: seconds after which a call is ended. Errors of ours become tool errors right here: FastMCP would log
    each with a traceback before it gave it to a middleware. The docstring is handed over as the description and
    hidden: FastMCP would start a documentation parser (30 ms of every start) only to find the same text.
    """

    @functools.wraps(method)
    async def tool(*args: Any, **kwargs: Any) -> Any:
        patience = asyncio.timeout(longest)
        try:
            async with patience:
                return await method(*args, **kwargs)
        except BinanceMcpError as error:
            return failure(error_text(error))
        except TimeoutError:
            if not patience.expired():
                raise
            return failure(TOO_LONG)

    tool.__doc__ = None
    server.tool(
        tool,
        title=title,
        description=_one_paragraph(method.__doc__),
        annotations=annotations,
        tags={toolset},
        output_schema=output_schema,
    )


def _one_paragraph(documentation: str | None) -> str:
    """Docstring lines joined; blank lines stay as line breaks."""
    paragraphs = inspect.cleandoc(documentation or "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
