"""The ledger: nothing appears, nothing vanishes, and a refusal changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.ledger import Balance, Ledger, NotConservedError
from binance_mcp_server.exchange.engine.refusals import RefusedError

A, B = 1, 2


def ledger(**balances: int) -> Ledger:
    """Account 1 has *balances*, account 2 has nothing."""
    made = Ledger()
    made.open(A)
    made.open(B)
    for asset, amount in balances.items():
        made.deposit(A, asset, amount)
    return made


def test_what_is_locked_is_not_free() -> None:
    book = ledger(USDT=100)
    book.lock(A, "USDT", 60)
    assert book.balance(A, "USDT") == Balance(free=40, locked=60)
    book.unlock(A, "USDT", 10)
    assert book.balance(A, "USDT") == (50, 50)


def test_more_than_is_free_cannot_be_locked_or_withdrawn() -> None:
    book = ledger(USDT=100)
    book.lock(A, "USDT", 60)
    for move in (book.lock, book.withdraw):
        with pytest.raises(RefusedError) as caught:
            move(A, "USDT", 41)
        assert caught.value.code == -2010
        assert caught.value.text == "Account has insufficient balance for requested action."
    assert book.balance(A, "USDT") == (40, 60)
    book.check()


def test_both_sides_of_a_trade_leave_the_market_as_it_was() -> None:
    book = ledger(USDT=1000)
    book.deposit(B, "BTC", 10)
    book.lock(A, "USDT", 500)
    book.settle(A, gets=("BTC", 5), gives=("USDT", 400), from_locked=400, commission=("BTC", 1))
    book.settle(B, gets=("USDT", 400), gives=("BTC", 5), from_locked=0, commission=("USDT", 2))
    assert book.balances(A) == {"USDT": (500, 100), "BTC": (4, 0)}
    assert book.balances(B) == {"BTC": (5, 0), "USDT": (398, 0)}
    assert not any(book.market.values())
    assert book.fees == {"BTC": 1, "USDT": 2}
    book.check()


def test_the_market_may_owe_and_all_adds_up() -> None:
    book = ledger(USDT=1000, BNB=3)
    book.settle(A, gets=("BTC", 5), gives=("USDT", 400), from_locked=0, commission=("BNB", 2))
    assert book.market == {"USDT": 400, "BTC": -5}
    assert book.total("BTC") == 0
    assert book.total("BNB") == 3
    book.check()


@pytest.mark.parametrize(
    ("gives", "fee"), [(("USDT", 101), ("BTC", 0)), (("USDT", 50), ("BNB", 4))], ids=str
)
def test_a_trade_that_cannot_be_paid_changes_nothing(
    gives: tuple[str, int], fee: tuple[str, int]
) -> None:
    book = ledger(USDT=100, BNB=3)
    with pytest.raises(RefusedError):
        book.settle(A, gets=("BTC", 5), gives=gives, from_locked=0, commission=fee)
    assert book.balance(A, "USDT") == (100, 0)
    assert book.balance(A, "BNB") == (3, 0)
    assert book.balance(A, "BTC") == (0, 0)
    book.check()


def test_more_than_is_locked_cannot_be_unlocked_or_settled() -> None:
    book = ledger(USDT=100)
    book.lock(A, "USDT", 10)
    with pytest.raises(NotConservedError):
        book.unlock(A, "USDT", 11)
    with pytest.raises(NotConservedError):
        book.settle(A, gets=("BTC", 1), gives=("USDT", 11), from_locked=11, commission=("BTC", 0))
    assert book.balances(A)["USDT"] == (90, 10)


def test_a_hole_is_seen() -> None:
    book = ledger(USDT=100)
    book._accounts[A]["USDT"].free -= 1
    with pytest.raises(NotConservedError, match="USDT: 99, not 100"):
        book.check()
    book.market["USDT"] += 1
    book.check()
    book._accounts[A]["USDT"].free -= 101
    book.market["USDT"] += 101
    with pytest.raises(NotConservedError, match="somebody owes USDT"):
        book.check()


def test_a_negative_amount_is_no_amount() -> None:
    book = ledger(USDT=100)
    for move in (book.deposit, book.withdraw, book.lock, book.unlock):
        with pytest.raises(ValueError, match="negative"):
            move(A, "USDT", -1)
    with pytest.raises(ValueError, match="negative"):
        book.settle(A, gets=("BTC", 1), gives=("USDT", 1), from_locked=2, commission=("BTC", 0))


def test_an_account_is_opened_once_and_before_it_is_used() -> None:
    book = ledger()
    with pytest.raises(ValueError, match="exists already"):
        book.open(A)
    with pytest.raises(KeyError):
        book.deposit(3, "USDT", 1)
    with pytest.raises(KeyError):
        book.balance(3, "USDT")


uids = st.sampled_from((A, B))
assets = st.sampled_from(("USDT", "BTC", "BNB"))
amounts = st.integers(0, 30)
sums = st.tuples(assets, amounts)
moves = st.tuples(st.sampled_from(("deposit", "withdraw", "lock", "unlock")), uids, assets, amounts)
trades = st.tuples(uids, sums, sums, amounts, sums)


@given(st.lists(moves | trades, max_size=60))
def test_whatever_happens_all_adds_up(actions: list[tuple[object, ...]]) -> None:
    book = ledger(USDT=50)
    put_in = {"USDT": 50, "BTC": 0, "BNB": 0}
    for action in actions:
        before = {uid: book.balances(uid) for uid in (A, B)}
        try:
            _do(book, action, put_in)
        except (RefusedError, NotConservedError, ValueError):
            for uid in (A, B):
                now = book.balances(uid)
                assert all(now[asset] == before[uid].get(asset, (0, 0)) for asset in now)
        book.check()
        assert {asset: book.total(asset) for asset in put_in} == put_in


def _do(book: Ledger, action: tuple[object, ...], put_in: dict[str, int]) -> None:
    match action:
        case (str(verb), uid, str(asset), int(amount)):
            getattr(book, verb)(uid, asset, amount)
            put_in[asset] += {"deposit": amount, "withdraw": -amount}.get(verb, 0)
        case (int(uid), gets, gives, int(locked), fee):
            book.settle(uid, gets=gets, gives=gives, from_locked=locked, commission=fee)  # type: ignore[arg-type]


def test_permission_sets_are_all_needed_one_of_each() -> None:
    account = Account(uid=1, name="a", permissions=("SPOT", "TRD_GRP_002"))
    assert account.may_trade((("SPOT", "MARGIN"),))
    assert account.may_trade((("SPOT",), ("TRD_GRP_001", "TRD_GRP_002")))
    assert not account.may_trade((("SPOT",), ("TRD_GRP_001",)))
    assert account.may_trade(())
