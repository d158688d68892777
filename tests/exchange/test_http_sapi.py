"""What clients ask of ``/sapi`` and of the futures when they start."""

import pytest

from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.signing import Desk

pytestmark = pytest.mark.anyio


async def test_coins_with_what_the_account_has_of_them() -> None:
    desk = Desk()
    desk.venue.ledger.held = {"BTC": (SCALE, 2), "LTC": (0, 0)}
    reply = await desk.send("GET", "/sapi/v1/capital/config/getall")
    coins = {each["coin"]: each for each in reply.json()}
    assert {"BTC", "USDT", "ETH", "LTC"} <= set(coins)
    assert (coins["BTC"]["free"], coins["BTC"]["locked"]) == ("1.00000000", "0.00000002")
    assert coins["BTC"]["networkList"] == []
    assert reply.headers["x-sapi-used-ip-weight-1m"] == "10"


async def test_there_is_no_margin_trading() -> None:
    desk = Desk()
    for path in ("allPairs", "isolated/allPairs"):
        reply = await desk.raw("GET", f"/sapi/v1/margin/{path}")
        assert (reply.status, reply.json()) == (200, [])
    refused = await desk.raw("GET", "/sapi/v1/margin/allPairs", x_mbx_apikey="")
    assert refused.json()["code"] == -2014


async def test_what_the_key_may_do() -> None:
    reply = await Desk(permissions=["USER_DATA"], ips=["127.0.0.1"]).send(
        "GET", "/sapi/v1/account/apiRestrictions"
    )
    facts = reply.json()
    assert facts["ipRestrict"] is facts["enableReading"] is True
    assert facts["enableSpotAndMarginTrading"] is facts["enableWithdrawals"] is False
    assert facts["createTime"] > 0


async def test_the_state_of_the_account() -> None:
    desk = Desk()
    assert (await desk.send("GET", "/sapi/v1/account/status")).json() == {"data": "Normal"}
    trading = (await desk.send("GET", "/sapi/v1/account/apiTradingStatus")).json()["data"]
    assert trading["isLocked"] is False
    assert (await desk.raw("GET", "/sapi/v1/system/status")).json()["status"] == 0


async def test_fees_and_how_they_are_paid() -> None:
    desk = Desk()
    reply = await desk.send("GET", "/sapi/v1/asset/tradeFee", {"symbol": "BTCUSDT"})
    assert reply.json() == [
        {"symbol": "BTCUSDT", "makerCommission": "0.00100000", "takerCommission": "0.00100000"}
    ]
    assert len((await desk.send("GET", "/sapi/v1/asset/tradeFee")).json()) == 4
    bad = await desk.send("GET", "/sapi/v1/asset/tradeFee", {"symbol": "NOPE"})
    assert bad.json()["code"] == -1121
    on = await desk.send("POST", "/sapi/v1/bnbBurn", {"spotBNBBurn": "true"}, in_body=True)
    assert on.json() == {"spotBNBBurn": True, "interestBNBBurn": False}
    assert desk.account.bnb_burn


async def test_only_what_the_account_has() -> None:
    desk = Desk()
    desk.venue.ledger.held = {"BTC": (SCALE, 0), "LTC": (0, 0)}
    rows = (await desk.send("POST", "/sapi/v3/asset/getUserAsset")).json()
    assert [row["asset"] for row in rows] == ["BTC"]


async def test_they_are_signed_like_all_others_and_the_rest_is_not_there() -> None:
    desk = Desk()
    assert (await desk.raw("GET", "/sapi/v1/account/status")).json()["code"] == -1102
    reply = await desk.send("GET", "/sapi/v1/lending/daily")
    assert (reply.status, reply.json()["code"]) == (404, -5000)
