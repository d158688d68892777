"""What happens to an operation follows from the plan and the order of operations, and nothing is carried out twice."""

from collections.abc import Sequence

import msgspec
import pytest

from binance_mcp_server.exchange.engine.ladder import Side
from binance_mcp_server.exchange.engine.orders import NewOrder, OrderType, SpotOrder
from binance_mcp_server.exchange.engine.refusals import RefusedError, unknown_order
from binance_mcp_server.exchange.faults.kinds import Fault
from binance_mcp_server.exchange.faults.order_kinds import (
    FillBeforeCancel,
    LateOrders,
    OrderFault,
    Then,
    UserStream,
)
from binance_mcp_server.exchange.faults.orders import (
    Asked,
    NoAnswerError,
    OrderPath,
    UserLine,
    name_of,
)
from binance_mcp_server.exchange.faults.plan import Plan, read_plan
from binance_mcp_server.exchange.faults.schedule import Schedule
from binance_mcp_server.exchange.wire.errors import VenueError

PLACE = Asked("order.place", "rest", "alice")
CANCEL = Asked("order.cancel", "ws_api", "alice")
QUERY = Asked("order.status", "rest", "alice")


class Desk:
    """A venue that keeps orders, as far as faults look at one."""

    def __init__(self) -> None:
        self.kept: dict[int, SpotOrder] = {}

    def place(self, uid: int, asked: NewOrder, now: int) -> SpotOrder:
        order = SpotOrder(len(self.kept) + 1, uid, asked, "c", now, qty=asked.qty or 0)
        order.is_working = True
        self.kept[order.id] = order
        return order

    def order(
        self, uid: int, symbol: str, *, order_id: int | None, client_id: str | None
    ) -> SpotOrder:
        return self.kept[order_id or 0]

    def open_orders(self, uid: int, symbol: str | None) -> Sequence[SpotOrder]:
        return [order for order in self.kept.values() if order.left]

    def fill_now(self, order: SpotOrder, now: int) -> None:
        order.executed = order.qty

    def cancel(
        self, uid: int, symbol: str, now: int, *, order_id: int | None, client_id: str | None
    ) -> SpotOrder:
        if not self.kept[order_id or 0].left:
            raise unknown_order()
        return self.kept.pop(order_id or 0)


NEW = NewOrder(symbol="BTCUSDT", side=Side.BUY, type=OrderType.LIMIT, price=100, qty=5)


def path(*faults: Fault, seed: int = 1) -> OrderPath:
    made = OrderPath()
    made.arm(Schedule(Plan(seed, [(type(each).__name__, each) for each in faults])))
    return made


def place(on: OrderPath, desk: Desk, asked: Asked = PLACE, monotonic: float = 0) -> SpotOrder:
    return on.run(asked, desk, monotonic, lambda seen: seen.place(1, NEW, 0))


def find(on: OrderPath, desk: Desk, monotonic: float = 0) -> SpotOrder:
    return on.run(
        QUERY,
        desk,
        monotonic,
        lambda seen: seen.order(1, "BTCUSDT", order_id=1, client_id=None),
    )


def test_while_nothing_is_armed_the_venue_itself_is_asked() -> None:
    desk = Desk()
    assert path().run(PLACE, desk, 0, lambda seen: seen) is desk


@pytest.mark.parametrize("executes", [True, False])
@pytest.mark.parametrize(
    ("then", "code", "status"),
    [("503", -1001, 503), ("-1006", -1006, 500), ("-1007", -1007, 408), ("-1000", -1000, 500)],
)
def test_a_code_comes_whether_or_not_the_order_was_placed(
    then: Then, code: int, status: int, executes: bool
) -> None:
    desk = Desk()
    on = path(OrderFault(executes=executes, then=then, times=1))
    with pytest.raises(VenueError) as caught:
        place(on, desk)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert len(desk.kept) == executes
    place(on, desk)
    assert len(desk.kept) == executes + 1


@pytest.mark.parametrize(("then", "seconds"), [("hang", 7.0), ("reset", 0)])
def test_an_answer_may_never_come(then: Then, seconds: float) -> None:
    desk = Desk()
    with pytest.raises(NoAnswerError) as caught:
        place(path(OrderFault(executes=True, then=then, ms=7000)), desk)
    assert (caught.value.seconds, len(desk.kept)) == (seconds, 1)


def test_a_refusal_is_lost_as_an_answer_is() -> None:
    def refuse(_: Desk) -> None:
        raise RefusedError(-2010, "no")

    with pytest.raises(NoAnswerError):
        path(OrderFault(executes=True, then="reset")).run(PLACE, Desk(), 0, refuse)


def test_a_defect_of_ours_is_not_hidden_by_a_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        path(OrderFault(executes=True, then="reset")).run(PLACE, Desk(), 0, lambda _: 1 // 0)


def test_only_what_a_fault_is_about_is_struck_and_counted() -> None:
    desk = Desk()
    fault = OrderFault(executes=True, then="reset", every=2, operations=("order.place",))
    on = path(replace_fault(fault, via="rest", account="alice"))
    asked = [
        PLACE,
        Asked("order.place", "ws_api", "alice"),
        Asked("order.place", "rest", "bob"),
        Asked("order.test", "rest", "alice"),
    ]
    for each in asked:
        place(on, desk, each)
    with pytest.raises(NoAnswerError):
        place(on, desk)


def replace_fault(fault: OrderFault, **fields: object) -> OrderFault:
    return msgspec.structs.replace(fault, **fields)


def test_a_late_order_is_placed_and_not_found_until_its_time_has_come() -> None:
    desk = Desk()
    on = path(LateOrders(ms=3000))
    order = place(on, desk, monotonic=10)
    assert order.id in desk.kept
    with pytest.raises(RefusedError) as caught:
        find(on, desk, 12.9)
    assert (caught.value.code, caught.value.text) == (-2013, "Order does not exist.")
    listed = on.run(QUERY, desk, 12.9, lambda seen: list(seen.open_orders(1, None)))
    assert listed == []
    assert find(on, desk, 13.0) is order


def test_a_late_order_can_be_cancelled_while_it_is_not_found() -> None:
    desk = Desk()
    on = path(LateOrders(ms=3000))
    place(on, desk)
    on.run(CANCEL, desk, 0, lambda seen: seen.cancel(1, "BTCUSDT", 0, order_id=1, client_id=None))
    assert desk.kept == {}


def test_another_plan_shows_what_was_hidden() -> None:
    desk = Desk()
    on = path(LateOrders(ms=3000))
    order = place(on, desk)
    on.arm(Schedule(Plan()))
    assert find(on, desk) is order


def test_an_order_fills_before_it_can_be_cancelled() -> None:
    desk = Desk()
    on = path(FillBeforeCancel(times=1))
    order = place(on, desk)
    with pytest.raises(RefusedError) as caught:
        on.run(
            CANCEL, desk, 0, lambda seen: seen.cancel(1, "BTCUSDT", 0, order_id=1, client_id=None)
        )
    assert (caught.value.code, order.executed) == (-2011, 5)
    assert desk.kept == {1: order}


def test_faults_of_several_kinds_may_strike_one_operation() -> None:
    desk = Desk()
    on = path(LateOrders(ms=1000), OrderFault(executes=True, then="-1007"))
    with pytest.raises(VenueError):
        place(on, desk)
    with pytest.raises(RefusedError):
        find(on, desk)


def test_what_is_struck_by_chance_is_the_same_for_the_same_seed() -> None:
    def struck(seed: int) -> list[int]:
        on, hit = path(OrderFault(executes=False, then="reset", share=0.2), seed=seed), []
        for number in range(500):
            try:
                place(on, Desk())
            except NoAnswerError:
                hit.append(number)
        return hit

    assert struck(3) == struck(3) != struck(4)
    assert 60 < len(struck(3)) < 140


def test_a_subscription_dies_at_its_event_or_at_once() -> None:
    faults: list[tuple[str, Fault]] = [
        ("user_stream", UserStream(then="cut", every=3)),
        ("user_stream", UserStream(then="terminated", account="bob", times=1)),
    ]
    schedule = Schedule(Plan(1, faults))
    alice, bob = UserLine(schedule, 1, "alice"), UserLine(schedule, 2, "bob")
    assert (alice.strike_now(), bob.strike_now()) == (None, faults[1][1])
    assert bob.strike_now() is None
    assert [bool(alice.strike()) for _ in range(6)] == [False, False, True] * 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"kind":"order","executes":true}', "then"),
        (b'{"kind":"order","executes":true,"then":"418"}', "then"),
        (b'{"kind":"order","executes":true,"then":"-1008"}', "-1008"),
        (b'{"kind":"late_orders"}', "ms"),
        (b'{"kind":"user_stream","then":"cut","ms":5}', "silent"),
        (b'{"kind":"order","executes":false,"then":"503","every":2,"share":0.5}', "not both"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_plan(b'{"faults":[' + body + b"]}")


def test_rest_and_websocket_api_share_the_names_of_operations() -> None:
    assert name_of("POST", "order") == "order.place"
    assert name_of("DELETE", "openOrders") == "openOrders.cancelAll"
    assert name_of("GET", "order") == "order.status"
