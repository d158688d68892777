"""An order on a recording, as a client has it: placed while it is held, filled by what was recorded."""

import gzip
import hmac
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from binance_mcp_server.exchange.engine.ladder import Side
from tests.e2e.processes import Exchange, fetch
from tests.exchange.plain_market import Plain


def recorded(captures: list[Path]) -> Iterator[dict[str, Any]]:
    """The snapshot, which the exchange shows before anything has been played, then all events."""
    events = [
        msgspec.json.decode(line.split(b" ", 1)[1])
        for path in captures
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    yield next(event for event in events if "lastUpdateId" in event)
    yield from (event for event in events if "data" in event)


def place(exchange: Exchange, key: dict[str, Any], **params: object) -> dict[str, Any]:
    query = urlencode(params | {"timestamp": exchange.get("/api/v3/time")["serverTime"]})
    signature = hmac.digest(key["api_secret"].encode(), query.encode(), "sha256").hex()
    reply = fetch(
        f"{exchange.rest}/api/v3/order",
        body=f"{query}&signature={signature}".encode(),
        headers={"X-MBX-APIKEY": key["api_key"]},
    )
    assert reply.status == 200, reply
    body: dict[str, Any] = msgspec.json.decode(reply.body)
    return body


def test_a_buy_at_the_best_bid_gets_what_the_recorded_trades_leave_it(captures: list[Path]) -> None:
    events = recorded(captures)
    plain = Plain()
    plain.hear(next(events))
    waiting = plain.join(Side.BUY, "0.5")
    with Exchange("--replay", *captures, "--speed", "max", "--hold") as exchange:
        key = exchange.post("accounts", {"name": "alice", "balances": {"USDT": "100000"}})
        best = exchange.get("/api/v3/depth?symbol=BTCUSDT&limit=5")["bids"][0]
        assert best == [waiting.price, str(waiting.before)]
        order = place(
            exchange,
            key,
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.5",
            price=best[0],
        )
        assert (order["status"], order["fills"]) == ("NEW", [])
        assert exchange.get("/api/v3/depth?symbol=BTCUSDT&limit=5")["bids"][0] == best
        exchange.play_to_end()
        told = msgspec.json.decode(fetch(f"{exchange.ready['admin']}/orders?account=alice").body)
    for event in events:
        plain.hear(event)
    [mine] = told["orders"]
    expected = [(step.trade_id, step.got) for step in waiting.steps if step.got]
    assert [(fill["id"], Decimal(fill["qty"])) for fill in mine["fills"]] == expected
    assert mine["status"] == "FILLED"
    assert {fill["price"] for fill in mine["fills"]} == {best[0]}
    assert sum(1 for step in waiting.steps if not step.got) > 0
