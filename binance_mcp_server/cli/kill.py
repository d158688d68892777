"""``kill``: the kill switch in the owner's hand. Engaged, no process places an order; open ones are cancelled too."""

import argparse
import asyncio
import sys
from pathlib import Path

from binance_mcp_server.binance_api.errors_map import clean
from binance_mcp_server.cli.audit import state_dir
from binance_mcp_server.cli.person import must_be_here, types
from binance_mcp_server.clock import SystemClock
from binance_mcp_server.errors import BinanceMcpError, JournalError
from binance_mcp_server.settings import Settings, load_settings
from binance_mcp_server.trading import kill_switch
from binance_mcp_server.trading.journal import Killed, Line, Released
from binance_mcp_server.trading.journal_file import JournalFile
from binance_mcp_server.trading.kill_switch import ALL, Engaged
from binance_mcp_server.venues import VENUES

BY = "the owner"
NOT_DONE = 1


def kill(options: argparse.Namespace) -> int:
    """Show, engage or release; returns the exit code."""
    folder = state_dir()
    match options.action:
        case "engage":
            return _engage(folder, options.venue or ALL, options.reason)
        case "release":
            return _release(folder, options.venue)
        case _:
            return _status(folder)


def _status(folder: Path) -> int:
    engaged = _engaged(folder)
    for said in engaged:
        sys.stdout.write(f"ENGAGED for {_name(said.venue)} by {clean(said.by)}: {_why(said)}\n")
    if not engaged:
        sys.stdout.write("The kill switch is not engaged.\n")
    return 0


def _engaged(folder: Path) -> list[Engaged]:
    found = (kill_switch.read(folder, venue) for venue in (ALL, *VENUES))
    return [said for said in found if said]


def _why(said: Engaged) -> str:
    return clean(said.reason) or "no reason given"


def _name(venue: str) -> str:
    return "all venues" if venue == ALL else venue


def _engage(folder: Path, venue: str, reason: str) -> int:
    """The switch first: whatever fails after it, nothing new is placed."""
    now = SystemClock().now_ms()
    kill_switch.write(folder, Engaged(venue, now, BY, reason[: kill_switch.MAX_REASON]))
    sys.stdout.write(f"Engaged: no process places an order on {_name(venue)} any more.\n")
    _note(folder, Killed(at=now, venue=venue, by=BY, reason=reason))
    settings = load_settings({} if venue == ALL else {"venue": venue})
    if not settings.keys.is_complete:
        sys.stdout.write(
            "Open orders stay as they are: no key is configured here. Cancel them on the venue's own pages,"
            " or let the agent call stop_trading.\n"
        )
        return 0
    return asyncio.run(_cancel(settings))


async def _cancel(settings: Settings) -> int:
    """Every open order of the configured key's account."""
    from binance_mcp_server.services import Services
    from binance_mcp_server.trading.stopping import cancel_everything

    try:
        async with Services(settings, SystemClock()) as services:
            left = await cancel_everything(await services.account.line())
    except BinanceMcpError as error:
        sys.stdout.write(f"Open orders could not be cancelled: {error.message} {error.advice}\n")
        return NOT_DONE
    if left:
        sys.stdout.write(f"{len(left)} orders are still open on {settings.venue}: try again.\n")
        return NOT_DONE
    sys.stdout.write(f"No order is open on {settings.venue}.\n")
    return 0


def _release(folder: Path, venue: str | None) -> int:
    """Of one venue, or of everything that is engaged."""
    must_be_here("releasing the kill switch")
    engaged = [said.venue for said in _engaged(folder) if venue in {None, said.venue}]
    if not engaged:
        sys.stdout.write("It is not engaged.\n")
        return 0
    where = " and ".join(map(_name, engaged))
    if not types(f"Orders on {where} are possible again then.", "release"):
        sys.stdout.write("It stays engaged.\n")
        return NOT_DONE
    for each in engaged:
        kill_switch.release(folder, each)
        _note(folder, Released(at=SystemClock().now_ms(), venue=each, by=BY))
    sys.stdout.write("Released.\n")
    return 0


def _note(folder: Path, line: Line) -> None:
    """Into the journal; a journal that cannot be written stops nobody from stopping."""
    journal = JournalFile(folder, SystemClock())
    try:
        journal.transact(lambda _: (line,), durable=True)
    except JournalError as error:
        sys.stdout.write(f"It is not in the journal: {error.message}\n")
    finally:
        journal.close()
