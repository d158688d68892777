"""What the market tools answer on a market held still."""

from typing import Any

import pytest

from tests.commands.venue import Agent, StillExchange, cells, facts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "symbols", ["btc/usdt", "BTC-USDT", ["btcusdt"], '["BTCUSDT"]', " BTC:USDT "]
)
async def test_a_symbol_is_read_as_people_write_it(agent: Agent, symbols: str | list[str]) -> None:
    price = await agent.data("get_price", symbols=symbols)
    assert (price["symbol"], price["venue"]) == ("BTCUSDT", "sim")
    assert price["as_of"] == "2026-09-21T14:14:20Z"


async def test_several_prices_come_in_the_order_asked_each_once(agent: Agent) -> None:
    asked = "PEPEUSDT, btcusdt, 币安人生USDT, PEPEUSDT"
    prices = (await agent.data("get_price", symbols=asked))["prices"]
    assert list(prices) == ["PEPEUSDT", "BTCUSDT", "币安人生USDT"]
    assert prices["PEPEUSDT"].startswith("0.00000")
    assert "E" not in prices["PEPEUSDT"]


async def test_an_average_price_says_over_how_many_minutes(agent: Agent) -> None:
    average = await agent.data("get_average_price", symbol="BTCUSDT")
    assert average["minutes"] == 5
    assert float(average["price"]) > 1000
    assert average["last_trade"].endswith("Z")


@pytest.mark.parametrize("window", ["24h", "day", "1m", "59m", "23h", "7d"])
async def test_a_ticker_of_every_window(agent: Agent, window: str) -> None:
    text = await agent.text("get_ticker", symbols="BTCUSDT", window=window)
    assert facts(text)["window"] == window
    assert cells(text)[0][0] == "BTCUSDT"


async def test_a_trading_day_begins_where_its_time_zone_says(agent: Agent) -> None:
    arguments = {"symbols": ["BTCUSDT"], "window": "day", "columns": "open_time"}
    utc = await agent.text("get_ticker", **arguments)
    kathmandu = await agent.text("get_ticker", **arguments, time_zone="+5:45")
    assert cells(utc) == [["2026-09-21T00:00Z"]]
    assert cells(kathmandu) == [["2026-09-20T18:15Z"]]


async def test_a_book_is_the_same_in_both_forms(agent: Agent) -> None:
    text = await agent.text("get_order_book", symbol="PEPEUSDT", limit=5)
    data = await agent.data("get_order_book", symbol="PEPEUSDT", limit=5, format="json")
    assert [[bid, size] for size, bid, _, _ in cells(text)] == data["bids"]
    assert [[ask, size] for _, _, ask, size in cells(text)] == data["asks"]
    assert data["bids"][0][0] == data["best_bid"] == facts(text)["best_bid"]
    assert data["asks"][0][0] == data["best_ask"]


async def test_a_book_without_orders_is_empty_and_not_an_error(agent: Agent) -> None:
    book = await agent.data("get_order_book", symbol="XMRUSDT", format="json")
    assert (book["bids"], book["asks"], book["next"], book["mid"]) == ([], [], None, None)


async def test_the_open_candle_is_marked_and_a_closed_one_is_not(agent: Agent) -> None:
    newest = await agent.data(
        "get_candles", symbol="BTCUSDT", interval="1m", limit=2, format="json"
    )
    closed = await agent.data(
        "get_candles", symbol="BTCUSDT", interval="1m", end="2026-09-21T14:13Z", format="json"
    )
    assert newest["open"] is True
    assert newest["rows"][-1][0] == "2026-09-21T14:14Z"
    assert "open" not in closed


async def test_candles_of_a_time_zone_say_so(agent: Agent) -> None:
    arguments = {"symbol": "BTCUSDT", "interval": "1d", "limit": 2}
    shifted = await agent.text("get_candles", **arguments, time_zone="utc+8 ")
    assert facts(shifted)["time_zone"] == "+08:00"
    assert cells(shifted)[-1][0] == "2026-09-20T16:00Z"
    assert "time_zone" not in facts(await agent.text("get_candles", **arguments, time_zone="0"))


async def test_progress_is_told_on_the_way_through_many_pages(agent: Agent) -> None:
    told: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    arguments = {"symbol": "BTCUSDT", "interval": "1m", "start": "-50h", "limit": 2500}
    await agent.client.call_tool("get_candles", arguments, progress_handler=hear)
    assert told[-1] == (2500, 2500)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_columns_come_as_asked(agent: Agent) -> None:
    for columns in (["close", "open_time", "close"], "close, open_time", '["close","open_time"]'):
        page = await agent.data("get_candles", symbol="BTCUSDT", columns=columns, format="json")
        assert page["columns"] == ["close", "open_time"]
        assert len(page["rows"][0]) == 2


async def test_a_scan_ranks_filters_and_counts(agent: Agent) -> None:
    text = await agent.text("scan_market", sort="change", ascending=True, min_trades=1, limit=3)
    changes = [float(row[2]) for row in cells(text)]
    assert changes == sorted(changes)
    assert int(facts(text)["matched"]) <= int(facts(text)["considered"])
    some = await agent.data("scan_market", min_change="0", max_change=2, format="json", limit=100)
    assert all(0 <= float(row[2]) <= 2 for row in some["rows"])
    btc = await agent.data("scan_market", quote="btc", format="json")
    assert [row[0] for row in btc["rows"]] == ["ETHBTC"]


async def test_every_symbol_of_the_venue_is_one_request(agent: Agent, venue: StillExchange) -> None:
    path = "/api/v3/ticker/24hr"
    before = venue.state()["by_path"].get(path, 0)
    for sort in ("change", "volume", "trades", "range"):
        await agent.text("scan_market", sort=sort)
    assert venue.state()["by_path"][path] == before + 1


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({}, "recent"),
        ({"from_id": 6_200_000_003}, "historical"),
        ({"start": "-30s"}, "aggregate"),
        ({"end": "now"}, "aggregate"),
        ({"kind": "aggregate", "from_id": 0}, "aggregate"),
    ],
)
async def test_the_kind_of_trades_follows_from_the_other_arguments(
    agent: Agent, arguments: dict[str, Any], kind: str
) -> None:
    text = await agent.text("get_trades", symbol="BTCUSDT", limit=3, **arguments)
    assert facts(text)["kind"] == kind
    assert cells(text)
