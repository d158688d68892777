"""The owner stops everything with one command, and only a person starts it again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from binance_mcp_server.binance_api.endpoints_trading import new_order
from binance_mcp_server.cli.parser import USAGE_ERROR
from binance_mcp_server.trading.journal import Killed, Released
from binance_mcp_server.trading.journal_file import FILE, read_whole
from binance_mcp_server.trading.kill_switch import KillSwitch
from tests.binance_api.signed_scene import credentials_of, limit_order, orders_at, signed_api
from tests.cli.owner import Owner
from tests.clients.process import ExchangeProcess


@pytest.fixture
def owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Owner:
    return Owner(tmp_path / "state", monkeypatch, capsys)


@pytest.fixture(scope="module")
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


def test_engaging_needs_nobody_and_is_heard_on_every_venue(owner: Owner) -> None:
    assert owner.runs("kill", "status") == 0
    assert "not engaged" in owner.shown
    assert owner.runs("kill", "engage", "--reason", "enough") == 0
    assert "Open orders stay" in owner.shown
    assert KillSwitch(owner.folder, "live").engaged()
    assert owner.runs("kill", "status") == 0
    assert "ENGAGED for all venues by the owner: enough" in owner.shown


def test_of_one_venue_it_leaves_the_others(owner: Owner) -> None:
    assert owner.runs("kill", "engage", "--venue", "testnet") == 0
    assert KillSwitch(owner.folder, "testnet").engaged()
    assert KillSwitch(owner.folder, "live").engaged() is None


def test_only_a_person_releases_it(owner: Owner) -> None:
    owner.runs("kill", "engage")
    assert owner.runs("kill", "release") == USAGE_ERROR
    assert owner.runs("kill", "release", typed="yes\n") == 1
    assert KillSwitch(owner.folder, "live").engaged()
    assert owner.runs("kill", "release", typed="release\n") == 0
    assert KillSwitch(owner.folder, "live").engaged() is None
    assert owner.runs("kill", "release", typed="release\n") == 0
    assert "not engaged" in owner.shown
    lines = read_whole(owner.folder).lines
    assert [type(line) for line in lines] == [Killed, Released]


def test_a_journal_that_does_not_verify_stops_nobody_from_stopping(owner: Owner) -> None:
    owner.runs("kill", "engage")
    (owner.folder / FILE).write_bytes(b"nonsense\n")
    assert owner.runs("kill", "engage", "--venue", "live") == 0
    assert "not in the journal" in owner.shown
    assert KillSwitch(owner.folder, "live").engaged()


def test_open_orders_of_the_configured_key_are_cancelled(
    owner: Owner, venue: ExchangeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = venue.open_account("stopped", balances={"USDT": "10000"})
    for name, value in (
        ("MCP_VENUE", "sim"),
        ("MCP_REST_URL", venue.rest),
        ("API_KEY", account["api_key"]),
        ("API_SECRET", account["api_secret"]),
    ):
        monkeypatch.setenv(f"BINANCE_{name}", value)
    asyncio.run(place(venue, account))
    assert owner.runs("kill", "engage") == 0
    assert "No order is open on sim" in owner.shown
    assert [each["status"] for each in orders_at(venue, "stopped")] == ["CANCELED"] * 2
    assert account["api_secret"] not in owner.shown


async def place(venue: ExchangeProcess, account: dict[str, str]) -> None:
    async with signed_api(venue.rest, credentials_of(account)) as api:
        for name in ("one", "other"):
            await api.send(new_order(limit_order("58000", name)))
