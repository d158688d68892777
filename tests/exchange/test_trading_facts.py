"""What the engine knows of a market, however rarely it looks: the same as REST says."""

from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.market.state import Market
from binance_mcp_server.exchange.market.types import Trade
from binance_mcp_server.exchange.numbers import SCALE
from binance_mcp_server.exchange.trading import Facts
from binance_mcp_server.exchange.wire import reference
from tests.exchange.market.feeds import SYMBOL, THURSDAY, HandFed, trade_frame

STEPS = st.lists(
    st.tuples(
        st.integers(0, 2_500),  # ms that pass
        st.integers(0, 1_200),  # how late the trade comes
        st.integers(90, 110),
        st.booleans(),
    ),
    max_size=40,
)
"""Whether somebody looks at the price after the trade decides what is remembered of it."""


def test_what_is_not_listed_has_no_last_price() -> None:
    facts = Facts(Market(HandFed(THURSDAY), "spot"))
    assert facts.last_price("BNBUSDT") is None


@given(STEPS)
def test_the_reference_price_is_that_of_rest(steps: list[tuple[int, int, int, bool]]) -> None:
    source = HandFed(THURSDAY)
    market = Market(source, "spot")
    facts = Facts(market)
    newest = THURSDAY
    for number, (passed, late, price, looks) in enumerate(steps, 1):
        source.time_ms += passed
        newest = max(newest, source.time_ms - late)  # a tape is in the order of time
        trade = Trade(number, price * SCALE, SCALE, newest, buyer_is_maker=False)
        market.apply([trade_frame(trade)])
        if looks:
            assert facts.reference_price(SYMBOL) == reference.current(market, SYMBOL)
    assert facts.reference_price(SYMBOL) == reference.current(market, SYMBOL)
