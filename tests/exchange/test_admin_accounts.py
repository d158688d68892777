"""Accounts by the switchboard: what is asked for is there, and what makes no sense is refused and changes nothing."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from binance_mcp_server.exchange.accounts.keys import KeyRing
from binance_mcp_server.exchange.admin import Admin
from binance_mcp_server.exchange.admin_accounts import AccountsDesk
from binance_mcp_server.exchange.admin_market import MarketDesk
from binance_mcp_server.exchange.clock import SteeredClock, VirtualClock
from binance_mcp_server.exchange.engine.events import BalanceUpdate, Event, Position
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, TimeInForce
from binance_mcp_server.exchange.engine.venue import Venue
from binance_mcp_server.exchange.http.rest import RestApi
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.limits import Limits
from binance_mcp_server.exchange.ws.streams import Streams
from tests.exchange.test_http_admin import HeldSource
from tests.exchange.wire.asking import Reply, ask
from tests.exchange.wire.fake_market import NOW, FakeMarket

pytestmark = pytest.mark.anyio
ALICE = {"name": "alice", "balances": {"USDT": "1000", "BTC": "0.5"}}


class Desk:
    """A venue on which nothing moves by itself, and its switchboard."""

    def __init__(self) -> None:
        machine = VirtualClock(NOW)
        self.clock = SteeredClock(machine)
        self.market = FakeMarket()
        self.venue = Venue(self.market.rules)
        self.keys = KeyRing()
        self.events: list[Event] = []
        self.venue.listeners.append(self.events.append)
        rest = RestApi(self.market, self.clock, limits=Limits())
        self.admin = Admin(
            HeldSource(),
            rest,
            Streams({"spot": self.market}, self.clock),
            MarketDesk(self.market, self.clock, self),
            AccountsDesk(self.venue, self.keys, self.market, lambda order: order.id),
        )

    def set_status(self, symbol: str, status: str, now: int) -> None:
        """What ``trading.py`` does."""
        self.venue.set_status(symbol, status, now)
        self.market.rules[symbol] = replace(self.market.rules[symbol], status=status)

    async def post(self, path: str, body: object) -> Reply:
        return await ask(
            self.admin, f"/__sim/{path}", method="POST", body=msgspec.json.encode(body)
        )

    async def get(self, path: str) -> Any:
        return (await ask(self.admin, f"/__sim/{path}")).json()

    def place(self, uid: int, side: Side, price: int, qty: int) -> int:
        asked = NewOrder(
            symbol="BTCUSDT",
            side=side,
            type=OrderType.LIMIT,
            tif=TimeInForce.GTC,
            price=price * SCALE,
            qty=qty,
        )
        return self.venue.place(uid, asked, NOW).id


async def test_an_account_is_opened_with_its_balances_and_a_key_of_the_exchange() -> None:
    desk = Desk()
    told = (await desk.post("accounts", ALICE)).json()
    assert (told["name"], told["api_key"][:3], len(told["api_secret"])) == ("alice", "SIM", 64)
    (account,) = (await desk.get("accounts"))["accounts"]
    assert account["balances"] == {
        "USDT": {"free": "1000.00000000", "locked": "0.00000000"},
        "BTC": {"free": "0.50000000", "locked": "0.00000000"},
    }
    assert [key["api_key"] for key in account["keys"]] == [told["api_key"]]
    assert told["api_secret"] not in str(account)
    desk.venue.ledger.check()


@pytest.mark.parametrize("kind", ["RSA", "ED25519"])
async def test_keys_of_other_kinds_come_with_their_private_key(kind: str) -> None:
    told = (await Desk().post("accounts", {"name": "bob", "key_type": kind})).json()
    assert told["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert "api_secret" not in told


async def test_a_name_that_is_there_gets_another_key_with_permissions_and_addresses() -> None:
    desk = Desk()
    first = (await desk.post("accounts", ALICE)).json()
    more = {"name": "alice", "permissions": ["USER_DATA"], "ips": ["127.0.0.1"]}
    second = (await desk.post("accounts", more)).json()
    assert first["uid"] == second["uid"]
    key = desk.keys.find(second["api_key"])
    assert (sorted(key.permissions), [str(ip) for ip in key.ips]) == (["USER_DATA"], ["127.0.0.1"])
    assert (await desk.post("accounts", ALICE)).status == 400
    assert len((await desk.get("accounts"))["accounts"]) == 1


async def test_commission_and_the_rest_of_an_account_can_be_set() -> None:
    desk = Desk()
    asked = {
        "name": "carol",
        "commission": {"taker": "0.002"},
        "bnb_burn": True,
        "can_trade": False,
    }
    uid = (await desk.post("accounts", asked | {"trade_group_id": 7})).json()["uid"]
    account = desk.venue.accounts[uid]
    assert (account.rates.standard.taker, account.rates.standard.maker) == (200_000, 0)
    assert (account.bnb_burn, account.can_trade, account.trade_group_id) == (True, False, 7)


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "a", "key_type": "DSA"},
        {"name": "a", "balances": {"USDT": "-1"}},
        {"name": "a", "balances": {"USDT": "1e3"}},
        {"name": "a", "balances": {"usdt": "1"}},
        {"name": "a", "balances": {"USDT": "0.000000001"}},
        {"name": "a", "permissions": ["WITHDRAW"]},
        {"name": "a", "ips": ["everywhere"]},
        {"name": "a", "public_key": "none"},
        {"name": "a", "commission": {"vip": "0"}},
        {"name": "a", "secret": "mine"},
    ],
)
async def test_what_makes_no_sense_opens_nothing(body: dict[str, object]) -> None:
    desk = Desk()
    reply = await desk.post("accounts", body)
    assert (reply.status, bool(reply.json()["error"])) == (400, True)
    assert await desk.get("accounts") == {"accounts": []}


async def test_a_deposit_is_there_at_once_and_users_are_told() -> None:
    desk = Desk()
    uid = (await desk.post("accounts", ALICE)).json()["uid"]
    desk.events.clear()
    deposit = {"account": "alice", "asset": "USDT", "amount": "0.00000001"}
    told = (await desk.post("deposit", deposit)).json()
    assert told["balances"]["USDT"]["free"] == "1000.00000001"
    assert desk.events == [
        BalanceUpdate(uid, NOW, "USDT", 1),
        Position(uid, NOW, (("USDT", 1000 * SCALE + 1, 0),)),
    ]


async def test_what_is_not_there_cannot_be_taken_out() -> None:
    desk = Desk()
    await desk.post("accounts", ALICE)
    taken = {"account": "alice", "asset": "USDT", "amount": "-999.5"}
    assert (await desk.post("deposit", taken)).json()["balances"]["USDT"]["free"] == "0.50000000"
    refused = await desk.post("deposit", taken)
    assert (refused.status, "insufficient balance" in refused.json()["error"]) == (400, True)
    unknown = await desk.post("deposit", taken | {"account": "nobody"})
    assert unknown.json()["error"] == "no account 'nobody'; there are: alice"


async def test_every_order_ever_accepted_is_listed_filled_and_cancelled_ones_too() -> None:
    desk = Desk()
    alice = (await desk.post("accounts", ALICE)).json()["uid"]
    bob = (await desk.post("accounts", ALICE | {"name": "bob"})).json()["uid"]
    desk.place(alice, Side.SELL, 1000, SCALE // 10)
    desk.place(bob, Side.BUY, 1000, SCALE // 10)
    gone = desk.place(bob, Side.BUY, 900, SCALE // 10)
    desk.venue.cancel(bob, "BTCUSDT", NOW, order_id=gone)
    mine = (await desk.get("orders?account=bob"))["orders"]
    assert [(each["side"], each["status"]) for each in mine] == [
        ("BUY", "FILLED"),
        ("BUY", "CANCELED"),
    ]
    assert "ahead" not in mine[0]
    assert mine[0]["fills"][0]["qty"] == mine[0]["executedQty"] == "0.10000000"
    everyone = (await desk.get("orders"))["orders"]
    assert [each["account"] for each in everyone] == ["alice", "bob", "bob"]
    assert "no account" in (await desk.get("orders?account=eve"))["error"]


async def test_an_open_order_tells_what_stands_before_it() -> None:
    desk = Desk()
    uid = (await desk.post("accounts", ALICE)).json()["uid"]
    placed = desk.place(uid, Side.BUY, 900, SCALE // 10)
    (order,) = (await desk.get("orders"))["orders"]
    assert order["ahead"] == f"0.{placed:08}"


@pytest.mark.parametrize("rate", ["-0.001", "0.50000001", "5"])
async def test_a_commission_that_no_trade_could_pay_is_refused(rate: str) -> None:
    """It would end the market in the middle of the first trade."""
    desk = Desk()
    reply = await desk.post("accounts", ALICE | {"commission": {"maker": rate}})
    assert (reply.status, "rate of commission" in reply.json()["error"]) == (400, True)
    assert (await desk.get("accounts"))["accounts"] == []


async def test_an_amount_that_cannot_be_printed_is_refused() -> None:
    """Python prints at most 4,300 digits: a balance of more would be in the way of every list of accounts."""
    desk = Desk()
    most, more = "1" + 20 * "0", "9" * 4_295
    assert (await desk.post("accounts", ALICE | {"balances": {"USDT": most}})).status == 200
    for amount in (more, f"-{more}"):
        deposit = {"account": "alice", "asset": "USDT", "amount": amount}
        assert (await desk.post("deposit", deposit)).status == 400
    (account,) = (await desk.get("accounts"))["accounts"]
    assert account["balances"]["USDT"]["free"] == f"{most}.00000000"
