"""Play money comes from an exchange on this machine, and from nowhere else."""

import pytest

from binance_mcp_server.binance_api.play_money import BALANCES, open_account
from binance_mcp_server.errors import SettingsError, TransportError
from tests.e2e.processes import free_port

pytestmark = pytest.mark.anyio


async def test_nothing_but_loopback_is_asked() -> None:
    with pytest.raises(SettingsError, match="on this machine"):
        await open_account("https://api.binance.com")


async def test_where_nobody_answers_it_says_so() -> None:
    with pytest.raises(TransportError, match="did not open an account"):
        await open_account(f"http://127.0.0.1:{free_port()}")


def test_what_is_given_is_enough_to_buy_and_to_sell() -> None:
    assert {"USDT", "BTC"} <= set(BALANCES)
