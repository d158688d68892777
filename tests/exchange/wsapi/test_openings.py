"""How a connection is opened."""

import pytest

from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wsapi.openings import Opening, read_query


@pytest.mark.parametrize(
    ("query", "opening"),
    [
        ("", Opening(1, return_limits=True)),
        ("timeUnit=MICROSECOND", Opening(1000, return_limits=True)),
        ("timeUnit=microsecond&returnRateLimits=false", Opening(1000, return_limits=False)),
        ("timeUnit=millisecond&other=1", Opening(1, return_limits=True)),
    ],
)
def test_units_and_limits(query: str, opening: Opening) -> None:
    assert read_query(query) == opening


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("timeUnit=NANOSECOND", -1194),
        ("returnRateLimits=no", -1130),
        ("responseFormat=sbe&sbeSchemaId=3&sbeSchemaVersion=4", -1155),
    ],
)
def test_what_is_refused(query: str, code: int) -> None:
    with pytest.raises(VenueError) as caught:
        read_query(query)
    assert caught.value.code == code
