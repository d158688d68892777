"""ccxt, unchanged but for its addresses, trades by signed REST with keys of every kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.tampering import resend, spied
from tests.clients.test_ccxt import moved
from tests.clients.trading import (
    KEY_TYPES,
    PAIR,
    QUANTITY,
    SYMBOL,
    Owner,
    open_account,
    orders_of,
    resting_price,
)

pytestmark = pytest.mark.filterwarnings("ignore")


@contextmanager
def trader(place: Place, owner: Owner) -> Iterator[Any]:
    """All that it asks by itself when it loads the markets, futures and ``/sapi`` too."""
    ccxt = pytest.importorskip("ccxt", exc_type=ImportError)
    exchange = ccxt.binance({"apiKey": owner.api_key, "secret": owner.secret})
    exchange.urls["api"] = moved(exchange.urls["api"], place.rest)
    exchange.load_markets()
    try:
        yield exchange
    finally:
        exchange.session.close()


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_an_order_is_placed_edited_read_back_and_cancelled(place: Place, key_type: str) -> None:
    owner = open_account(place, key_type)
    price = float(resting_price(place))
    with trader(place, owner) as exchange:
        placed = exchange.create_order(PAIR, "limit", "buy", float(QUANTITY), price)
        assert placed["status"] == "open"
        edited = exchange.edit_order(placed["id"], PAIR, "limit", "buy", 0.02, price)
        (found,) = exchange.fetch_open_orders(PAIR)
        assert (found["id"], found["amount"], found["price"]) == (edited["id"], 0.02, price)
        assert exchange.fetch_order(placed["id"], PAIR)["status"] == "canceled"
        assert exchange.cancel_order(edited["id"], PAIR)["status"] == "canceled"
        assert exchange.fetch_open_orders(PAIR) == []
    assert [it["status"] for it in orders_of(place, owner)] == ["CANCELED", "CANCELED"]


def test_a_market_order_fills_and_is_paid_for(place: Place) -> None:
    owner = open_account(place)
    with trader(place, owner) as exchange:
        bought = exchange.create_order(PAIR, "market", "buy", float(QUANTITY))
        assert (bought["status"], bought["filled"]) == ("closed", float(QUANTITY))
        trades = exchange.fetch_my_trades(PAIR)
        assert {trade["order"] for trade in trades} == {bought["id"]}
        assert {trade["takerOrMaker"] for trade in trades} == {"taker"}
        balance = exchange.fetch_balance()
        fees = sum(trade["fee"]["cost"] for trade in trades)
        assert balance["BTC"]["free"] == pytest.approx(5 + float(QUANTITY) - fees, abs=1e-9)
        assert balance["USDT"]["total"] == pytest.approx(100_000 - bought["cost"], abs=1e-6)
        (closed,) = exchange.fetch_closed_orders(PAIR)
        assert closed["id"] == bought["id"]


def test_stop_orders_and_fees(scenario: Place) -> None:
    with trader(scenario, open_account(scenario)) as exchange:
        price = exchange.fetch_ticker(PAIR)["last"]
        stop = exchange.create_order(
            PAIR, "limit", "sell", float(QUANTITY), price * 0.8, {"triggerPrice": price * 0.9}
        )
        (found,) = exchange.fetch_open_orders(PAIR)
        assert (found["id"], found["info"]["type"]) == (stop["id"], "STOP_LOSS_LIMIT")
        assert found["triggerPrice"] == pytest.approx(price * 0.9, abs=0.01)
        exchange.cancel_all_orders(PAIR)
        assert exchange.fetch_trading_fees()[PAIR]["maker"] == 0.001
        assert exchange.fetch_currencies()["BTC"]["id"] == "BTC"


def test_refusals_are_its_own_errors(scenario: Place) -> None:
    import ccxt

    with trader(scenario, open_account(scenario)) as exchange:
        with pytest.raises(ccxt.InsufficientFunds):
            exchange.create_order(PAIR, "market", "sell", 50)
        with pytest.raises(ccxt.OrderNotFound):
            exchange.fetch_order("123456", PAIR)
        exchange.secret = "0" * 64
        with pytest.raises(ccxt.AuthenticationError):
            exchange.fetch_balance()
        exchange.apiKey = "0" * 64
        with pytest.raises(ccxt.AuthenticationError):
            exchange.fetch_balance()


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_one_changed_byte_is_refused(scenario: Place, key_type: str) -> None:
    with trader(scenario, open_account(scenario, key_type)) as exchange:
        sent = spied(exchange.session)
        market = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": QUANTITY}
        exchange.private_post_order_test(market)
        assert resend(sent[-1], changed=False) == (200, 0)
        assert resend(sent[-1]) == (400, -1022)
