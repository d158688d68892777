"""Every failure of a tool as one form of tool error: what happened, whether a retry helps, what to do instead.

No traceback, no library's address, no argument echoed raw: the model reads this text.
"""

from typing import Any

import mcp_types as mt
from fastmcp.exceptions import NotFoundError, ToolError
from fastmcp.exceptions import ValidationError as FastMCPValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import TextContent
from pydantic import ValidationError

from binance_mcp_server.errors import BinanceMcpError, VenueError

DEFECT = (
    "error: The server failed on this call; it is a defect, and the owner's log has the details.\n"
    "retry: perhaps\n"
    "do: Try once more, or with other arguments."
)


def error_text(error: BinanceMcpError) -> str:
    """The one form of error, as ``key: value`` lines."""
    lines = [f"error: {error.message}"]
    if isinstance(error, VenueError):
        code = f"{error.code}, " if error.code is not None else ""
        lines.append(f"venue_code: {code}HTTP {error.status}")
    lines.append(f"retry: {_retry(error)}")
    if error.advice:
        lines.append(f"do: {error.advice}")
    return "\n".join(lines)


def argument_text(error: ValidationError) -> str:
    """What is wrong with the arguments, one line each, without what was passed."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"]) or "arguments"
        lines.append(f"error: {where}: {_plain_words(problem)}")
    return "\n".join(
        [*lines, "retry: no", "do: Correct the arguments; the tool's schema says what it takes."]
    )


def failure(text: str) -> ToolResult:
    """A tool error with *text*."""
    return ToolResult(content=[TextContent(type="text", text=text)], is_error=True)


class ErrorMiddleware(Middleware):
    """What goes wrong around a tool: wrong arguments, and defects of ours. Tools turn their own errors themselves."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[mt.CallToolRequestParams],
        call_next: CallNext[mt.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        try:
            return await call_next(context)
        except (ValidationError, FastMCPValidationError) as error:
            cause = error if isinstance(error, ValidationError) else error.__cause__
            if isinstance(cause, ValidationError):
                return failure(argument_text(cause))
            raise
        except NotFoundError:
            raise
        except ToolError:  # FastMCP logged what was behind it
            return failure(DEFECT)


def _retry(error: BinanceMcpError) -> str:
    if error.retry_after is not None:
        return f"yes, after {max(1, round(error.retry_after + 0.499))} s"
    return "yes" if error.retryable else "no"


def _plain_words(problem: Any) -> str:
    kind = problem["type"]
    if kind == "unexpected_keyword_argument":
        return "there is no such argument"
    if kind in {"missing", "missing_argument"}:
        return "is needed"
    return str(problem["msg"])
