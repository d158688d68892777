"""A person's answer in both protocol eras: only a ticked yes, in time, to this very question, is a yes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import mcp_types as mt
import pytest
from fastmcp import Client, Context, FastMCP
from fastmcp.client.elicitation import ElicitRequestParams, ElicitResult

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.mcp_support.bearer import SharedToken
from binance_mcp_server.mcp_support.confirmation import Said, ask_person, principal
from tests.mcp_support.serving import served

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
Handler = Callable[[Any], Awaitable[ElicitResult[Any]]]
MODES: tuple[Mode, ...] = ("legacy", "auto")
TOKEN = "made-up-for-this-test"


@dataclass
class Shop:
    """A tool that sells what a person has agreed to, and remembers what it sold."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    sold: list[str] = field(default_factory=list)
    runs: int = 0
    other: bytes = b""
    """What the question is bound to besides the goods; a test changes it in between."""

    async def sell(self, ctx: Context, goods: str) -> Any:
        """Sell."""
        self.runs += 1
        what = goods.encode() + self.other
        said = await ask_person(ctx, f"Sell {goods}?", "Sell it", what, self.clock, 120)
        if isinstance(said, mt.InputRequiredResult):
            return said
        if said.is_yes:
            self.sold.append(goods)
        return f"{said.answer}, {said.answered_ms - said.asked_ms} ms"

    async def whoami(self, ctx: Context) -> str:
        """Who calls."""
        return principal(ctx, "p1")

    def server(self, token: str = "") -> FastMCP[None]:
        server: FastMCP[None] = FastMCP("shop", auth=SharedToken(token) if token else None)
        server.tool(self.sell)
        server.tool(self.whoami)
        return server


def person(action: str, **content: object) -> tuple[Handler, list[ElicitRequestParams]]:
    """Somebody who answers each form so, and the forms that were shown."""
    seen: list[ElicitRequestParams] = []

    async def answer(_message: str, _type: Any, params: ElicitRequestParams, _ctx: Any) -> Any:
        seen.append(params)
        return ElicitResult(action=action, content=content or None)  # type: ignore[arg-type]

    return answer, seen  # type: ignore[return-value]


@asynccontextmanager
async def at(shop: Shop, mode: Mode, handler: Any, where: str) -> AsyncIterator[Client[Any]]:
    async with AsyncExitStack() as stack:
        server = shop.server()
        target: Any = (
            server if where == "memory" else await stack.enter_async_context(served(server))
        )
        client: Client[Any] = Client(target, mode=mode, elicitation_handler=handler, timeout=10)
        yield await stack.enter_async_context(client)


async def sell(client: Client[Any], goods: str = "bread") -> str:
    result: Any = await client.call_tool("sell", {"goods": goods})
    return str(result.content[0].text)


@pytest.mark.parametrize("where", ["memory", "http"])
@pytest.mark.parametrize("mode", MODES)
async def test_a_ticked_box_is_a_yes_and_the_form_says_what_is_asked(
    mode: Mode, where: str
) -> None:
    shop = Shop()
    handler, seen = person("accept", confirm=True)
    async with at(shop, mode, handler, where) as client:
        assert await sell(client) == "yes, 0 ms"
        assert await sell(client, "wine") == "yes, 0 ms"
    assert shop.sold == ["bread", "wine"]
    assert [form.message for form in seen] == ["Sell bread?", "Sell wine?"]
    schema: Any = getattr(seen[0], "requested_schema", None)
    assert schema["properties"] == {
        "confirm": {"type": "boolean", "title": "Sell it", "default": False}
    }
    assert shop.runs == (2 if mode == "legacy" else 4)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("action", "content"),
    [
        ("accept", {"confirm": False}),
        ("accept", {"confirm": "true"}),
        ("accept", {"confirm": 1}),
        ("accept", {"value": True}),
        ("decline", {}),
        ("cancel", {}),
        ("decline", {"confirm": True}),
    ],
)
async def test_anything_else_is_a_no(mode: Mode, action: str, content: dict[str, object]) -> None:
    shop = Shop()
    handler, _ = person(action, **content)
    async with at(shop, mode, handler, "memory") as client:
        result: Any = await client.call_tool("sell", {"goods": "bread"}, raise_on_error=False)
    assert shop.sold == []
    if not result.is_error:
        assert result.content[0].text.startswith("no")


@pytest.mark.parametrize("where", ["memory", "http"])
@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_cannot_ask_means_no(mode: Mode, where: str) -> None:
    shop = Shop()
    async with at(shop, mode, None, where) as client:
        assert (await sell(client)).startswith("the client cannot ask a person")
    assert shop.sold == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_breaks_while_it_asks_sells_nothing(mode: Mode) -> None:
    shop = Shop()

    async def breaks(*_: Any) -> ElicitResult[Any]:
        raise RuntimeError("the window is gone")

    async with at(shop, mode, breaks, "memory") as client:
        try:
            result: Any = await client.call_tool("sell", {"goods": "bread"}, raise_on_error=False)
        except Exception:  # noqa: BLE001 - how a client tells its own failure is its affair
            result = None
    assert shop.sold == []
    assert result is None or "yes" not in result.content[0].text


async def test_a_late_answer_is_none_when_the_call_comes_again() -> None:
    shop = Shop()

    async def slow(*_: Any) -> ElicitResult[Any]:
        await shop.clock.advance(121)
        return ElicitResult(action="accept", content={"confirm": True})

    async with at(shop, "auto", slow, "memory") as client:
        assert await sell(client) == "no answer in time, 121000 ms"
    assert shop.sold == []


async def test_a_session_does_not_wait_for_ever() -> None:
    """The time-out is the event loop's: none is left here, so that the first moment is too late."""
    shop = Shop()
    never = asyncio.Event()

    async def sleeping(*_: Any) -> ElicitResult[Any]:
        await never.wait()
        return ElicitResult(action="accept", content={"confirm": True})

    server: FastMCP[None] = FastMCP("shop")
    told: list[Said] = []

    async def impatient(ctx: Context) -> str:
        said = await ask_person(ctx, "Now?", "Now", b"", shop.clock, 0)
        assert isinstance(said, Said)
        told.append(said)
        return said.answer

    server.tool(impatient)
    async with Client(server, mode="legacy", elicitation_handler=sleeping, timeout=10) as client:
        result: Any = await client.call_tool("impatient", {})
    assert result.content[0].text == "no answer in time"
    assert not told[0].is_yes


async def test_an_answer_to_another_question_is_asked_again() -> None:
    """What the question was bound to has changed between the two runs: the first yes is not used."""
    shop = Shop()
    asked = 0

    async def agree(*_: Any) -> ElicitResult[Any]:
        nonlocal asked
        asked += 1
        shop.other = b", dearer" if asked == 1 else shop.other
        return ElicitResult(action="accept", content={"confirm": True})

    async with at(shop, "auto", agree, "memory") as client:
        assert await sell(client) == "yes, 0 ms"
    assert asked == 2
    assert shop.runs == 3


@pytest.mark.parametrize("state", [None, "made up", '["x",0]'])
async def test_an_answer_that_was_never_asked_for_sells_nothing(state: str | None) -> None:
    """A client of the newer era that brings its yes along at once, with a request state of its own making."""
    shop = Shop()
    answers: Any = {"confirm": mt.ElicitResult(action="accept", content={"confirm": True})}
    handler, seen = person("decline")
    async with at(shop, "auto", handler, "memory") as client:
        session: Any = client.session
        request = mt.CallToolRequest(
            params=mt.CallToolRequestParams(
                name="sell", arguments={"goods": "bread"},
                input_responses=answers, request_state=state,
            )
        )  # fmt: skip
        try:
            await session.send_request(request, mt.CallToolResult)
        except Exception as refused:  # noqa: BLE001 - which of the SDK's errors says no is its affair
            assert "yes" not in str(refused)  # noqa: PT017
    assert shop.sold == []
    assert seen == []


@pytest.mark.parametrize(("mode", "sessions"), [("legacy", 2), ("auto", 1)])
async def test_a_principal_is_the_process_and_the_session_where_there_is_one(
    mode: Mode, sessions: int
) -> None:
    server = Shop().server()
    names = set()
    for _ in range(2):
        async with Client(server, mode=mode) as client:
            for _ in range(2):
                result: Any = await client.call_tool("whoami", {})
                names.add(result.content[0].text)
    assert len(names) == sessions
    assert all(name.startswith("process p1") for name in names)


@pytest.mark.parametrize("mode", MODES)
async def test_a_principal_over_http_is_who_the_token_says(mode: Mode) -> None:
    async with (
        served(Shop().server(TOKEN)) as url,
        Client(url, mode=mode, auth=TOKEN, timeout=10) as client,
    ):
        result: Any = await client.call_tool("whoami", {})
    text = result.content[0].text
    assert text.startswith("http owner")
    assert TOKEN not in text
