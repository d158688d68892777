"""What cannot work ends at once: exit code 2, words on stderr that say what to do, nothing on stdout."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Ended, run_to_its_end


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


def refused(ended: Ended, *words: str) -> None:
    assert (ended.code, ended.out) == (2, ""), ended.errors
    assert all(word in ended.errors for word in words), ended.errors
    assert "Traceback" not in ended.errors
    assert len(ended.errors.splitlines()) <= 2


@pytest.mark.parametrize("option", ["--port", "--stream-port"])
def test_a_port_in_use_for_the_exchange(taken: int, option: str) -> None:
    refused(run_to_its_end("exchange", option, taken), str(taken), option)


def test_a_port_in_use_for_the_server(taken: int) -> None:
    ended = run_to_its_end("serve", "--venue", "sim", "--http", f"127.0.0.1:{taken}")
    refused(ended, str(taken), "--http")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("btcusdt.gz", b"not gzip at all"),
        ("btcusdt.txt", b'1723161253937085768 {"stream":"btcusdt@trade"\n'),
        ("empty.txt", b""),
        ("BTCUSDT_1h.jsonl", b"[1,2,3]\n"),
    ],
)
def test_a_recording_that_is_none(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    refused(run_to_its_end("exchange", "--replay", tmp_path / name), name)


def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    refused(run_to_its_end("exchange", "--replay", tmp_path / "gone.gz"), "gone.gz")


def test_a_recording_cut_short(captures: list[Path], tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(captures[0].read_bytes()[:50_000])
    refused(run_to_its_end("exchange", "--replay", cut), "cut.gz", "cut short")


def test_recordings_in_the_wrong_order(captures: list[Path]) -> None:
    refused(run_to_its_end("exchange", "--replay", *reversed(captures)), "in order of their time")


def test_a_recording_in_another_form(data_dir: Path) -> None:
    name = "usdm_btcusdt_20260304_clip.ndjson"
    refused(run_to_its_end("exchange", "--replay", data_dir / "captures" / name), name)


@pytest.mark.parametrize(
    ("venue", "key"),
    [("live", "SIM123"), ("us", "SIM123"), ("testnet", "SIM123"), ("sim", "theirs123")],
)
def test_a_key_of_another_venue_is_not_sent_and_not_shown(venue: str, key: str) -> None:
    ended = run_to_its_end("serve", "--venue", venue, BINANCE_API_KEY=key)
    refused(ended, "BINANCE_API_KEY")
    assert key not in ended.errors


def test_a_real_key_for_an_address_on_loopback() -> None:
    ended = run_to_its_end(
        "serve", BINANCE_API_KEY="real", BINANCE_MCP_REST_URL="http://127.0.0.1:1"
    )
    refused(ended, "BINANCE_API_KEY")


@pytest.mark.parametrize(
    "url", ["http://evil.example", "http://api.binance.com", "ftp://binance.com"]
)
def test_an_address_that_is_not_binances(url: str) -> None:
    refused(run_to_its_end("serve", BINANCE_MCP_REST_URL=url), "BINANCE_MCP_REST_URL")
