"""An exchange for orders alone: they move its prices, which other tests know."""

from collections.abc import Iterator

import pytest

from tests.commands.venue import StillExchange


@pytest.fixture(scope="session")
def venue() -> Iterator[StillExchange]:
    with StillExchange() as exchange:
        yield exchange
