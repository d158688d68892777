"""Following ``next`` to its end gives every row once, whatever cuts the pages: the limit or the budget."""

from typing import Any

import pytest

from tests.commands.venue import START_MS, Agent, cells, facts

pytestmark = pytest.mark.anyio
MOST_PAGES = 400
ALL = 4_000_000
"""Bytes: no budget to speak of."""
Pages = list[list[list[Any]]]

BACK: list[tuple[str, dict[str, Any]]] = [
    ("get_candles", {"symbol": "BTCUSDT", "interval": "1d"}),
    ("get_candles", {"symbol": "BTCUSDT", "interval": "1d", "end": "2026-09-01"}),
    ("get_trades", {"symbol": "BTCUSDT"}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "aggregate"}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "aggregate", "end": START_MS + 30_000}),
]
"""The newest first, and then back in time."""
ONWARD: list[tuple[str, dict[str, Any]]] = [
    ("get_candles", {"symbol": "ethusdt", "interval": "1d", "start": "2026-07-01"}),
    ("get_candles", {"symbol": "ETHUSDT", "interval": "1h", "start": "-50h", "end": "-2h"}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "historical", "from_id": "6200000101"}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "aggregate", "from_id": 0}),
    ("get_trades", {"symbol": "BTCUSDT", "kind": "aggregate", "start": "-40s", "end": "-10s"}),
    ("get_ticker", {"symbols": ["BTCUSDT", "ETHUSDT", "btc/usdt", "SOLUSDT", "XRPUSDT"]}),
    ("scan_market", {"sort": "change"}),
    ("search_symbols", {"query": "usdt"}),
]


async def walk(agent: Agent, tool: str, arguments: dict[str, Any], **form: Any) -> Pages:
    """The rows of all pages in JSON; every page also says how many rows it had to leave out."""
    pages: Pages = []
    cursor: str | None = None
    while len(pages) < MOST_PAGES:
        page = await agent.data(tool, **arguments, **form, format="json", cursor=cursor)
        pages.append(page["rows"])
        if (cursor := page["next"]) is None:
            return pages
    raise AssertionError("it never ends")


async def walk_text(agent: Agent, tool: str, arguments: dict[str, Any], **form: Any) -> Pages:
    """The same in CSV."""
    pages: Pages = []
    cursor: str | None = None
    while len(pages) < MOST_PAGES:
        text = await agent.text(tool, **arguments, **form, cursor=cursor)
        pages.append(cells(text))
        if (cursor := facts(text).get("next")) is None:
            return pages
    raise AssertionError("it never ends")


def shown(rows: list[list[Any]]) -> list[list[str]]:
    """JSON rows as CSV shows them."""
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize(("tool", "arguments"), BACK)
async def test_going_back_reaches_every_row_once(
    agent: Agent, tool: str, arguments: dict[str, Any]
) -> None:
    (everything,) = (await walk(agent, tool, arguments, limit=1000, max_bytes=ALL))[:1]
    by_limit = await walk(agent, tool, arguments, limit=17)
    by_budget = await walk_text(agent, tool, arguments, limit=60, max_bytes=1500)
    assert len(everything) > 40
    assert len(by_limit) > 2
    assert [row for page in reversed(by_limit) for row in page] == everything
    assert [row for page in reversed(by_budget) for row in page] == shown(everything)


@pytest.mark.parametrize(("tool", "arguments"), ONWARD)
async def test_going_on_reaches_every_row_once(
    agent: Agent, tool: str, arguments: dict[str, Any]
) -> None:
    most = {"get_ticker": 200, "search_symbols": 500}.get(tool, 1000)
    everything = (await walk(agent, tool, arguments, limit=most, max_bytes=ALL))[0]
    by_limit = await walk(agent, tool, arguments, limit=3)
    by_budget = await walk_text(agent, tool, arguments, limit=40, max_bytes=700)
    assert len(by_limit) > 1
    assert [row for page in by_limit for row in page] == everything
    assert [row for page in by_budget for row in page] == shown(everything)


async def test_recent_trades_go_back_to_the_first_one_there_is(agent: Agent) -> None:
    pages = await walk(agent, "get_trades", {"symbol": "BTCUSDT"}, limit=100)
    ids = [int(row[0]) for page in reversed(pages) for row in page]
    assert ids == list(range(6_200_000_001, ids[-1] + 1))


async def test_a_symbol_asked_twice_is_answered_once(agent: Agent) -> None:
    pages = await walk(
        agent, "get_ticker", {"symbols": ["BTCUSDT", "btc-usdt", "ETHUSDT"]}, limit=1
    )
    assert [[row[0] for row in page] for page in pages] == [["BTCUSDT"], ["ETHUSDT"]]


@pytest.mark.parametrize("group", [None, "5"])
async def test_a_book_is_read_to_its_end_level_by_level(agent: Agent, group: str | None) -> None:
    asked = {"symbol": "BTCUSDT", "group": group, "format": "json"}
    whole = await agent.data("get_order_book", **asked, limit=500, max_bytes=ALL)
    sides: dict[str, list[Any]] = {"bids": [], "asks": []}
    cursor, pages = None, 0
    while pages == 0 or (cursor is not None and len(sides["bids"]) < 45):
        page = await agent.data(
            "get_order_book", **asked, limit=15, cursor=cursor, max_bytes=700 + 400 * (pages % 2)
        )
        for side, levels in sides.items():
            levels.extend(page[side])
        cursor, pages = page["next"], pages + 1
    assert pages > 2
    for side, levels in sides.items():
        assert levels == whole[side][: len(levels)]
        assert len(levels) >= min(40, len(whole[side]))


@pytest.mark.parametrize("limit", [1, 4])
async def test_a_grouped_book_goes_on_while_groups_follow(agent: Agent, limit: int) -> None:
    page = await agent.data(
        "get_order_book", symbol="PEPEUSDT", group="0.0000001", limit=limit, format="json"
    )
    assert len(page["bids"]) == limit
    assert page["group"] == "0.0000001"
    assert page["next"] is not None


async def test_a_range_that_ends_now_still_ends_there_on_its_next_page(agent: Agent) -> None:
    asked = {"symbol": "BTCUSDT", "interval": "1m", "start": "-5m", "end": "now", "limit": 2}
    pages = await walk(agent, "get_candles", asked)
    times = [row[0] for page in pages for row in page]
    assert len(times) == len(set(times)) == 5


async def test_what_does_not_fit_is_counted_beside_the_rows(agent: Agent) -> None:
    arguments = {"symbol": "BTCUSDT", "limit": 100, "max_bytes": 1000}
    text = await agent.text("get_candles", **arguments)
    assert len(text.encode()) <= 1000
    assert int(facts(text)["left_out"]) + len(cells(text)) == 100
    data = await agent.data("get_candles", **arguments, format="json")
    assert data["left_out"] + len(data["rows"]) == 100
