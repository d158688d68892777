"""Trading as a user has it: real processes and sockets, both protocol eras; a person confirms, the stream tells all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult

from tests.e2e.clients import Mode, ask_in_vain, ask_json, over_http, over_stdio
from tests.e2e.processes import Exchange, HttpServer

pytestmark = pytest.mark.anyio
D = Decimal
TOKEN = "a-token-made-up-for-this-test"
MODES: tuple[Mode, ...] = ("legacy", "auto")
PERSON = "[sim]\nperson_from = 0\n"
TRADES = ("--enable-trading", "sim")


class Agent:
    """A client, and the person beside it."""

    def __init__(self) -> None:
        self.client: Client[Any]
        self.forms: list[str] = []

    async def person(self, message: str, *_: Any) -> ElicitResult[Any]:
        self.forms.append(message)
        return ElicitResult(action="accept", content={"confirm": True})

    async def ask(self, tool: str, **arguments: object) -> dict[str, Any]:
        return await ask_json(self.client, tool, **arguments)

    async def order(self, **arguments: object) -> dict[str, Any]:
        """Preview and place a BTCUSDT order."""
        seen = await self.ask("preview_order", symbol="BTCUSDT", **arguments)
        assert "token" in seen, seen
        return await self.ask("place_order", token=seen["token"])


@asynccontextmanager
async def trading(
    exchange: Exchange, folder: Path, transport: str, mode: Mode, *arguments: str
) -> AsyncIterator[Agent]:
    """A server that may trade on *exchange* with play money of its own; each order needs a person."""
    limits = folder / "limits.toml"
    limits.write_text(PERSON)
    settings: dict[str, object] = {
        "BINANCE_MCP_REST_URL": exchange.rest,
        "BINANCE_MCP_STREAM_URL": exchange.ready["stream"],
        "BINANCE_MCP_WS_API_URL": exchange.ready["ws_api"],
        "BINANCE_MCP_STATE_DIR": folder / "state",
        "BINANCE_MCP_LIMITS": limits,
    }
    agent = Agent()
    async with AsyncExitStack() as stack:
        if transport == "stdio":
            client = over_stdio(
                folder / "log", settings, mode, None, *TRADES, *arguments, person=agent.person
            )
        else:
            settings["BINANCE_MCP_HTTP_TOKEN"] = TOKEN
            server = stack.enter_context(HttpServer(*TRADES, *arguments, **settings))
            client = over_http(server.url, mode, TOKEN, person=agent.person)
        agent.client = await stack.enter_async_context(client)
        yield agent


async def told(agent: Agent, stream: str, wanted: int) -> list[dict[str, Any]]:
    """Events of the account's stream, balances left out, until there are *wanted*."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(50):
        page = await agent.ask(
            "read_stream", id=stream, format="json", columns="all", cursor=cursor, wait_seconds=5
        )
        rows = (dict(zip(page["columns"], row, strict=True)) for row in page["rows"])
        found += [row for row in rows if row["event"] != "balances"]
        assert page["gaps_unrepaired"] == page["dropped"] == 0
        if len(found) >= wanted:
            return found
        cursor = page["next"]
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("transport", "mode", "way"),
    [
        ("stdio", "legacy", "rest"),
        ("stdio", "auto", "websocket"),
        ("http", "legacy", "websocket"),
        ("http", "auto", "rest"),
    ],
)
async def test_an_order_s_whole_life_on_every_transport_in_both_eras(
    scenario: Exchange, tmp_path: Path, transport: str, mode: Mode, way: str
) -> None:
    """Preview, confirm, fill, partial fill, cancel, replace, amend, OCO, and the events of each."""
    async with trading(scenario, tmp_path, transport, mode, "--orders-over", way) as agent:
        stream = (await agent.ask("subscribe_stream", kind="account"))["id"]
        names = []

        filled = await agent.order(side="BUY", type="MARKET", quote_quantity="100")
        assert (filled["status"], filled["commission"][0][-3:]) == ("FILLED", "BTC")
        assert "BUY for 100 of the quote asset BTCUSDT MARKET" in agent.forms[0]
        names += [("new", filled), ("trade", filled)]

        book = await agent.ask("get_order_book", symbol="BTCUSDT", limit=5, format="json")
        price, size = book["asks"][0][0], sum(D(row[1]) for row in book["asks"]) + 3
        size = min(size, D("1.4"))
        part = await agent.order(side="BUY", type="LIMIT", quantity=str(size), price=price)
        assert part["status"] in {"PARTIALLY_FILLED", "FILLED", "NEW"}

        low, high = (str(round(D(price) * D(share), 2)) for share in ("0.85", "1.1"))
        order = await agent.order(side="BUY", type="LIMIT", quantity="0.02", price=low)
        assert order["status"] == "NEW"
        less = await agent.ask(
            "amend_order", symbol="BTCUSDT", order_id=order["order_id"], new_quantity="0.015"
        )
        assert (less["order_id"], less["quantity"]) == (order["order_id"], "0.015")
        lower = str(round(D(price) * D("0.84"), 2))
        moved = await agent.ask(
            "replace_order", symbol="BTCUSDT", order_id=order["order_id"], price=lower
        )
        old, new = moved["orders"]
        assert (old["status"], new["status"], new["quantity"]) == ("CANCELED", "NEW", "0.015")
        ended = await agent.ask("cancel_order", symbol="BTCUSDT", order_id=new["order_id"])
        assert ended["status"] == "CANCELED"

        pair = {
            "above": {"side": "SELL", "type": "LIMIT_MAKER", "quantity": "0.01", "price": high},
            "below": {"side": "SELL", "type": "STOP_LOSS", "quantity": "0.01", "stop_price": low},
        }
        seen = await agent.ask("preview_order_list", kind="OCO", symbol="BTCUSDT", orders=pair)
        placed = await agent.ask("place_order", token=seen["token"])
        assert [each["status"] for each in placed["orders"]] == ["NEW", "NEW"]
        await agent.ask("cancel_all_orders", symbol="BTCUSDT")
        open_now = await agent.ask("get_open_orders", symbol="BTCUSDT", format="json")
        assert open_now["rows"] == []

        rows = await told(agent, stream, 12)
        by_order: dict[str, list[str]] = {}
        for row in rows:
            by_order.setdefault(row["client_order_id"], []).append(row["event"])
        assert by_order[filled["client_order_id"]][0] == "new"
        assert set(by_order[filled["client_order_id"]][1:]) == {"trade"}
        assert by_order[order["client_order_id"]] == ["new", "replaced"]
        assert by_order[less["client_order_id"]] == ["canceled"]
        assert by_order[new["client_order_id"]] == ["new", "canceled"]
        for each in placed["orders"]:
            assert by_order[each["client_order_id"]] == ["new", "canceled"]
        assert len(agent.forms) == 5  # four orders and a replacement; to end one nobody is asked


@pytest.mark.parametrize("mode", MODES)
async def test_an_order_is_filled_by_a_recording(
    captures: list[Path], tmp_path: Path, mode: Mode
) -> None:
    """Placed while the recording is held, filled in parts by what was recorded, and all of it told."""
    replay = ("--replay", *captures, "--speed", "max", "--hold")
    with Exchange(*replay) as exchange:
        async with trading(exchange, tmp_path, "stdio", mode) as agent:
            stream = (await agent.ask("subscribe_stream", kind="account"))["id"]
            taken = await agent.order(side="BUY", type="MARKET", quote_quantity="50")
            assert taken["status"] == "FILLED"
            book = await agent.ask("get_order_book", symbol="BTCUSDT", limit=1, format="json")
            resting = await agent.order(
                side="BUY", type="LIMIT", quantity="0.5", price=book["bids"][0][0]
            )
            away = await agent.order(
                side="SELL", type="LIMIT", quantity="0.1", price=str(D(book["asks"][0][0]) * 2)
            )
            assert (resting["status"], away["status"]) == ("NEW", "NEW")
            exchange.play_to_end()
            done = await agent.ask("get_order", symbol="BTCUSDT", order_id=resting["order_id"])
            assert done["status"] == "FILLED"
            ended = await agent.ask("cancel_order", symbol="BTCUSDT", order_id=away["order_id"])
            assert ended["status"] == "CANCELED"
            rows = await told(agent, stream, 6)
            mine = [r for r in rows if r["client_order_id"] == resting["client_order_id"]]
            assert mine[0]["event"] == "new"
            parts = [D(row["last_quantity"]) for row in mine[1:]]
            assert sum(parts) == D("0.5")
            fills = await agent.ask("get_fills", symbol="BTCUSDT", format="json")
            assert fills["fills"] >= 1 + len(parts)


async def test_without_a_key_a_server_of_its_own_exchange_trades_with_play_money(
    tmp_path: Path,
) -> None:
    """``--venue sim --enable-trading sim``, and nothing else: no cap, no person, no key."""
    settings = {"BINANCE_MCP_STATE_DIR": tmp_path}
    async with over_stdio(tmp_path / "log", settings, "auto", None, *TRADES) as client:
        seen = await ask_json(
            client, "preview_order", symbol="BTCUSDT", side="buy", type="market", quantity="0.1"
        )
        done = await ask_json(client, "place_order", token=seen["token"])
        assert done["status"] == "FILLED"
        status = await ask_json(client, "get_trading_status")
        assert status["money"] == "play money"
    log = (tmp_path / "log").read_text()
    assert "tools may trade on sim" in log


async def test_over_http_without_a_token_nothing_of_an_account_is_there(
    scenario: Exchange, tmp_path: Path
) -> None:
    settings = {"BINANCE_MCP_REST_URL": scenario.rest, "BINANCE_MCP_STATE_DIR": tmp_path}
    with HttpServer(*TRADES, **settings) as server:
        async with over_http(server.url) as client:
            assert len(await client.list_tools()) == 17
            for tool in ("get_account", "place_order"):
                assert "no such tool" in await ask_in_vain(client, tool)
            assert "no account" in await ask_in_vain(client, "subscribe_stream", kind="account")
        assert "without BINANCE_MCP_HTTP_TOKEN" in server.errors()
