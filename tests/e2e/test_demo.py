"""What a newcomer sees first: the whole story, told to its end, without a key and without the internet."""

from pathlib import Path

from tests.e2e.processes import run_to_its_end

STEPS = (
    "get_exchange_status",
    "search_symbols",
    "subscribe_stream",
    "wait_for_market",
    "summarize_stream",
    "get_price",
    "get_order_book",
    "estimate_fill",
    "get_candles",
    "scan_market",
    "get_symbol_rules",
)


def told(*arguments: object) -> str:
    ended = run_to_its_end("demo", *arguments)
    assert ended.code == 0, ended.out + ended.errors
    assert "Traceback" not in ended.errors
    assert all(f"{step}(" in ended.out for step in STEPS)
    assert "error, as it should" in ended.out
    assert "read_stream" in ended.out
    assert "live book" in ended.out
    words = " ".join(ended.out.split())
    assert "0 missing, 0 twice, 0 gaps" in words  # over the cut that it makes itself
    return ended.out


def test_the_story_on_the_simulated_market() -> None:
    story = told()
    assert "venue: sim" in story
    assert "┃" in story  # the candle chart
    assert "Did you mean BTCUSDT?" in story


def test_the_story_on_a_recording(captures: list[Path]) -> None:
    story = told("--replay", *captures)
    assert "Recording played to 2024-08-09T00:05:05.809Z" in story
    assert "61602.01,61602.02" in story
