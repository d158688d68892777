"""The price-range execution rule, by the example of its page: trades between half and twice the reference price of 10.

Source: faqs/price_range_execution_rules.md, docs of 2026-07-21, read 2026-11-24.
"""

import pytest

from binance_mcp_server.exchange.engine.events import Event, ExecType, Printed
from binance_mcp_server.exchange.engine.orders import Expiry, Status
from binance_mcp_server.exchange.engine.trading_rules import Band
from binance_mcp_server.exchange.numbers import SCALE
from tests.exchange.engine.stage import FOK, Stage, amount, rules_of

TWICE_OR_HALF = Band(2 * SCALE, SCALE // 2, 2 * SCALE, SCALE // 2)


def stage_of(band: Band | None = TWICE_OR_HALF, reference: str | None = "10.00") -> Stage:
    stage = Stage(rules_of("BAZUSD", "BAZ", "USD", price_range=band))
    if reference:
        stage.facts.reference["BAZUSD"] = amount(reference)
    return stage


@pytest.mark.parametrize(
    ("side", "maker", "edge", "beyond"),
    [("BUY", "SELL", "20", "20.01"), ("SELL", "BUY", "5", "4.99")],
)
def test_an_order_trades_up_to_the_edge_and_expires_there(
    side: str, maker: str, edge: str, beyond: str
) -> None:
    stage = stage_of()
    stage.crowd(f"{maker} 1 @ {edge}")
    stage.crowd(f"{maker} 1 @ {beyond}")
    order = stage.place(f"{side} MARKET 2")
    assert [fill.price for fill in order.fills] == [amount(edge)]
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.PRICE_RANGE)
    assert stage.executions(ExecType.EXPIRED)[0].order.expiry is Expiry.PRICE_RANGE
    stage.check()


def test_a_limit_order_that_would_trade_beyond_does_not_rest() -> None:
    stage = stage_of()
    stage.crowd("SELL 1 @ 20.01")
    order = stage.place("BUY LIMIT 1 @ 21")
    assert (order.status, order.expiry) == (Status.EXPIRED, Expiry.PRICE_RANGE)


def test_a_limit_order_that_meets_nobody_may_rest_beyond() -> None:
    assert stage_of().place("BUY LIMIT 1 @ 21").status is Status.NEW


def test_a_fok_order_says_that_the_rule_stopped_it() -> None:
    stage = stage_of()
    stage.crowd("SELL 1 @ 20")
    stage.crowd("SELL 1 @ 21")
    order = stage.place("BUY LIMIT 2 @ 21", tif=FOK)
    assert (order.executed, order.expiry) == (0, Expiry.PRICE_RANGE)


@pytest.mark.parametrize(
    ("band", "reference"),
    [(None, "10.00"), (TWICE_OR_HALF, None), (TWICE_OR_HALF._replace(bid_up=0), "10.00")],
)
def test_without_rule_price_or_multiplier_nothing_is_enforced(
    band: Band | None, reference: str | None
) -> None:
    stage = stage_of(band, reference)
    stage.crowd("SELL 1 @ 500")
    assert stage.place("BUY MARKET 1").status is Status.FILLED


def test_the_reference_price_of_its_arrival_holds_for_all_its_trades() -> None:
    """The price moves while the order takes; the next order has the new limits."""
    stage = stage_of()

    def moves(event: Event) -> None:
        if isinstance(event, Printed):
            stage.facts.reference["BAZUSD"] = amount("1")

    stage.venue.listeners.append(moves)
    for _ in range(2):
        stage.crowd("SELL 1 @ 15")
    assert len(stage.place("BUY MARKET 2").fills) == 2
    stage.crowd("SELL 1 @ 15")
    assert stage.place("BUY MARKET 1").expiry is Expiry.PRICE_RANGE
