"""A candle chart: as wide as there are candles, prices at the left, colour by direction."""

from decimal import Decimal

import pytest

from binance_mcp_server.cli.chart import Bar, draw

HEAD = "symbol: X\nopen_time,open,high,low,close,volume\n"


def lines(reply: str, rows: int = 14) -> list[str]:
    return draw(reply, rows).plain.splitlines()


def test_a_reply_without_candles_draws_nothing() -> None:
    assert draw("error: no").plain == ""
    assert draw(HEAD).plain == ""


def columns(chart: list[str], at: int) -> list[str]:
    """What is drawn for each candle, from top to bottom; *at* is where the first one stands."""
    return ["".join(line[place] for line in chart) for place in range(at, len(chart[0]), 2)]


def test_every_candle_has_a_column_that_reaches_from_its_high_to_its_low() -> None:
    chart = lines(HEAD + "t1,10,20,5,15,1\nt2,15,30,12,13,1\n", rows=5)
    assert columns(chart, at=3) == [" │┃┃│", "││┃┃ "]


def test_prices_stand_at_the_top_the_middle_and_the_bottom_as_exact_as_the_data() -> None:
    chart = lines(HEAD + "t1,10,20,5.5,15,1\n", rows=6)
    assert [line[:4].strip() for line in chart] == ["20.0", "", "", "12.8", "", "5.5"]
    small = lines(HEAD + "t1,0.00001,0.00003,0.00001,0.00002,1\n", rows=6)
    assert small[0].startswith("0.00003")


def test_a_market_that_stood_still_is_one_line() -> None:
    chart = lines(HEAD + "t1,7,7,7,7,0\nt2,7,7,7,7,0\n", rows=4)
    assert [line.rstrip() for line in chart] == ["7 ┃ ┃"]


@pytest.mark.parametrize(("close", "colour"), [("9", "red"), ("11", "green"), ("10", "green")])
def test_rising_is_green_and_falling_is_red(close: str, colour: str) -> None:
    chart = draw(HEAD + f"t1,10,12,8,{close},1\n")
    assert {span.style for span in chart.spans} == {colour}


@pytest.mark.parametrize(
    ("low", "high", "mark"),
    [(0, 5, " "), (5, 10, "│"), (10, 15, "┃"), (15, 20, "┃"), (16, 20, "│"), (21, 25, " ")],
)
def test_a_band_shows_body_wick_or_nothing(low: int, high: int, mark: str) -> None:
    bar = Bar(Decimal(10), Decimal(20), Decimal(5), Decimal(15))
    assert bar.mark(Decimal(low), Decimal(high)) == mark
