"""The yardstick of start-up: FastMCP with N tools that take one argument and return a small dict. Nothing else.

It is as quick as FastMCP lets an author be without tricks: descriptions are passed, so no docstring is parsed.
"""

import sys
from typing import Any

from fastmcp import FastMCP


def build(tools: int) -> FastMCP[Any]:
    server: FastMCP[Any] = FastMCP("empty")
    for number in range(tools):

        async def empty(symbol: str) -> dict[str, Any]:
            return {"symbol": symbol}

        server.tool(empty, name=f"empty_{number}", description="Nothing.")
    return server


if __name__ == "__main__":
    build(int(sys.argv[1])).run(show_banner=False)
