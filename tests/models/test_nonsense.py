"""What is not a number is an error of the venue's, said in our form, and never a page of zeros."""

import pytest

from binance_mcp_server.errors import TransportError
from binance_mcp_server.models.exact import number
from binance_mcp_server.models.market import Level


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e9999", "1e-9999", "1\n2"])
def test_anything_but_a_number_is_no_usable_answer(text: str) -> None:
    with pytest.raises(TransportError, match="not a number"):
        _ = Level(text, "1").price


@pytest.mark.parametrize("text", ["0", "0.00000000", "-1.5", "123456789012345.12345678"])
def test_numbers_of_markets_pass(text: str) -> None:
    assert f"{number(text):f}" == text
