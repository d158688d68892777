"""The tree of errors is the one that its module prints, and every kind says whether to retry."""

import inspect

import pytest

from binance_mcp_server import errors
from binance_mcp_server.errors import BinanceMcpError, UnknownSymbolError, VenueError

RETRYABLE = {"LimitError", "BannedError", "TransportError", "ThrottledError", "UnavailableError"}
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BinanceMcpError)
]


def printed_tree() -> dict[str, str]:
    """Child → parent, as the docstring draws it."""
    parents, path = {}, [""]
    for line in (errors.__doc__ or "").splitlines():
        head, mark, rest = line.partition("── ")
        if mark:
            depth = (len(head) - 1) // 4
            name = rest.split()[0]
            path[depth:] = [name]
            parents[name] = path[depth - 1]
        elif line.strip() == "BinanceMcpError":
            path = ["BinanceMcpError"]
    return parents


def test_the_tree_is_the_one_that_is_printed() -> None:
    real = {
        kind.__name__: kind.__mro__[1].__name__ for kind in KINDS if kind is not BinanceMcpError
    }
    assert printed_tree() == real


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_carries_its_evidence(kind: type[BinanceMcpError]) -> None:
    assert kind.retryable == (kind.__name__ in RETRYABLE)
    if issubclass(kind, VenueError):
        error = kind("words", status=400, code=-1, advice="do", retry_after=2.0)
        assert (error.status, error.code) == (400, -1)
        assert (error.message, error.advice, error.retry_after) == ("words", "do", 2.0)
        assert str(error) == "words"


def test_an_unknown_symbol_comes_with_its_neighbours() -> None:
    error = UnknownSymbolError("BTCUSD", ["BTCUSDT", "BTCUSDC"], venue="sim")
    assert str(error) == "Unknown symbol 'BTCUSD' on sim."
    assert error.advice.startswith("Did you mean BTCUSDT, BTCUSDC?")
    assert error.nearest == ("BTCUSDT", "BTCUSDC")
    assert "search_symbols" in UnknownSymbolError("X").advice
