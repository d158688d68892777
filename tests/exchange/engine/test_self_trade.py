"""Self-trade prevention: the scenarios of its page, and what they leave out.

Source: faqs/stp_faq.md, docs of 2026-07-21, read 2026-11-24. Its quantities, prices and statuses are kept; the makers
of a scenario stand in the order in which it lists them.
"""

import pytest

from binance_mcp_server.exchange.engine.events import ExecType
from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import Expiry, PreventedMatch, SpotOrder, Status, Stp
from binance_mcp_server.exchange.engine.refusals import RefusedError
from tests.exchange.engine.stage import ANN, BEN, FOK, Stage, amount, rules_of, short

GONE = Status.EXPIRED_IN_MATCH


@pytest.fixture
def stage() -> Stage:
    return Stage()


def state(order: SpotOrder) -> tuple[Status, str, str]:
    """Status, executed and prevented quantity."""
    return order.status, short(order.executed), short(order.prevented)


def makers(stage: Stage) -> list[SpotOrder]:
    """The three bids of scenarios B and C."""
    return [stage.place(f"BUY LIMIT {it}") for it in ("1.2 @ 1.2", "1.3 @ 1.1", "8.1 @ 1")]


def matches(stage: Stage, uid: int = ANN) -> list[tuple[int, str, str, str]]:
    """Prevented matches: id, price, what the taker and the maker lost."""
    found = stage.venue.prevented(uid, "BTCUSDT")
    return [(m.id, short(m.price), short(m.taker_qty), short(m.maker_qty)) for m in found]


def test_scenario_a_without_prevention_one_trades_with_oneself(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 1 @ 1", stp=Stp.NONE)
    taker = stage.place("SELL LIMIT 1 @ 1", stp=Stp.NONE)
    assert [state(each) for each in (maker, taker)] == [(Status.FILLED, "1", "0")] * 2
    stage.check()


def test_scenario_b_expire_maker_clears_the_way(stage: Stage) -> None:
    bids = makers(stage)
    taker = stage.place("SELL LIMIT 3 @ 1", stp=Stp.EXPIRE_MAKER)
    assert [state(each) for each in bids] == [
        (GONE, "0", "1.2"),
        (GONE, "0", "1.3"),
        (GONE, "0", "8.1"),
    ]
    assert [each.prevented_match_id for each in bids] == [0, 1, 2]
    assert state(taker) == (Status.NEW, "0", "0")
    assert matches(stage) == [
        (0, "1.2", "0", "1.2"),
        (1, "1.1", "0", "1.3"),
        (2, "1", "0", "8.1"),
    ]
    assert stage.queue(Side.SELL) == [("1", "3", taker.id)]
    stage.check()


def test_scenario_c_expire_taker_spares_the_makers(stage: Stage) -> None:
    bids = makers(stage)
    taker = stage.place("SELL LIMIT 3 @ 1", stp=Stp.EXPIRE_TAKER)
    assert [state(each) for each in bids] == [(Status.NEW, "0", "0")] * 3
    assert state(taker) == (GONE, "0", "3")
    assert taker.prevented_match_id == 0


def test_scenario_d_expire_both(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 1 @ 1")
    taker = stage.place("SELL LIMIT 3 @ 1", stp=Stp.EXPIRE_BOTH)
    assert (state(maker), state(taker)) == ((GONE, "0", "1"), (GONE, "0", "3"))
    assert matches(stage) == [(0, "1", "3", "1")]


def test_scenario_e_the_takers_mode_decides(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 1 @ 1", stp=Stp.EXPIRE_MAKER)
    taker = stage.place("SELL LIMIT 1 @ 1", stp=Stp.EXPIRE_TAKER)
    assert (state(maker), state(taker)) == ((Status.NEW, "0", "0"), (GONE, "0", "1"))


def test_scenario_f_a_market_order_finds_nobody_left(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 1 @ 1")
    taker = stage.place("SELL MARKET 1", stp=Stp.EXPIRE_MAKER)
    assert (state(maker), state(taker)) == ((GONE, "0", "1"), (Status.EXPIRED, "0", "0"))
    assert taker.expiry is Expiry.NO_LIQUIDITY


def test_scenario_g_decrement_takes_the_smaller_quantity_off_both(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 6 @ 2")
    taker = stage.place("SELL LIMIT 2 @ 2", stp=Stp.DECREMENT)
    assert (state(maker), state(taker)) == ((Status.NEW, "0", "2"), (GONE, "0", "2"))
    assert maker.prevented_match_id == taker.prevented_match_id == 0
    assert stage.queue(Side.BUY) == [("2", "4", maker.id)]
    stage.check()


def test_scenario_h_transfer_moves_the_assets_within_a_group(stage: Stage) -> None:
    for uid in (ANN, BEN):
        stage.venue.accounts[uid].trade_group_id = 1
        for asset in ("BTC", "USDT"):
            stage.venue.withdraw(uid, asset, amount("980000"), stage.now)
    maker = stage.place("BUY LIMIT 0.6 @ 0.2", ANN, stp=Stp.TRANSFER)
    taker = stage.place("SELL LIMIT 0.2 @ 0.2", BEN, stp=Stp.TRANSFER)
    assert (state(maker), state(taker)) == ((Status.NEW, "0", "0.2"), (GONE, "0", "0.2"))
    assert stage.balance(ANN, "BTC") == ("20000.2", "0")
    assert stage.balance(ANN, "USDT") == ("19999.88", "0.08")
    assert stage.balance(BEN, "BTC") == ("19999.8", "0")
    assert stage.balance(BEN, "USDT") == ("20000.04", "0")
    assert matches(stage) == matches(stage, BEN) == [(0, "0.2", "0.2", "0.2")]
    stage.check()


@pytest.mark.parametrize("theirs", [each for each in Stp if each is not Stp.TRANSFER])
def test_transfer_needs_both(stage: Stage, theirs: Stp) -> None:
    maker = stage.place("BUY LIMIT 6 @ 2", stp=theirs)
    taker = stage.place("SELL LIMIT 2 @ 2", stp=Stp.TRANSFER)
    assert (maker.prevented, taker.prevented) == (amount("2"), amount("2"))
    assert [match.stp for match in stage.venue.prevented(ANN, "BTCUSDT")] == [Stp.DECREMENT]


def test_a_mode_that_the_symbol_does_not_allow_is_refused() -> None:
    stage = Stage(rules_of(stp_modes=(Stp.NONE, Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH)))
    text = "This symbol does not allow the specified self-trade prevention mode."
    with pytest.raises(RefusedError, match=text) as refused:
        stage.place("BUY LIMIT 1 @ 1", stp=Stp.EXPIRE_MAKER)
    assert refused.value.code == -1013
    assert stage.place("BUY LIMIT 1 @ 1").stp is Stp.NONE


# --- what the scenarios leave out


def test_strangers_trade_whatever_they_asked_for(stage: Stage) -> None:
    stage.place("BUY LIMIT 1 @ 1", BEN, stp=Stp.EXPIRE_BOTH)
    assert stage.place("SELL LIMIT 1 @ 1", stp=Stp.EXPIRE_BOTH).status is Status.FILLED


def test_accounts_of_one_group_count_as_one(stage: Stage) -> None:
    for uid in (ANN, BEN):
        stage.venue.accounts[uid].trade_group_id = 7
    maker = stage.place("BUY LIMIT 1 @ 1", BEN)
    stage.place("SELL LIMIT 1 @ 1", stp=Stp.EXPIRE_MAKER)
    assert state(maker) == (GONE, "0", "1")
    (report,) = stage.executions(ExecType.TRADE_PREVENTION, BEN)
    assert (report.trade_group_id, report.counter_order_id) == (7, 2)


def test_what_was_traded_before_stays_traded(stage: Stage) -> None:
    stage.crowd("SELL 1 @ 99")
    stage.place("SELL LIMIT 1 @ 100")
    taker = stage.place("BUY LIMIT 3 @ 100", stp=Stp.EXPIRE_TAKER)
    assert state(taker) == (GONE, "1", "2")
    assert stage.told()[-2:] == [
        "2 TRADE PARTIALLY_FILLED",
        "2 TRADE_PREVENTION EXPIRED_IN_MATCH",
    ]
    stage.check()


def test_of_an_iceberg_what_shows_is_decremented_first(stage: Stage) -> None:
    maker = stage.place("BUY LIMIT 5 @ 1", iceberg_qty="2")
    taker = stage.place("SELL LIMIT 3 @ 1", stp=Stp.DECREMENT)
    assert (state(maker), state(taker)) == ((Status.NEW, "0", "3"), (GONE, "0", "3"))
    assert [match[2] for match in matches(stage)] == ["2", "1"]
    assert stage.queue(Side.BUY) == [("1", "1", maker.id)]
    stage.check()


@pytest.mark.parametrize("mode", [Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH, Stp.DECREMENT])
def test_a_fok_order_that_would_meet_its_own_does_nothing(stage: Stage, mode: Stp) -> None:
    mine = stage.place("SELL LIMIT 1 @ 100")
    stage.crowd("SELL 1 @ 100")
    taker = stage.place("BUY LIMIT 2 @ 100", tif=FOK, stp=mode)
    assert (taker.status, taker.expiry) == (Status.EXPIRED, Expiry.UNFILLED_FOK)
    assert state(mine) == (Status.NEW, "0", "0")


def test_a_fok_order_that_expires_makers_looks_behind_them(stage: Stage) -> None:
    mine = stage.place("SELL LIMIT 1 @ 100")
    stage.crowd("SELL 2 @ 100")
    assert stage.place("BUY LIMIT 2 @ 100", tif=FOK, stp=Stp.EXPIRE_MAKER).status is Status.FILLED
    assert state(mine) == (GONE, "0", "1")


def test_reports_say_what_was_prevented(stage: Stage) -> None:
    stage.place("BUY LIMIT 6 @ 2")
    stage.place("SELL LIMIT 2 @ 2", stp=Stp.DECREMENT)
    taker, maker = stage.executions(ExecType.TRADE_PREVENTION)
    assert (taker.order.status, maker.order.status) == (GONE, Status.NEW)
    assert (taker.on_book, maker.on_book) == (False, True)
    for report in (taker, maker):
        assert report.prevented == report.prevented_match_qty == amount("2")
        assert report.prevented_match_price == amount("2")


def test_both_sides_of_a_match_can_look_it_up_once(stage: Stage) -> None:
    stage.place("BUY LIMIT 1 @ 1")
    stage.place("SELL LIMIT 1 @ 1", stp=Stp.EXPIRE_BOTH)
    (match,) = stage.venue.prevented(ANN, "BTCUSDT")
    one = amount("1")
    assert match == PreventedMatch(
        0, "BTCUSDT", 2, 1, "BTCUSDT", -1, Stp.EXPIRE_BOTH, one, one, one, stage.now
    )
