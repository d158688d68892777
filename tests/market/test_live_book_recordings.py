"""Recorded differences against the best prices that the venue itself sent beside them."""

from pathlib import Path

import pytest

from binance_mcp_server.market.live_book import LiveBook, Outcome, Top
from binance_mcp_server.models.market import Depth
from tests.market.depth_oracle import BestPrices, Style, recorded

SPOT = ["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"]
USDM = ["usdm_btcusdt_20240808.gz"]
COINM = ["coinm_btcusd_perp_20240808.gz"]
CAPTURES = [
    pytest.param("spot", SPOT, 6_493, 2, id="spot"),
    pytest.param("futures", USDM, 6_546, 0, id="usdm"),
    pytest.param("futures", COINM, 26_823, 0, id="coinm"),
]
"""Depth events from the snapshot on, and those at which the recording's own two streams disagree: twice a best bid was
gone for two or three updates, and spot's ``bookTicker`` did not say so."""


def row(top: Top) -> tuple[str, str, str, str] | None:
    return (*top.bids[0], *top.asks[0]) if top.bids and top.asks else None


@pytest.mark.parametrize(("style", "names", "events", "apart"), CAPTURES)
def test_the_top_is_what_the_venue_called_its_best_prices(
    data_dir: Path, style: Style, names: list[str], events: int, apart: int
) -> None:
    files = [data_dir / "captures" / name for name in names]
    prices = BestPrices.read(files)
    book = LiveBook(style)
    seen = same = at_equal_ids = 0
    for each in recorded(files):
        # The recording has no other source, so its snapshot passes for a whole one.
        done = book.snapshot(each, limit=5000) if isinstance(each, Depth) else book.diff(each)
        assert done is not Outcome.GAP
        if done is not Outcome.APPLIED:
            continue
        top = row(book.top(1))
        seen += 1
        same += top == prices.at(book.last_update_id)
        if book.last_update_id in prices.known:
            assert top == prices.at(book.last_update_id)
            at_equal_ids += 1
    assert (seen, seen - same, book.resyncs) == (events, apart, 0)
    assert at_equal_ids > 600


@pytest.mark.parametrize(("style", "names", "events", "apart"), CAPTURES)
def test_what_is_shown_within_the_snapshots_edge_is_right_as_well(
    data_dir: Path, style: Style, names: list[str], events: int, apart: int
) -> None:
    files = [data_dir / "captures" / name for name in names]
    prices = BestPrices.read(files)
    book = LiveBook(style)
    seen = same = 0
    for each in recorded(files):
        done = book.snapshot(each) if isinstance(each, Depth) else book.diff(each)
        top = row(book.top(1))
        if done is Outcome.APPLIED and top:
            seen += 1
            same += top == prices.at(book.last_update_id)
    assert seen > 0.8 * events
    assert seen - same <= apart
