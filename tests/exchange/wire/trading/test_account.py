"""What an account is told about itself."""

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.wire.trading import operations as all_operations
from tests.exchange.wire.trading.examples import LIMIT, NOW
from tests.exchange.wire.trading.fake_venue import ACCOUNT, FakeVenue, ask, unfilled
from tests.exchange.wire.trading.schemas import read

DEAR = Account(
    uid=2,
    name="dear",
    trade_group_id=4,
    bnb_burn=True,
    max_asset={"USDT": 1_000_000 * SCALE},
    symbol_rates={
        "BTCUSDT": CommissionRates(
            standard=Rates(10, 20, 30, 40), special=Rates(1, 2, 3, 4), tax=Rates(112, 114, 118, 116)
        )
    },
)


def test_balances_with_and_without_the_empty_ones() -> None:
    venue = FakeVenue()
    venue.ledger.held = {"BTC": (SCALE, 0), "ETH": (0, 0), "USDT": (0, 5)}
    body = ask(all_operations.ACCOUNT_STATUS, venue=venue)
    assert [each["asset"] for each in body["balances"]] == ["BTC", "ETH", "USDT"]
    assert body["balances"][2] == {"asset": "USDT", "free": "0.00000000", "locked": "0.00000005"}
    omitted = ask(all_operations.ACCOUNT_STATUS, {"omitZeroBalances": "true"}, venue=venue)
    assert [each["asset"] for each in omitted["balances"]] == ["BTC", "USDT"]
    read("GetAccountResponse", body)


def test_the_account_has_the_venues_fields_in_its_order() -> None:
    body = ask(all_operations.ACCOUNT_STATUS)
    assert list(body) == [
        "makerCommission", "takerCommission", "buyerCommission", "sellerCommission",
        "commissionRates", "canTrade", "canWithdraw", "canDeposit", "brokered",
        "requireSelfTradePrevention", "preventSor", "updateTime", "accountType", "balances",
        "permissions", "uid",
    ]  # fmt: skip
    assert (body["makerCommission"], body["commissionRates"]["maker"]) == (10, "0.00100000")
    assert ask(all_operations.ACCOUNT_STATUS, account=DEAR)["tradeGroupId"] == 4


def test_commission_rates_of_a_symbol() -> None:
    body = ask(all_operations.ACCOUNT_COMMISSION, account=DEAR)
    assert body["standardCommission"] == {
        "maker": "0.00000010",
        "taker": "0.00000020",
        "buyer": "0.00000030",
        "seller": "0.00000040",
    }
    assert body["discount"] == {
        "enabledForAccount": True,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.75000000",
    }
    read("AccountCommissionResponse", body)


def test_a_test_order_knows_its_side_but_not_its_part() -> None:
    """faqs/commission_faq.md, read 2026-11-24: buyer's and seller's rates are in the maker's and taker's."""
    asked = LIMIT | {"computeCommissionRates": "true"}
    body = ask(all_operations.ORDER_TEST, asked, account=DEAR)
    assert body["standardCommissionForOrder"] == {"maker": "0.00000040", "taker": "0.00000050"}
    assert body["specialCommissionForOrder"] == {"maker": "0.00000004", "taker": "0.00000005"}
    assert body["taxCommissionForOrder"] == {"maker": "0.00000230", "taker": "0.00000232"}
    assert ask(all_operations.ORDER_TEST, LIMIT) == {}
    by_sor = ask(all_operations.SOR_TEST, asked, account=DEAR)
    assert "specialCommissionForOrder" not in by_sor


def test_a_test_order_places_nothing_and_counts_nothing() -> None:
    venue, counts = FakeVenue(), unfilled()
    ask(all_operations.ORDER_TEST, LIMIT, venue=venue, counts=counts)
    assert venue.did == ["test"]
    assert counts.counts(ACCOUNT.uid, NOW)[0].used == 0


def test_unfilled_orders_are_counted() -> None:
    counts = unfilled(50)
    ask(all_operations.ORDER_PLACE, LIMIT, counts=counts)
    (row,) = ask(all_operations.UNFILLED_ORDERS, counts=counts)
    assert row == {
        "rateLimitType": "ORDERS",
        "interval": "SECOND",
        "intervalNum": 10,
        "limit": 50,
        "count": 1,
    }
    read("RateLimitOrderResponse", [row])


def test_filters_of_the_account() -> None:
    body = ask(all_operations.MY_FILTERS, account=DEAR)
    assert body["assetFilters"] == [
        {"filterType": "MAX_ASSET", "asset": "USDT", "limit": "1000000.00000000"}
    ]
    assert {"PRICE_FILTER", "LOT_SIZE"} <= {each["filterType"] for each in body["symbolFilters"]}
    assert ask(all_operations.MY_FILTERS)["assetFilters"] == []
    read("MyFiltersResponse", body)
