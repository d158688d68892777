"""Bodies: the venue's field order, its digits and its rounding, held against recordings."""

import gzip
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.types import BookView, Level, Stats
from binance_mcp_server.exchange.numbers import SCALE, parse
from binance_mcp_server.exchange.sources.base import KlineRow
from binance_mcp_server.exchange.wire import shapes


def stats_of(ticker: dict[str, str | int]) -> Stats:
    """A recorded ticker's facts, without what is computed from them."""

    def units(name: str) -> int:
        return parse(str(ticker[name]))

    return Stats(
        open_time=int(ticker["openTime"]),
        close_time=int(ticker["closeTime"]),
        open=units("openPrice"),
        high=units("highPrice"),
        low=units("lowPrice"),
        last=units("lastPrice"),
        last_qty=units("lastQty"),
        previous_close=units("prevClosePrice"),
        volume=units("volume"),
        quote=units("quoteVolume") * SCALE,
        first_id=int(ticker["firstId"]),
        last_id=int(ticker["lastId"]),
        trades=int(ticker["count"]),
    )


def top_of(ticker: dict[str, str | int]) -> BookView:
    bid, ask = (
        Level(parse(str(ticker[f"{side}Price"])), parse(str(ticker[f"{side}Qty"])))
        for side in ("bid", "ask")
    )
    return BookView(1, (bid,) if bid.price else (), (ask,) if ask.price else ())


def test_recorded_tickers_come_back_word_for_word(data_dir: Path) -> None:
    path = data_dir / "rest" / "ticker24hr_spot_all_2021-02-10.json.gz"
    recorded = json.loads(gzip.decompress(path.read_bytes()))
    recorded = [row for row in recorded if len(row["lastPrice"].partition(".")[2]) == 8]
    assert len(recorded) > 1000
    different = 0
    for ticker in recorded:
        stats = stats_of(ticker)
        times = (stats.open_time, stats.close_time)
        made = shapes.ticker_24h_full(ticker["symbol"], stats, top_of(ticker), times)
        assert list(made) == list(ticker)
        for name in made.keys() - {"weightedAvgPrice", "priceChangePercent"}:
            assert made[name] == ticker[name], (ticker["symbol"], name)
        different += made != ticker
    # The recorded quote volume is cut to 8 decimals, so the last digit of a quotient can differ.
    assert different / len(recorded) < 0.02


def test_a_recorded_book_ticker_comes_back_byte_for_byte(data_dir: Path) -> None:
    text = (data_dir / "rest/2026-07/api-v3-ticker-bookTicker-symbols-batch.json").read_text()
    made = [shapes.book_ticker(row["symbol"], top_of(row)) for row in json.loads(text)]
    assert json.dumps(made, separators=(",", ":")) == text.strip()


def test_an_empty_book_has_zeros() -> None:
    ticker = shapes.book_ticker("XMRUSDT", BookView(0, (), ()))
    assert set(ticker.values()) == {"XMRUSDT", "0.00000000"}


def test_a_market_without_trades_divides_by_nothing() -> None:
    nothing = Stats(1, 2, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0)
    body = shapes.ticker_full("XMRUSDT", nothing, (1, 2))
    assert body["priceChangePercent"] == "0.000"
    assert body["weightedAvgPrice"] == "0.00000000"


@given(
    st.integers(0, 2 * 10**12),
    st.lists(st.from_regex(r"\A[0-9]{1,6}\.[0-9]{8}\Z"), min_size=8, max_size=8),
)
def test_a_candles_digits_are_not_touched(open_time: int, digits: list[str]) -> None:
    prices, (quote, base, taker) = digits[:5], digits[5:]
    times = (open_time, open_time + 59_999)
    row = KlineRow._make((times[0], *prices, times[1], quote, 3, base, taker))
    assert shapes.kline(row, 1) == (*row, "0")
    micro = shapes.kline(row, 1000)
    assert (micro[0], micro[6]) == (open_time * 1000, (open_time + 60_000) * 1000 - 1)
