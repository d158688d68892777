"""A key and its secret are nowhere but in the requests: in no reply, error, log, file, crash or command line.

They are searched for as they are, in base64 and as digests, over every tool and every fault on the way of an order.
"""

import base64
import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.pipe import Pipe
from tests.e2e.processes import Exchange

KINDS = ("HMAC", "ED25519", "RSA")
OUTCOMES = ("hang", "reset", "503", "-1000", "-1001", "-1006", "-1007")
# What was not carried out takes as long to be known as the venue is asked: its words are the same as of what was.
FAULTS: list[dict[str, object]] = [
    *[
        {"kind": "order", "executes": True, "then": then, "times": 1, "ms": 100}
        for then in OUTCOMES
    ],
    {"kind": "late_orders", "ms": 300, "times": 1},
    {"kind": "rest_down", "paths": ["/api/v3/allOrders"], "times": 2},
    {"kind": "rest_down", "paths": ["/api/v3/account"], "status": 403, "times": 1},
    {"kind": "cut_rest", "bytes": 20, "paths": ["/api/v3/order"], "times": 2},
    {"kind": "cut_rest", "bytes": 20, "paths": ["/api/v3/account"], "times": 3},
    {"kind": "user_stream", "then": "cut"},
    {"kind": "user_stream", "then": "terminated"},
]
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000"}
READS: list[tuple[str, dict[str, object]]] = [
    ("get_account", {}),
    ("get_open_orders", {}),
    ("get_order_history", {"symbol": "BTCUSDT"}),
    ("get_fills", {"symbol": "BTCUSDT"}),
    ("get_order", {"symbol": "BTCUSDT", "order_id": "1"}),
    ("get_trading_status", {}),
    ("get_exchange_status", {}),
    ("list_streams", {}),
    ("get_order", {"symbol": "BTCUSDT"}),
    ("get_account", {"columns": "api_key"}),
]


def disguises(text: str) -> Iterator[str]:
    """*text*, and what it looks like in base64 (at each of three places in a longer text) and as a digest."""
    raw = text.encode()
    yield text
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + raw).decode().rstrip("=")
        yield encoded[-(-shift * 4 // 3) + 1 : -2]
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw)
        yield digest.hexdigest()
        yield base64.b64encode(digest.digest()).decode().rstrip("=")


def canaries(opened: dict[str, str]) -> set[str]:
    """What must not be seen of an account's key."""
    secrets = [opened["api_key"]]
    if "api_secret" in opened:
        secrets.append(opened["api_secret"])
    lines = opened.get("private_key", "").splitlines()
    secrets += [line for line in lines if len(line) > 20 and "-----" not in line]
    return {disguise for secret in secrets for disguise in disguises(secret)}


def exercise(pipe: Pipe, exchange: Exchange) -> list[str]:
    """Everything that the tools say, without faults and with each of them."""
    said = [str(pipe.hello())]

    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        result = pipe.call(tool, **arguments)
        said.append(str(result))
        return result

    def place() -> None:
        content = call("preview_order", **ORDER).get("structuredContent") or {}
        placed = call("place_order", token=content.get("token", "none"))
        order = (placed.get("structuredContent") or {}).get("order_id", "1")
        names = {"symbol": "BTCUSDT", "order_id": order}
        call("amend_order", **names, new_quantity="0.009")
        call("replace_order", **names, price="50001")
        call("cancel_order", **names)
        call("cancel_all_orders", symbol="BTCUSDT")

    call("subscribe_stream", kind="account")
    for tool, arguments in READS:
        call(tool, **arguments)
    place()
    for fault in FAULTS:
        exchange.post("faults", {"faults": [fault]})
        place()
        call("get_account")
    exchange.post("faults", {"faults": []})
    call("read_stream", id="s1", limit=1000, max_bytes=200_000)
    call("place_order", token="x" * 60)
    call("preview_order", symbol="BTCUSDT", side="BUY", type="LIMIT", quantity="x", price="")
    call("stop_trading", reason="the end")
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_seen_nowhere(tmp_path: Path, kind: str) -> None:
    state, pem = tmp_path / "state", tmp_path / "key.pem"
    with Exchange() as exchange:
        account = {"name": "canary", "key_type": kind, "balances": {"USDT": "100000", "BTC": "1"}}
        opened = exchange.post("accounts", account)
        settings = {
            "BINANCE_MCP_REST_URL": exchange.rest,
            "BINANCE_MCP_WS_API_URL": exchange.ready["ws_api"],
            "BINANCE_MCP_STATE_DIR": state,
            "BINANCE_API_KEY": opened["api_key"],
            "PYTHONFAULTHANDLER": "1",
        }
        if kind == "HMAC":
            settings["BINANCE_API_SECRET"] = opened["api_secret"]
        else:
            pem.write_text(opened["private_key"])
            pem.chmod(0o600)
            settings["BINANCE_PRIVATE_KEY_PATH"] = pem
        pipe = Pipe("2026-07-28", "--venue", "sim", "--enable-trading", "sim", **settings)
        with pipe:
            seen = exercise(pipe, exchange)
            # While it is in the middle of answering somebody who quotes our own request back to us:
            quoted = f"{opened['api_key']} signature=0123456789abcdef"
            for path in ("/api/v3/account", "/api/v3/openOrders"):
                body = msgspec.json.encode({"code": -1000, "msg": quoted}).decode()
                exchange.post("respond", {"path": path, "status": 400, "body": body})
            seen += [str(pipe.call("get_account")), str(pipe.call("get_open_orders"))]
            seen.append(Path(f"/proc/{pipe.process.pid}/cmdline").read_text())
            pipe.process.send_signal(signal.SIGABRT)
            pipe.process.wait(30)
            crash = pipe.errors()
            seen += [crash, *(line.decode() for line in pipe.lines)]
    assert "Fatal Python error: Aborted" in crash
    files = [file for file in state.rglob("*") if file.is_file()]
    seen += [file.read_bytes().decode(errors="replace") for file in files]
    everything = "\n".join(seen)
    assert "journal.jsonl" in {file.name for file in files}
    assert [canary for canary in canaries(opened) if canary in everything] == []


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("after", ["", "1", "12"])
def test_a_disguise_is_seen(before: str, after: str) -> None:
    secret = "SIMabcdefghijklmnopqrstuvwxyz0123456789"
    hidden = base64.b64encode(f"{before}{secret}{after}".encode()).decode()
    assert any(each in hidden for each in canaries({"api_key": secret}))
