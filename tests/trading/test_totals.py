"""What the journal's lines add up to."""

from decimal import Decimal

from binance_mcp_server.trading.guard import DAY_MS
from binance_mcp_server.trading.journal import Reconciled, Seen, State
from binance_mcp_server.trading.totals import LAG_MS, Standing
from tests.trading.examples import NOW, intended, outcome


def standing(*lines: object) -> Standing:
    made = Standing()
    made.tell(lines)  # type: ignore[arg-type]
    return made


def test_a_spent_token_is_known_whatever_came_of_it() -> None:
    states: tuple[State, ...] = ("accepted", "refused", "not_sent", "absent", "unknown")
    for state in states:
        it = standing(intended("a", token="t"), outcome("a", state))
        found = it.spent_on("t")
        assert found
        assert found.id == "a"
    assert standing(intended("a")).spent_on("") is None


def test_an_intent_is_open_until_its_fate_is_known() -> None:
    it = standing(intended("a"), intended("b"), outcome("b", "unknown"), intended("c"))
    assert [each.id for each in it.open_intents("sim", "a")] == ["a", "b", "c"]
    it.tell((outcome("a", "accepted"), outcome("b", "absent")))
    assert [each.id for each in it.open_intents("sim", "a")] == ["c"]
    assert it.open_intents("sim", "other") == it.open_intents("live", "a") == []


def test_only_what_surely_did_not_happen_is_worth_nothing() -> None:
    names: dict[State, str] = {"refused": "0", "not_sent": "0", "absent": "10", "unknown": "10"}
    for state, worth in names.items():
        (placed,) = standing(intended("a"), outcome("a", state)).placed("sim", NOW)
        assert (placed.notional, placed.orders) == (Decimal(worth), 1)


def test_a_day_is_the_last_24_hours_and_what_a_clock_put_into_the_future() -> None:
    it = standing(
        intended("a", at=NOW - DAY_MS),
        intended("b", at=NOW - DAY_MS + 1),
        intended("c", at=NOW + 9),
    )
    assert [each.at_ms - NOW for each in it.placed("sim", NOW)] == [1 - DAY_MS, 9]
    assert it.placed("live", NOW) == ()


def test_orders_that_the_venue_may_not_have_counted_are_added() -> None:
    it = standing(
        intended("flying", at=NOW - 99_000),
        intended("fresh", at=NOW - 5),
        outcome("fresh", "accepted", status="NEW"),
        intended("filled", at=NOW - 5),
        outcome("filled", "accepted", status="FILLED"),
        intended("counted", at=NOW - LAG_MS - 9),
        outcome("counted", "accepted", at=NOW - LAG_MS, status="NEW"),
        intended("refused"),
        outcome("refused", "refused"),
    )
    assert it.orders_unseen("sim", "a", NOW) == 2
    assert it.orders_unseen("sim", "b", NOW) == 0


def test_an_order_is_open_until_it_was_seen_to_have_ended() -> None:
    it = standing(intended("a"), outcome("a", "accepted", status="NEW"))
    assert it.open_orders("sim", "a") == {("BTCUSDT", "a")}
    it.tell((intended("x"), outcome("x", "accepted")))
    assert it.open_orders("sim", "a") == {("BTCUSDT", "a")}
    ended = Seen("BTCUSDT", "a", "mcp-a", "FILLED")
    it.tell((Reconciled(at=NOW, venue="sim", account="a", since=0, orders=(ended,)),))
    assert it.open_orders("sim", "a") == set()


def test_what_cannot_matter_any_more_is_forgotten() -> None:
    it = standing(
        intended("settled", token="1"),
        outcome("settled", "accepted", status="FILLED"),
        intended("resting", token="2"),
        outcome("resting", "accepted", status="NEW"),
        intended("open", token="3"),
    )
    later = NOW + 2 * DAY_MS
    it.tell(intended(f"later {n}", at=later) for n in range(1_000))
    kept = {name for name in it.intents if not name.startswith("later")}
    assert kept == {"resting", "open"}
    assert it.spent_on("1") is None
    assert it.spent_on("2")
    assert it.maker_of("mcp-resting") == it.intents["resting"]
    assert it.maker_of("mcp-settled") is None


def test_the_last_word_is_of_each_account_alone() -> None:
    it = standing(intended("a", at=NOW), outcome("a", "accepted", at=NOW + 5))
    assert it.last_word("sim", "a") == NOW + 5
    assert it.last_word("sim", "b") is None
    it.tell((Reconciled(at=NOW + 9, venue="sim", account="a", since=0),))
    assert it.last_word("sim", "a") == NOW + 9
