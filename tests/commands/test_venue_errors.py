"""What the venue answers instead of data, as the model reads it: its code and words, whether to retry, what to do."""

from typing import Any, NamedTuple

import pytest

from tests.commands.venue import Agent, StillExchange, is_error_of_the_one_form

pytestmark = pytest.mark.anyio
PRICE = "/api/v3/ticker/price"
LOST = 3
"""Tries of a read that another try may heal."""


class Case(NamedTuple):
    """An answer of the venue, and what has to be in the error."""

    answer: dict[str, Any]
    error: str
    retry: str
    advice: str
    code: str = ""


CASES = {
    "unknown symbol": Case(
        {"status": 400, "body": '{"code":-1121,"msg":"Invalid symbol."}'},
        "Unknown symbol 'BTCUSDT' on sim.",
        "no",
        "search_symbols",
    ),
    "hostile words": Case(
        {"status": 400, "body": '{"code":-1102,"msg":"Bad\\u202e\\n\\u0007 <b>price</b>' + "x" * 999 + '"}'},
        "refused it: Bad <b>price</b>xxx",
        "no",
        "malformed",
        "-1102, HTTP 400",
    ),
    "429 for long": Case(
        {"status": 429, "body": '{"code":-1003,"msg":"Too much."}', "headers": {"Retry-After": "59"}},
        "too many requests",
        "yes, after 59 s",
        "Wait",
        "-1003, HTTP 429",
    ),
    "418": Case(
        {"status": 418, "body": '{"code":-1003,"msg":"Banned."}', "headers": {"Retry-After": "120"}},
        "banned",
        "yes, after 121 s",
        "Wait",
    ),
    "451": Case(
        {"status": 451, "body": '{"code":0,"msg":"Restricted location."}'},
        "refused for where the request came from",
        "no",
        "BINANCE_MCP_REST_URL",
        "0, HTTP 451",
    ),
    "403 in HTML": Case(
        {"status": 403, "body": "<html><head><script>evil()</script></head><h1>Forbidden</h1></html>"},
        "HTTP 403: Forbidden",
        "no",
        "firewall",
        "HTTP 403",
    ),
    "500": Case(
        {"status": 500, "body": "oops", "times": LOST}, "HTTP 500: oops", "yes", "fault", "HTTP 500"
    ),
    "503 from within": Case(
        {"status": 503, "body": '{"code":-1008,"msg":"Overloaded."}', "times": LOST},
        "Overloaded.",
        "yes",
        "overloaded",
        "-1008, HTTP 503",
    ),
    "cut body": Case({"cut": 5, "times": LOST}, "cut off", "yes", "Try again"),
    "no JSON": Case(
        {"status": 200, "body": '{"symbol":', "times": LOST}, "not JSON", "yes", "Try again"
    ),
    "other shape": Case({"status": 200, "body": "[]"}, "another shape", "no", "newer version"),
    "redirect": Case(
        {"status": 302, "headers": {"Location": "https://evil.example/?q=1"}},
        "redirects to evil.example",
        "no",
        "portal",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_that_is_none_reads_well(
    agent: Agent, venue: StillExchange, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    venue.respond(PRICE, **case.answer)
    text = await agent.error("get_price", symbols=["BTCUSDT"])
    assert is_error_of_the_one_form(text), text
    lines = dict(line.split(": ", 1) for line in text.splitlines())
    assert case.error in lines["error"]
    assert lines["retry"] == case.retry
    assert case.advice in lines["do"]
    assert lines.get("venue_code", "") == case.code
    out, err = capfd.readouterr()
    assert (out, "Traceback" in err) == ("", False)


async def test_a_short_429_is_waited_out_unseen(agent: Agent, venue: StillExchange) -> None:
    venue.respond(PRICE, status=429, body="{}", headers={"Retry-After": "2"})
    assert "64897" in await agent.text("get_price", symbols=["BTCUSDT"])


async def test_nothing_leaves_while_the_venue_bans_us(agent: Agent, venue: StillExchange) -> None:
    venue.respond(PRICE, status=418, body="{}", headers={"Retry-After": "300"})
    await agent.error("get_price", symbols=["BTCUSDT"])
    before = venue.state()["requests"]
    assert "banned" in await agent.error("get_candles", symbol="BTCUSDT")
    status = await agent.data("get_exchange_status")
    assert status["reachable"] is False
    assert status["banned_until"].endswith("Z")
    assert venue.state()["requests"] == before


async def test_a_venue_that_does_not_tell_its_bands_still_tells_its_rules(
    agent: Agent, venue: StillExchange
) -> None:
    venue.respond("/api/v3/executionRules", status=451, body="{}")
    rules = await agent.data("get_symbol_rules", symbol="BTCUSDT")
    assert "bands" in rules["partial"]
    assert rules["price_step"] == "0.01"
