"""Kline files served as history come back digit by digit through the whole stack."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e import oracle
from tests.e2e.clients import MOST_BYTES, every_row, over_stdio
from tests.e2e.conftest import KLINES
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def client(
    history: Exchange, state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client[Any]]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    settings = {"BINANCE_MCP_REST_URL": history.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(log, settings) as connected:
        yield connected
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("name", KLINES)
async def test_every_digit_comes_back(client: Client[Any], data_dir: Path, name: str) -> None:
    expected = oracle.kline_rows(data_dir / "klines" / name)
    symbol, interval = name.removesuffix(".jsonl.gz").split("_")
    rows = await every_row(
        client, "get_candles", symbol=symbol, interval=interval, start=expected[0][0], limit=20_000,
        max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    assert [oracle.timed(row, (0, 6)) for row in rows] == expected
