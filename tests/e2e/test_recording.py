"""A recording through the whole stack: exchange, HTTP, server, stdio, MCP client. What arrives is what was recorded."""

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from tests.e2e import oracle
from tests.e2e.clients import MOST_BYTES, ask, ask_json, every_row, over_stdio, read_table
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio

LAST_UPDATE = 50093696318
"""``u`` of the last depth event."""
TRADES = 19_904
END = "2024-08-09T00:05:05Z"
"""The last second of the recording."""


@pytest.fixture(scope="module")
def recorded(captures: list[Path]) -> tuple[oracle.Book, list[oracle.Trade]]:
    return oracle.book_and_trades(captures)


@pytest.fixture(scope="module")
def book(recorded: tuple[oracle.Book, list[oracle.Trade]]) -> oracle.Book:
    return recorded[0]


@pytest.fixture(scope="module")
def trades(recorded: tuple[oracle.Book, list[oracle.Trade]]) -> list[oracle.Trade]:
    return recorded[1]


@pytest.fixture(scope="module")
async def client(
    played: Exchange, state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client[Any]]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    settings = {"BINANCE_MCP_REST_URL": played.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(log, settings) as connected:
        yield connected
    assert "Traceback" not in log.read_text()


async def test_the_book_is_that_after_the_last_depth_event(
    client: Client[Any], book: oracle.Book
) -> None:
    assert book.update_id == LAST_UPDATE
    bids, asks = book.levels()
    reply = await ask_json(
        client, "get_order_book", symbol="BTCUSDT", limit=5000, format="json", max_bytes=MOST_BYTES
    )
    assert (reply["bids"], reply["asks"]) == (bids, asks)
    assert (reply["best_bid"], reply["best_ask"]) == (bids[0][0], asks[0][0])
    assert reply["last_update_id"] == str(LAST_UPDATE)


async def test_the_ticker_sums_up_the_trades(
    client: Client[Any], book: oracle.Book, trades: list[oracle.Trade]
) -> None:
    text = await ask(client, "get_ticker", symbols=["BTCUSDT"], columns="all")
    table = read_table(text)
    (cells,) = table.rows
    row = dict(zip(table.columns, cells, strict=True))
    bids, asks = book.levels()
    assert (row["bid"], row["ask"]) == (bids[0][0], asks[0][0])
    assert row["volume"] == oracle.digits(sum((t.quantity for t in trades), Decimal(0)))
    assert row["quote_volume"] == oracle.digits(sum((t.quote for t in trades), Decimal(0)))
    prices = [trade.price for trade in trades]
    expected = (prices[0], max(prices), min(prices), prices[-1])
    assert [row[name] for name in ("open", "high", "low", "last")] == list(
        map(oracle.digits, expected)
    )
    assert (row["trades"], row["first_id"], row["last_id"]) == (
        str(TRADES), str(trades[0].id), str(trades[-1].id),
    )  # fmt: skip


@pytest.mark.parametrize("interval", oracle.INTERVALS)
async def test_candles_are_those_of_the_trades(
    client: Client[Any], trades: list[oracle.Trade], interval: str
) -> None:
    rows = await every_row(
        client, "get_candles", symbol="BTCUSDT", interval=interval, start=0, limit=20_000,
        max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    assert [oracle.timed(row, (0, 6)) for row in rows] == oracle.candles(trades, interval)


@pytest.mark.parametrize("start", [0, None])
async def test_pages_of_candles_join_without_a_seam(
    client: Client[Any], trades: list[oracle.Trade], start: int | None
) -> None:
    """Forwards from a start, or backwards from the newest: every second once."""
    pages: list[list[list[Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = await ask_json(
            client, "get_candles", symbol="BTCUSDT", interval="1s", start=start, limit=90,
            format="json", columns="all", cursor=cursor or None,
        )  # fmt: skip
        pages.append(reply["rows"])
        cursor = reply["next"]
    ordered = chain.from_iterable(pages if start is not None else reversed(pages))
    assert len(pages) > 7
    assert [oracle.timed(row, (0, 6)) for row in ordered] == oracle.candles(trades, "1s")


async def test_trades_by_id_are_all_the_recorded_ones(
    client: Client[Any], trades: list[oracle.Trade]
) -> None:
    rows = await every_row(
        client, "get_trades", symbol="BTCUSDT", kind="historical", from_id=str(trades[0].id),
        limit=7_000, max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    assert len(rows) == TRADES
    assert [oracle.timed(row, (1,)) for row in rows] == [
        [str(t.id), t.time, oracle.digits(t.price), oracle.digits(t.quantity), t.side,
         oracle.digits(t.quote)]
        for t in trades
    ]  # fmt: skip


async def test_aggregates_are_made_of_the_trades(
    client: Client[Any], trades: list[oracle.Trade]
) -> None:
    """Each is a run of trades of one time, price and side; together they are all trades, once."""
    by_id = {trade.id: trade for trade in trades}
    rows = await every_row(
        client, "get_trades", symbol="BTCUSDT", kind="aggregate", from_id=0, limit=10_000,
        max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    reached = trades[0].id
    for row in rows:
        _id, time, price, quantity, side, _quote, first, last = oracle.timed(row, (1,))
        parts = [by_id[number] for number in range(int(first), int(last) + 1)]
        assert int(first) == reached
        assert {(t.time, oracle.digits(t.price), t.side) for t in parts} == {(time, price, side)}
        assert quantity == oracle.digits(sum((t.quantity for t in parts), Decimal(0)))
        reached = int(last) + 1
    assert reached == trades[-1].id + 1
    assert all(int(later[0]) == int(row[0]) + 1 for row, later in pairwise(rows))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_price", {"symbols": ["BTCUSDT"]}),
        ("get_average_price", {"symbol": "BTCUSDT"}),
        ("get_ticker", {"symbols": ["BTCUSDT"]}),
        ("get_order_book", {"symbol": "BTCUSDT"}),
        ("get_candles", {"symbol": "BTCUSDT"}),
        ("get_trades", {"symbol": "BTCUSDT"}),
        ("scan_market", {}),
        ("get_exchange_status", {}),
    ],
)
async def test_a_reply_is_of_the_recordings_time(
    client: Client[Any], tool: str, arguments: dict[str, object]
) -> None:
    text = await ask(client, tool, **arguments)
    assert f"as_of: {END}" in text or f'"as_of":"{END}"' in text


@pytest.mark.parametrize("interval", ["1m", "1h", "1M"])
async def test_the_candle_of_the_last_moment_is_marked_open(
    client: Client[Any], interval: str
) -> None:
    newest = read_table(await ask(client, "get_candles", symbol="BTCUSDT", interval=interval))
    assert newest.facts["open"] == "true"


async def test_a_closed_candle_is_not_marked(client: Client[Any]) -> None:
    closed = await ask(
        client, "get_candles", symbol="BTCUSDT", interval="1m", end="2024-08-09T00:04Z"
    )
    assert "open" not in read_table(closed).facts


async def test_nothing_moves_while_held(
    captures: list[Path], state_dir: Path, tmp_path: Path
) -> None:
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as held:
        settings = {"BINANCE_MCP_REST_URL": held.rest, "BINANCE_MCP_STATE_DIR": state_dir}
        async with over_stdio(tmp_path / "log", settings) as client:
            before = await ask(client, "get_order_book", symbol="BTCUSDT")
            assert "as_of: 2024-08-08T23:54:15Z" in before
            assert await ask(client, "get_order_book", symbol="BTCUSDT") == before
            state = held.state()
            assert (state["held"], state["frames"]) == (True, 0)
            assert held.get("/api/v3/time") == {"serverTime": state["start_ms"]}
            held.play_to_end()
            after = read_table(await ask(client, "get_order_book", symbol="BTCUSDT"))
            assert after.facts["last_update_id"] == str(LAST_UPDATE)
            assert after.facts["as_of"] == END
