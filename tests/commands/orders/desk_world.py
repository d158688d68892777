"""A server that may trade on the still exchange, a person at its client, and the account as the exchange has it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.server import build_server
from binance_mcp_server.settings import Settings
from tests.commands.orders.trader import Trader
from tests.commands.venue import LIVED_MS, START_MS, Agent, StillExchange

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("legacy", "auto")
FAR_BELOW, FAR_ABOVE = "52000", "78000"
"""Prices of BTCUSDT at which nothing is filled."""
_names = count()


@dataclass
class Person:
    """Somebody at the client, who answers each form so."""

    says: str = "accept"
    ticks: bool = True
    takes: float = 0.0
    """Seconds."""
    clock: VirtualClock | None = None
    read: list[str] = field(default_factory=list)

    async def __call__(self, message: str, *_: Any) -> ElicitResult[Any]:
        self.read.append(message)
        if self.clock is not None:
            await self.clock.advance(self.takes)
        content = {"confirm": self.ticks} if self.says == "accept" else None
        return ElicitResult(action=self.says, content=content)  # type: ignore[arg-type]


@dataclass
class World:
    """Everything that a test of trading looks at."""

    venue: StillExchange
    trader: Trader
    clock: VirtualClock
    settings: Settings

    def open_orders(self) -> list[dict[str, Any]]:
        return [
            each for each in self.trader.orders() if each["status"] in {"NEW", "PARTIALLY_FILLED"}
        ]

    @asynccontextmanager
    async def agent(
        self, mode: Mode = "auto", person: Person | None = None
    ) -> AsyncIterator[Agent]:
        """A server of its own, and a client at it; a person sits there where one is given."""
        server = build_server(self.settings, clock=self.clock)
        if person is not None:
            person.clock = self.clock
        async with Client(server, mode=mode, elicitation_handler=person, timeout=30) as client:
            yield Agent(client)


def world(exchange: StillExchange, folder: Path, limits: str = "", **settings: Any) -> World:
    """A new account with money, and a server's settings that may trade with it, under *limits* (TOML)."""
    trader = Trader(
        exchange.rest,
        f"agent-{next(_names)}",
        balances={"USDT": "1000000", "BTC": "10", "ETH": "10"},
    )
    path = folder / "limits.toml"
    path.write_text(limits)
    given = {
        "venue": "sim",
        "hosts": {"spot": exchange.hosts},
        "keys": trader.keys,
        "trading": True,
        "state_dir": folder / "state",
        "limits_file": path,
        **settings,
    }
    return World(exchange, trader, VirtualClock(START_MS + LIVED_MS), Settings(**given))
