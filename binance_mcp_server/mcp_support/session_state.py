"""Session state that is never used, and therefore never loaded.

FastMCP reads per-session visibility rules from its state store on every ``tools/list``. We set none, but the first read
imports the store's whole library, 150 ms or more of an agent's first look at us. There is no public switch (seen in
FastMCP 4.1.2), so a store that is always empty takes its place before it is built; the test beside this module names
the version and fails when the private name moves.
"""

from typing import Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError

PRIVATE_NAME = "_FastMCP__state_store"


class EmptyStore:
    """Holds nothing and says so when asked to hold something."""

    async def get(self, **_: Any) -> None:
        return None

    async def delete(self, **_: Any) -> bool:
        return False

    async def put(self, **_: Any) -> None:
        raise ToolError("this server keeps no session state")


def without_session_state(server: FastMCP[Any]) -> None:
    """Give *server* an empty state store, if it still keeps it where we know."""
    if hasattr(server, PRIVATE_NAME):
        setattr(server, PRIVATE_NAME, EmptyStore())
