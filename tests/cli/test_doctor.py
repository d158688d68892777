"""Doctor: what works from here is told line by line, and the exit code says whether the venue can serve."""

import argparse
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from binance_mcp_server.access.secrets import KeySettings, Secret
from binance_mcp_server.cli.doctor import Finding, doctor, findings
from binance_mcp_server.settings import Settings
from binance_mcp_server.venues import Hosts
from tests.commands.venue import StillExchange

OPTIONS = argparse.Namespace(venue=None, key=None)


@pytest.fixture(scope="module")
def venue() -> Iterator[StillExchange]:
    with StillExchange() as exchange:
        yield exchange


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A sim venue at an address that a test names, and a state directory of its own."""
    for name in ("HTTPS_PROXY", "https_proxy", "BINANCE_API_KEY", "BINANCE_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BINANCE_MCP_VENUE", "sim")
    monkeypatch.setenv("BINANCE_MCP_STATE_DIR", str(tmp_path / "state"))
    return monkeypatch


def test_a_venue_that_serves_ends_with_0(
    venue: StillExchange, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("BINANCE_MCP_REST_URL", venue.rest)
    environment.setenv("BINANCE_MCP_STREAM_URL", venue.hosts.stream)
    assert doctor(OPTIONS) == 0
    out, _ = capsys.readouterr()
    for subject in ("venue", "proxy", "credentials", "state", "REST", "clock", "weight", "streams"):
        assert f"  {subject}  " in out
    for product in ("USDⓈ-M", "COIN-M"):
        assert f"ok    {product}  " in out
    assert "sim can serve from here." in out
    assert "FAIL" not in out


def test_a_port_at_which_nobody_listens_ends_with_1(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    environment.setenv("BINANCE_MCP_REST_URL", address)
    assert doctor(OPTIONS) == 1
    out, err = capsys.readouterr()
    assert "FAIL  REST" in out
    assert "No connection" in out
    assert "sim cannot serve from here." in out
    assert "Traceback" not in out + err


def test_a_refusal_by_region_comes_with_what_to_do(
    venue: StillExchange, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    venue.respond("/api/v3/ping", status=451, body='{"code":0,"msg":"Restricted location."}')
    environment.setenv("BINANCE_MCP_REST_URL", venue.rest)
    assert doctor(OPTIONS) == 1
    out, _ = capsys.readouterr()
    assert "451" in out
    assert "data-api.binance.vision" in out
    assert "`us`" in out


@pytest.mark.anyio
async def test_a_mirror_that_answers_for_a_refusing_venue_is_a_note(
    venue: StillExchange, tmp_path: Path
) -> None:
    venue.respond("/api/v3/ping", status=451, body="{}")
    mirrored = Hosts(
        venue.rest, venue.hosts.stream, "", mirror=venue.rest.replace("127.0.0.1", "localhost")
    )
    found = await everything(Settings(venue="sim", hosts={"spot": mirrored}, state_dir=tmp_path))
    assert found["REST"].verdict == "note"
    assert "mirror" in found["REST"].text


async def everything(settings: Settings) -> dict[str, Finding]:
    return {finding.subject: finding async for finding in findings(settings)}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("key", "secret", "verdict", "words"),
    [
        (None, False, "ok", "none found"),
        (Secret("SIMhunter2"), False, "note", "no secret"),
        (Secret("SIMhunter2"), True, "ok", "found"),
    ],
)
async def test_credentials_are_found_and_not_shown(
    venue: StillExchange, key: Secret | None, secret: bool, verdict: str, words: str
) -> None:
    hosts = {"spot": venue.hosts}
    keys = KeySettings(api_key=key, secret=Secret("hunter3") if secret else None)
    found = await everything(Settings(venue="sim", hosts=hosts, keys=keys))
    assert found["credentials"].verdict == verdict
    assert words in found["credentials"].text
    assert "hunter" not in repr(found)


@pytest.mark.anyio
async def test_a_state_directory_that_cannot_be_is_a_note(
    venue: StillExchange, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    settings = Settings(venue="sim", hosts={"spot": venue.hosts}, state_dir=file / "state")
    found = await everything(settings)
    assert found["state"].verdict == "note"
    assert "BINANCE_MCP_STATE_DIR" in found["state"].advice


@pytest.mark.anyio
async def test_a_venue_without_an_address_fails_with_what_to_set() -> None:
    found = await everything(Settings(venue="us"))
    assert found["exchange"].verdict == "FAIL"
    assert "BINANCE_MCP_REST_URL" in found["exchange"].advice


@pytest.mark.anyio
async def test_a_product_that_does_not_answer_is_a_note_since_spot_can_serve(
    venue: StillExchange,
) -> None:
    hosts = {"spot": venue.hosts, "usdm": Hosts("http://127.0.0.1:1", "", "")}
    found = await everything(Settings(venue="sim", hosts=hosts))
    assert (found["USDⓈ-M"].verdict, found["COIN-M"].verdict) == ("note", "ok")
    assert "No connection" in found["USDⓈ-M"].text


@pytest.mark.anyio
async def test_a_stream_host_that_is_not_there_is_a_note(venue: StillExchange) -> None:
    hosts = Hosts(venue.rest, "ws://127.0.0.1:1", "")
    found = await everything(Settings(venue="sim", hosts={"spot": hosts}))
    assert found["streams"].verdict == "note"
    assert found["REST"].verdict == "ok"
