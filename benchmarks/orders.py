"""Signed orders a second over HTTP, placed, matched, paid for and answered by the exchange in a process of its own.

One account sends market orders on standing connections, each the next one as soon as its last is answered. They fill
at once, so that the count of unfilled orders stays low, as the venue means it to. The sender does as little as it can:
requests are made by hand and answers are only cut apart. It has a core to itself, and so has the exchange.
"""

import hmac
import json
import selectors
import socket
import time
from http.client import HTTPConnection
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from benchmarks.processes import exchange
from benchmarks.report import Row

SYMBOL = "BTCUSDT"
QUANTITY = "0.0001"
CONNECTIONS = 4
ORDERS = 4_000
"""Of one block."""
BLOCKS = 5
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Key(NamedTuple):
    api_key: str
    secret: bytes


def open_account(rest: str) -> Key:
    asked = {"name": "bench", "balances": {"BTC": "1000", "USDT": "100000000"}}
    connection = HTTPConnection(urlsplit(rest).netloc, timeout=10)
    connection.request("POST", "/__sim/accounts", body=json.dumps(asked))
    told = json.load(connection.getresponse())
    connection.close()
    return Key(told["api_key"], told["api_secret"].encode())


class Connection:
    """One order under way at a time."""

    def __init__(self, host: str, port: int, key: Key) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST /api/v3/order HTTP/1.1\r\nHost: {host}:{port}\r\nX-MBX-APIKEY: {key.api_key}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        )
        self._secret = key.secret
        self._received = b""

    def send(self, side: str) -> None:
        order = {
            "symbol": SYMBOL,
            "side": side,
            "type": "MARKET",
            "quantity": QUANTITY,
            "newOrderRespType": "FULL",
            "timestamp": time.time_ns() // 1_000_000,
        }
        form = urlencode(order)
        form += f"&signature={hmac.digest(self._secret, form.encode(), 'sha256').hex()}"
        self.socket.sendall(f"{self._head}{len(form)}\r\n\r\n{form}".encode())

    def receive(self) -> bytes | None:
        """A whole answer; ``None`` while there is none. Raises ``RuntimeError`` unless the order has filled."""
        self._received += self.socket.recv(65_536)
        head, end, body = self._received.partition(_HEAD_END)
        at = head.find(_LENGTH) + len(_LENGTH)
        if not end or len(body) < int(head[at:].split(b"\r", 1)[0]):
            return None
        self._received = b""
        if b'"FILLED"' not in body:
            raise RuntimeError(f"an order has not filled: {body.decode()}")
        return body


def block(connections: list[Connection], selector: selectors.BaseSelector) -> float:
    """Seconds for :data:`ORDERS` orders, as many buys as sells."""
    sent = answered = 0
    begun = time.perf_counter()
    for each in connections:
        each.send("SELL" if sent % 2 else "BUY")
        sent += 1
    while answered < ORDERS:
        for key, _ in selector.select():
            each = key.data
            if each.receive() is None:
                continue
            answered += 1
            if sent < ORDERS:
                each.send("SELL" if sent % 2 else "BUY")
                sent += 1
    return time.perf_counter() - begun


def measure(rest: str) -> float:
    """Orders a second, the median of the blocks after one to warm up."""
    address, key = urlsplit(rest), open_account(rest)
    connections = [
        Connection(address.hostname or "", address.port or 0, key) for _ in range(CONNECTIONS)
    ]
    with selectors.DefaultSelector() as selector:
        for each in connections:
            selector.register(each.socket, selectors.EVENT_READ, each)
        times = [block(connections, selector) for _ in range(BLOCKS + 1)]
    for each in connections:
        each.socket.close()
    return ORDERS / median(times[1:])


def run() -> list[Row]:
    with exchange() as rest:
        rate = measure(rest)
    return [
        Row(
            what="signed market orders over HTTP, filled",
            ours=f"{1e6 / rate:.0f} µs each",
            beside=f"{CONNECTIONS} connections",
            figure=rate,
            target=2_000,
            sense=">=",
            unit="/s",
        )
    ]
