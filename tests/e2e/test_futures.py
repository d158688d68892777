"""Recordings of both futures through the whole stack: what arrives is what was recorded, under each product's name."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastmcp import Client

from tests.e2e import oracle
from tests.e2e.clients import MOST_BYTES, ask, ask_json, every_row, over_stdio, read_table
from tests.e2e.processes import Exchange

pytestmark = pytest.mark.anyio


class Market(NamedTuple):
    """One product's recording, and how an agent asks for it."""

    name: str
    file: str
    symbol: str
    as_written: str
    unit: str


MARKETS = (
    Market("usdm", "usdm_btcusdt_20240808.gz", "BTCUSDT", "btc/usdt", ""),
    Market(
        "coinm", "coinm_btcusd_perp_20240808.gz", "BTCUSD_PERP", "btc-usd", "contracts of 100 USD"
    ),
)


class Played(NamedTuple):
    market: Market
    client: Client[Any]
    book: oracle.Book
    trades: list[oracle.Trade]

    @property
    def about(self) -> dict[str, str]:
        return {"symbol": self.market.as_written, "market": self.market.name}


@pytest.fixture(scope="module")
def futures(data_dir: Path) -> Iterator[Exchange]:
    """Both recordings, played to their end together."""
    files = [data_dir / "captures" / market.file for market in MARKETS]
    with Exchange("--replay", *files, "--speed", "max", "--hold") as exchange:
        exchange.play_to_end()
        yield exchange


@pytest.fixture(scope="module")
async def client(
    futures: Exchange, state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client[Any]]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    settings = {"BINANCE_MCP_REST_URL": futures.rest, "BINANCE_MCP_STATE_DIR": state_dir}
    async with over_stdio(log, settings) as connected:
        yield connected
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module", params=MARKETS, ids=[market.name for market in MARKETS])
def played(request: pytest.FixtureRequest, client: Client[Any], data_dir: Path) -> Played:
    market: Market = request.param
    book, trades = oracle.book_and_trades([data_dir / "captures" / market.file])
    return Played(market, client, book, trades)


async def test_the_book_is_that_after_the_last_depth_event(played: Played) -> None:
    bids, asks = played.book.levels()
    reply = await ask_json(
        played.client, "get_order_book", **played.about, limit=1000, format="json",
        max_bytes=MOST_BYTES,
    )  # fmt: skip
    assert (reply["bids"], reply["asks"]) == (bids[:1000], asks[:1000])
    assert reply["last_update_id"] == str(played.book.update_id)
    assert (reply["symbol"], reply["market"]) == (played.market.symbol, played.market.name)
    assert reply.get("quantity_unit", "") in {played.market.unit, "contracts"}


async def test_the_latest_trades_are_the_last_recorded_ones(played: Played) -> None:
    reply = await ask_json(
        played.client, "get_trades", **played.about, limit=1000, format="json",
        max_bytes=MOST_BYTES,
    )  # fmt: skip
    assert [oracle.timed(row, (1,)) for row in reply["rows"]] == [
        [str(t.id), t.time, oracle.digits(t.price), oracle.digits(t.quantity), t.side]
        for t in played.trades[-1000:]
    ]
    assert reply["next"] is None
    assert "aggregate" in reply["older"]


async def test_aggregates_by_time_hold_every_trade_once(played: Played) -> None:
    rows = await every_row(
        played.client, "get_trades", **played.about, start="2024-08-08T23:00Z",
        end="2024-08-09T01:00Z", limit=10_000, max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    spans = [(int(row[-2]), int(row[-1])) for row in rows]
    ids = [number for first, last in spans for number in range(first, last + 1)]
    assert ids == [trade.id for trade in played.trades]
    total = sum((Decimal(row[3]) for row in rows), Decimal(0))
    assert total == sum((trade.quantity for trade in played.trades), Decimal(0))


@pytest.mark.parametrize("interval", ["1m", "5m", "1d"])
async def test_candles_are_those_of_the_trades(played: Played, interval: str) -> None:
    rows = await every_row(
        played.client, "get_candles", **played.about, interval=interval, start=0, limit=20_000,
        max_bytes=MOST_BYTES, columns="all",
    )  # fmt: skip
    expected = oracle.candles(played.trades, interval)
    kept = (0, 1, 2, 3, 4, 5, 6, 8, 9)  # without what the venue rounds
    found = [oracle.timed(row, (0, 6)) for row in rows][: len(expected)]
    assert [[row[n] for n in kept] for row in found] == [[row[n] for n in kept] for row in expected]
    assert all(row[8] == 0 for row in rows[len(expected) :])


async def test_candles_from_the_newest_back_are_the_same(played: Played) -> None:
    forward = await every_row(
        played.client, "get_candles", **played.about, interval="1m", start=0, limit=100
    )
    pages: list[list[list[Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = await ask_json(
            played.client, "get_candles", **played.about, interval="1m", limit=3, format="json",
            cursor=cursor or None,
        )  # fmt: skip
        pages.append(reply["rows"])
        cursor = reply["next"]
    assert [row for page in reversed(pages) for row in page] == forward


async def test_the_ticker_sums_up_the_trades(played: Played) -> None:
    text = await ask(
        played.client, "get_ticker", symbols=[played.market.as_written],
        market=played.market.name, columns="all",
    )  # fmt: skip
    table = read_table(text)
    (cells,) = table.rows
    row = dict(zip(table.columns, cells, strict=True))
    prices = [trade.price for trade in played.trades]
    contracts = sum((trade.quantity for trade in played.trades), Decimal(0))
    assert [row[name] for name in ("open", "high", "low", "last", "volume")] == [
        *map(oracle.digits, (prices[0], max(prices), min(prices), prices[-1])),
        oracle.digits(contracts),
    ]
    assert row["trades"] == str(len(prices))
    assert table.facts.get("volume_unit", "") == played.market.unit
    if played.market.name == "coinm":
        assert row["quote_volume"] == oracle.digits(contracts * 100)


async def test_the_weight_of_both_is_counted_as_the_venue_counts_it(
    played: Played, futures: Exchange
) -> None:
    await ask(played.client, "get_price", symbols=["btc/usdt"], market="usdm")
    status = await ask_json(played.client, "get_exchange_status")
    assert status["futures_weight_limit"] == 2400
    assert status["futures_weight_used"] >= futures.state()["futures"]["used_weight"] > 0
