"""The benchmark table: a ratio meets its target or does not, and lands between the page's markers."""

import pytest

from benchmarks.report import BEGIN, END, Row, insert, table


def row(figure: float, target: float, *, at_least: bool = False) -> Row:
    return Row("start", "1 ms", "2 ms", figure, target, ">=" if at_least else "<=")


def test_a_ceiling_is_met_from_below_and_a_floor_from_above() -> None:
    assert row(1.1, 1.1).met
    assert not row(1.2, 1.1).met
    assert row(1.3, 1.3, at_least=True).met
    assert not row(1.2, 1.3, at_least=True).met


def test_the_table_says_what_was_missed() -> None:
    text = table([row(1.0, 1.1), row(2.0, 1.1)])
    assert text.splitlines()[2:] == [
        "| start | 1 ms | 2 ms | **1.00** × | ≤ 1.1 × | met |",
        "| start | 1 ms | 2 ms | **2.00** × | ≤ 1.1 × | **missed** |",
    ]


def test_a_new_table_replaces_the_old_one_and_nothing_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert insert(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert insert(insert(page, "old"), "new") == insert(page, "new")


def test_a_page_without_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="the page has no"):
        insert("nothing here", "new")
