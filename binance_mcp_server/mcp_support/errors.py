"""Every failure of a tool as one form of tool error: what happened, whether a retry helps, what to do instead.

No traceback, no library's address, no argument echoed raw: the model reads this text.
"""

import logging
from typing import Any

import mcp_types as mt
from fastmcp.exceptions import NotFoundError, ResourceError, ToolError
from fastmcp.exceptions import ValidationError as FastMCPValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import TextContent
from pydantic import ValidationError

from binance_mcp_server.errors import BinanceMcpError, VenueError

_MOST_PROBLEMS = 5
"""Lines about wrong arguments; whoever sends more of them reads the schema better than a list."""

NO_SUCH_TOOL = "error: There is no such tool here.\nretry: no\ndo: Choose from the list of tools."
TOO_LONG = (
    "error: This took longer than a call may take.\n"
    "retry: yes\n"
    "do: Ask for less at once and go on with `next`; get_exchange_status says how the venue is doing."
)
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
    """What is wrong with the arguments, one line each, without what was passed and in words of ours."""
    problems: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False):
        words = problems.setdefault(_name(problem["loc"]), [])
        if (word := _plain_words(problem)) not in words:
            words.append(word)
    lines = [f"error: {name} {_either(words)}" for name, words in problems.items()]
    if len(lines) > _MOST_PROBLEMS:
        lines[_MOST_PROBLEMS:] = [f"error: and {len(lines) - _MOST_PROBLEMS} more arguments"]
    return "\n".join(
        [*lines, "retry: no", "do: Correct the arguments; the tool's schema says what it takes."]
    )


def resource_failure(error: BinanceMcpError) -> ResourceError:
    """*error* for a resource: FastMCP passes its text on, and logs no traceback above debug level."""
    return ResourceError(error_text(error), log_level=logging.DEBUG)


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
        arguments = context.message.arguments
        if (
            arguments and None in arguments.values()
        ):  # many clients fill optional arguments with null
            given = {name: value for name, value in arguments.items() if value is not None}
            message = context.message.model_copy(update={"arguments": given})
            context = context.copy(message=message)
        try:
            return await call_next(context)
        except (ValidationError, FastMCPValidationError) as error:
            cause = error if isinstance(error, ValidationError) else error.__cause__
            if isinstance(cause, ValidationError):
                return failure(argument_text(cause))
            raise
        except NotFoundError:
            return failure(NO_SUCH_TOOL)
        except ToolError:  # FastMCP logged what was behind it
            return failure(DEFECT)


def _retry(error: BinanceMcpError) -> str:
    if error.retry_after is not None:
        return f"yes, after {max(1, round(error.retry_after + 0.499))} s"
    return "yes" if error.retryable else "no"


def _name(location: tuple[int | str, ...]) -> str:
    """The argument's own name: what follows it is the library's; a name that is none of ours is not repeated."""
    name = str(location[0]) if location else ""
    return name if name.isidentifier() and name.isascii() and len(name) <= 40 else "arguments"


def _either(words: list[str]) -> str:
    """The ways in which an argument of several types can be right, as one sentence."""
    first, *others = words
    return " or ".join([first, *(word.removeprefix("has to be ") for word in others)])


_WORDS = {
    "unexpected_keyword_argument": "is not an argument of this tool",
    "missing": "is needed",
    "missing_argument": "is needed",
    "string_type": "has to be text",
    "literal_error": "has to be {expected}",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "int_parsing_size": "has to be a smaller number",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "finite_number": "has to be a finite number",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "list_type": "has to be a list",
    "too_short": "has too few entries, at least {min_length}",
    "too_long": "has too many entries, at most {max_length}",
    "greater_than_equal": "has to be {ge} or more",
    "less_than_equal": "has to be {le} or less",
    "value_error": "{error}",
}
"""Pydantic's kinds of error in our words; the fields in braces come from our own schemas and validators."""


def _plain_words(problem: Any) -> str:
    return _WORDS.get(problem["type"], "cannot be that").format_map(problem.get("ctx", {}))
