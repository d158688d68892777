"""python-binance, unchanged but for its address, trades by signed REST with keys of every kind."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.tampering import resend, spied
from tests.clients.trading import (
    KEY_TYPES,
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("binance.client", exc_type=ImportError)

    class Client(module.Client):  # type: ignore[name-defined,misc]
        API_URL = f"{place.rest}/api"
        MARGIN_API_URL = f"{place.rest}/sapi"

    loop = asyncio.new_event_loop()  # it takes the current one, or makes one that nobody closes
    asyncio.set_event_loop(loop)
    made = Client(owner.api_key, owner.api_secret, private_key=owner.private_key)
    try:
        yield made
    finally:
        made.close_connection()
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_an_order_is_placed_replaced_read_back_and_cancelled(place: Place, key_type: str) -> None:
    owner = open_account(place, key_type)
    bid = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    with trader(place, owner) as client:
        placed = client.create_order(**bid, quantity=QUANTITY, price=resting_price(place))
        assert placed["status"] == "NEW"
        replaced = client.cancel_replace_order(
            **bid,
            quantity="0.02",
            price=resting_price(place),
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrderId=placed["orderId"],
            newClientOrderId="replaced",
        )
        assert replaced["cancelResponse"]["status"] == "CANCELED"
        (found,) = client.get_open_orders(symbol=SYMBOL)
        assert (found["clientOrderId"], Decimal(found["origQty"])) == ("replaced", Decimal("0.02"))
        gone = client.cancel_order(symbol=SYMBOL, origClientOrderId="replaced")
        assert gone["status"] == "CANCELED"
        read = client.get_order(symbol=SYMBOL, orderId=found["orderId"])
        assert read["status"] == "CANCELED"
    assert [it["status"] for it in orders_of(place, owner)] == ["CANCELED", "CANCELED"]


def test_a_market_order_fills_and_is_paid_for(place: Place) -> None:
    owner = open_account(place)
    with trader(place, owner) as client:
        bought = client.order_market_buy(symbol=SYMBOL, quantity=QUANTITY)
        assert bought["status"] == "FILLED"
        trades = client.get_my_trades(symbol=SYMBOL)
        assert sum(Decimal(it["qty"]) for it in trades) == Decimal(QUANTITY)
        assert [it["id"] for it in trades] == [it["tradeId"] for it in bought["fills"]]
        fees = sum(Decimal(it["commission"]) for it in trades)
        free = Decimal(client.get_asset_balance("BTC")["free"])
        assert free == 5 + Decimal(QUANTITY) - fees
        spent = Decimal(bought["cummulativeQuoteQty"])
        account = client.get_account(omitZeroBalances="true")
        left = {it["asset"]: Decimal(it["free"]) for it in account["balances"]}
        assert left == {"BTC": free, "USDT": 100_000 - spent}


def test_pairs_of_orders(scenario: Place) -> None:
    owner = open_account(scenario)
    with trader(scenario, owner) as client:
        price = Decimal(client.get_symbol_ticker(symbol=SYMBOL)["price"])
        made = client.create_oco_order(
            symbol=SYMBOL,
            side="SELL",
            quantity=QUANTITY,
            aboveType="LIMIT_MAKER",
            abovePrice=str(int(price * Decimal("1.1"))),
            belowType="STOP_LOSS",
            belowStopPrice=str(int(price * Decimal("0.9"))),
        )
        assert len(made["orders"]) == 2
        assert len(client.get_open_oco_orders()) == 1
        assert len(client.cancel_all_open_orders(symbol=SYMBOL)) == 1
        assert client.get_open_orders() == []


def test_what_it_knows_of_the_account(place: Place) -> None:
    with trader(place, open_account(place)) as client:
        assert client.get_account_status()["data"] == "Normal"
        assert client.get_account_api_permissions()["enableSpotAndMarginTrading"] is True
        assert client.get_trade_fee(symbol=SYMBOL)[0]["makerCommission"] == "0.00100000"
        assert {it["coin"] for it in client.get_all_coins_info()} >= {"BTC", "USDT"}
        assert client.get_current_order_count()[0]["rateLimitType"] == "ORDERS"
        assert client.create_test_order(
            symbol=SYMBOL, side="BUY", type="MARKET", quantity=QUANTITY
        ) == {}  # fmt: skip
        with pytest.raises(Exception, match="410"):
            client.stream_get_listen_key()


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_one_changed_byte_is_refused(scenario: Place, key_type: str) -> None:
    owner = open_account(scenario, key_type)
    with trader(scenario, owner) as client:
        sent = spied(client.session)
        client.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=QUANTITY)
        assert resend(sent[-1], changed=False) == (200, 0)
        assert resend(sent[-1]) == (400, -1022)
