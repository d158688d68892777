"""Registering tools: the method's docstring is what the model reads."""

import asyncio
import copy
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as mt
from fastmcp import FastMCP
from fastmcp.tools.function_tool import FunctionTool
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
READS = ToolAnnotations(read_only_hint=True)
"""As ``READ_ONLY``, in fewer words: the protocol's defaults say the rest."""
PREPARES = ToolAnnotations(read_only_hint=False, destructive_hint=False)
"""A tool that makes something which another one may carry out; at the venue it only looks."""
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=True)
"""A tool that changes or ends something at the venue."""


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

    *longest*: seconds after which a call is ended. The docstring is handed over as the description and hidden: FastMCP
    would start a documentation parser (30 ms of every start) only to find the same text.
    """
    server.tool(
        _in_form(method, longest),
        title=title,
        description=_one_paragraph(method.__doc__),
        annotations=annotations,
        tags={toolset},
        output_schema=output_schema,
    )


def add_tool(
    server: FastMCP[Any],
    method: Callable[..., Awaitable[Any]],
    *,
    title: str,
    annotations: ToolAnnotations,
    longest: float = LONGEST_CALL,
) -> None:
    """The same for any tool, listed in fewer bytes: without an output schema and without FastMCP's remarks."""
    tool = _LeanTool.from_function(
        _in_form(method, longest),
        title=title,
        description=_one_paragraph(method.__doc__),
        annotations=annotations,
        output_schema=None,
    )
    server.add_tool(tool)


class _LeanTool(FunctionTool):
    """A tool that is listed without what every conversation pays for and no model needs: ``_meta``, that an argument
    which may be left out is empty then, that others are refused (they are, in words)."""

    def to_mcp_tool(self, **overrides: Any) -> mt.Tool:
        schema = copy.deepcopy(self.parameters)
        schema.pop("additionalProperties", None)
        for argument in schema.get("properties", {}).values():
            if argument.get("default") == "":
                del argument["default"]
        return super().to_mcp_tool(**{"_meta": None, "inputSchema": schema} | overrides)


def _in_form(
    method: Callable[..., Awaitable[Any]], longest: float
) -> Callable[..., Awaitable[Any]]:
    """*method*, ended after *longest* seconds, with its errors as tool errors: FastMCP would log each of them with a
    traceback before it gave it to a middleware."""

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
    return tool


def _one_paragraph(documentation: str | None) -> str:
    """Docstring lines joined; blank lines stay as line breaks."""
    paragraphs = inspect.cleandoc(documentation or "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
