"""Clients that were told nothing but an environment: Binance's real names lead them to the exchange."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.clients.process import ExchangeProcess

SECONDS = 60

PYTHON_BINANCE = """
import warnings; warnings.simplefilter("ignore")
from binance.client import Client

client = Client(KEY, SECRET)
assert client.get_symbol_info("BTCUSDT")["quoteAsset"] == "USDT"
balances = {each["asset"]: each["free"] for each in client.get_account()["balances"]}
assert balances["USDT"] == "10000.00000000", balances
made = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price="40000.00")
assert client.get_order(symbol="BTCUSDT", orderId=made["orderId"])["status"] == "NEW"
assert client.cancel_order(symbol="BTCUSDT", orderId=made["orderId"])["status"] == "CANCELED"
bought = client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="100")
assert bought["status"] == "FILLED", bought
assert client.get_my_trades(symbol="BTCUSDT")[0]["orderId"] == bought["orderId"]
"""

OFFICIAL = """
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot.spot import Spot

spot = Spot(ConfigurationRestAPI(api_key=KEY, api_secret=SECRET))
assert Spot().rest_api.ping()
made = spot.rest_api.new_order(
    symbol="BTCUSDT", side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.01, price=40000.0
).data()
assert made.status == "NEW", made
open_orders = spot.rest_api.get_open_orders(symbol="BTCUSDT").data()
assert [each.order_id for each in open_orders] == [made.order_id]
assert spot.rest_api.delete_order(symbol="BTCUSDT", order_id=made.order_id).data().status == "CANCELED"
"""

CCXT = """
import ccxt

exchange = ccxt.binance({"apiKey": KEY, "secret": SECRET, "requests_trust_env": True})
assert "BTC/USDT" in exchange.load_markets()
assert exchange.fetch_balance()["USDT"]["free"] == 10000
made = exchange.create_limit_buy_order("BTC/USDT", 0.01, 40000)
assert [each["id"] for each in exchange.fetch_open_orders("BTC/USDT")] == [made["id"]]
assert exchange.cancel_order(made["id"], "BTC/USDT")["status"] == "canceled"
"""

STREAMS = """
import json
from websockets.sync.client import connect

for address in ("wss://stream.binance.com:9443/ws/btcusdt@trade", "wss://stream.binance.com/ws/btcusdt@trade"):
    with connect(address) as socket:
        assert json.loads(socket.recv(timeout=30))["s"] == "BTCUSDT"
with connect("wss://ws-api.binance.com:443/ws-api/v3") as socket:
    socket.send(json.dumps({"id": 1, "method": "ticker.price", "params": {"symbol": "BTCUSDT"}}))
    assert json.loads(socket.recv(timeout=30))["result"]["symbol"] == "BTCUSDT"
"""

NOWHERE_ELSE = """
import requests

try:
    requests.get("https://example.com/", timeout=20)
except requests.exceptions.ProxyError:
    pass
else:
    raise AssertionError("it led out")
"""


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeProcess]:
    pytest.importorskip("trustme")
    with ExchangeProcess(tls_proxy=True) as process:
        yield process


@pytest.mark.parametrize(
    ("package", "program"),
    [
        ("binance", PYTHON_BINANCE),
        ("binance_sdk_spot", OFFICIAL),
        ("ccxt", CCXT),
        ("websockets", STREAMS),
        ("requests", NOWHERE_ELSE),
    ],
    ids=["python-binance", "binance-sdk-spot", "ccxt", "websockets", "elsewhere"],
)
def test_a_client_with_binances_own_addresses_is_served(
    exchange: ExchangeProcess, package: str, program: str
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"import {package}"], capture_output=True, check=False, timeout=60
    )
    if found.returncode:
        pytest.skip(f"{package} is not installed")
    account = exchange.open_account(package, balances={"USDT": "10000"})
    names = f"KEY, SECRET = {account['api_key']!r}, {account['api_secret']!r}\n"
    kept = {name: it for name, it in os.environ.items() if name.lower() != "no_proxy"}
    done = subprocess.run(
        [sys.executable, "-c", names + program],
        env=kept | exchange.proxy,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
