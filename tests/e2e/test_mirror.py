"""``--mirror`` as a user has it: one exchange shows the market of another, alone and behind the MCP server."""

from pathlib import Path
from typing import Any

from tests.e2e.pipe import Pipe
from tests.e2e.processes import Exchange, run_to_its_end

HOURS = "/api/v3/klines?symbol=BTCUSDT&interval=1d&limit=30&endTime="


def past(exchange: Exchange, end_ms: int) -> Any:
    """Days that closed before *end_ms*."""
    return exchange.get(f"{HOURS}{end_ms - 2 * 86_400_000}")


def test_an_exchange_shows_the_market_of_another(scenario: Exchange) -> None:
    with Exchange("--mirror", scenario.rest, "--mirror-symbols", "btcusdt,ETHUSDT") as mirror:
        state = mirror.state()
        assert (state["source"], state["of"], state["trouble"]) == ("mirror", "sim", "")
        listed = [each["symbol"] for each in mirror.get("/api/v3/exchangeInfo")["symbols"]]
        assert listed == ["BTCUSDT", "ETHUSDT"]
        assert past(mirror, state["start_ms"]) == past(scenario, state["start_ms"])
        for symbol in listed:
            book = mirror.get(f"/api/v3/depth?symbol={symbol}")
            assert book["lastUpdateId"]
            assert min(len(book["bids"]), len(book["asks"])) == 100
        assert mirror.errors() == ""


def test_the_server_serves_a_mirrored_market(scenario: Exchange, tmp_path: Path) -> None:
    arguments = ("--venue", "sim", "--mirror", scenario.rest, "--mirror-symbols", "BTCUSDT")
    with Pipe("2026-07-28", *arguments, BINANCE_MCP_STATE_DIR=tmp_path) as server:
        server.hello()
        found = server.call("search_symbols", query="USDT", format="json")["structuredContent"]
        symbol = found["columns"].index("symbol")
        assert [row[symbol] for row in found["rows"]] == ["BTCUSDT"]
        assert "BTCUSDT" in str(server.call("get_price", symbols=["BTCUSDT"]))
        assert server.close() == 0


def test_a_mirror_that_cannot_be_ends_with_2_and_says_why(scenario: Exchange) -> None:
    for arguments, words in (
        (["exchange", "--mirror", "moon"], "neither a venue"),
        (["exchange", "--mirror", "https://evil.example"], "Binance's"),
        (["exchange", "--mirror", scenario.rest, "--mirror-symbols", "NOSUCH"], "symbol"),
        (["exchange", "--mirror", "live", "--speed", "2"], "recording"),
        (["serve", "--venue", "live", "--mirror", "live"], "--venue sim"),
    ):
        ended = run_to_its_end(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert words in ended.errors
        assert "Traceback" not in ended.errors
