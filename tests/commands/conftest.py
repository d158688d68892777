"""One exchange for all tests of commands; a fresh server for each."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastmcp import Client

from tests.commands.venue import Agent, StillExchange, server_on


@pytest.fixture(scope="session")
def venue() -> Iterator[StillExchange]:
    with StillExchange() as exchange:
        yield exchange


@pytest.fixture
async def agent(venue: StillExchange, anyio_backend: str) -> AsyncIterator[Agent]:
    """Leaves the exchange as it was: no programmed answer stays behind."""
    async with Client(server_on(venue.hosts)) as client:
        yield Agent(client)
    assert venue.state()["programmed"] == 0
