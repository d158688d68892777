"""What the accounts own, free and locked. Amounts are integers in units of 1e-8 of the asset.

Every movement has two ends. The other end of a trade is the market, one account for everybody else: it may owe, and
two accounts that trade with each other leave it as it was. Commissions go to the venue. So of every asset there is at
any time exactly as much as was put in (:meth:`Ledger.check`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from binance_mcp_server.exchange.engine.refusals import insufficient_balance


class NotConservedError(AssertionError):
    """The ledger does not add up: a defect of ours, never of who trades."""


class Balance(NamedTuple):
    free: int
    locked: int


class _Held:
    """One account's holding of one asset."""

    __slots__ = ("free", "locked")

    def __init__(self) -> None:
        self.free = 0
        self.locked = 0


class Ledger:
    """The balances of all accounts. Each method either does all that it says, or raises and changes nothing.

    Every method raises ``KeyError`` on an account that was not opened, ``ValueError`` on a negative amount.
    """

    def __init__(self) -> None:
        self._accounts: dict[int, dict[str, _Held]] = {}
        self._put_in: Counter[str] = Counter()
        self.market: Counter[str] = Counter()
        """What everybody else won (or, below 0, gave) in trades with the accounts."""
        self.fees: Counter[str] = Counter()
        """Commissions collected."""

    def open(self, uid: int) -> None:
        """A new account with nothing in it. Raises ``ValueError`` when there is one."""
        if uid in self._accounts:
            raise ValueError(f"account {uid} exists already")
        self._accounts[uid] = {}

    def deposit(self, uid: int, asset: str, amount: int) -> None:
        _not_negative(amount)
        self._held(uid, asset).free += amount
        self._put_in[asset] += amount

    def withdraw(self, uid: int, asset: str, amount: int) -> None:
        """Raises :class:`~.refusals.RefusedError` when less is free."""
        _not_negative(amount)
        held = self._held(uid, asset)
        if amount > held.free:
            raise insufficient_balance()
        held.free -= amount
        self._put_in[asset] -= amount

    def balance(self, uid: int, asset: str) -> Balance:
        held = self._accounts[uid].get(asset)
        return Balance(held.free, held.locked) if held else Balance(0, 0)

    def balances(self, uid: int) -> Mapping[str, Balance]:
        """Every asset that the account has ever held, in the order in which it came to them."""
        return {
            asset: Balance(held.free, held.locked) for asset, held in self._accounts[uid].items()
        }

    def lock(self, uid: int, asset: str, amount: int) -> None:
        """Set *amount* aside for an order. Raises :class:`~.refusals.RefusedError` when less is free."""
        _not_negative(amount)
        held = self._held(uid, asset)
        if amount > held.free:
            raise insufficient_balance()
        held.free -= amount
        held.locked += amount

    def unlock(self, uid: int, asset: str, amount: int) -> None:
        """Raises :class:`NotConservedError` when less is locked."""
        _not_negative(amount)
        held = self._held(uid, asset)
        if amount > held.locked:
            raise NotConservedError(f"{uid} has {held.locked} {asset} locked, not {amount}")
        held.locked -= amount
        held.free += amount

    def settle(
        self,
        uid: int,
        *,
        gets: tuple[str, int],
        gives: tuple[str, int],
        from_locked: int,
        commission: tuple[str, int],
    ) -> None:
        """One side of a trade: *gives* ``(asset, amount)``, *from_locked* of it locked and the rest free; *gets*,
        which is free at once and may pay the *commission*.

        Raises :class:`NotConservedError` when less is locked, :class:`~.refusals.RefusedError` when less is free.
        """
        asset, amount = gives
        fee_asset, fee = commission
        _not_negative(min(amount, gets[1], from_locked, fee, amount - from_locked))
        held = self._held
        given, got, payer = held(uid, asset), held(uid, gets[0]), held(uid, fee_asset)
        if from_locked > given.locked:
            raise NotConservedError(f"{uid} has {given.locked} {asset} locked, not {from_locked}")
        given.free -= amount - from_locked
        got.free += gets[1]
        payer.free -= fee
        if min(given.free, payer.free) < 0:
            payer.free += fee
            got.free -= gets[1]
            given.free += amount - from_locked
            raise insufficient_balance()
        given.locked -= from_locked
        self.market[asset] += amount
        self.market[gets[0]] -= gets[1]
        self.fees[fee_asset] += fee

    def total(self, asset: str) -> int:
        """All there is of *asset*: changed by nothing but deposits and withdrawals."""
        owned = sum(held.free + held.locked for held in self._holdings(asset))
        return owned + self.market[asset] + self.fees[asset]

    def check(self) -> None:
        """Raises :class:`NotConservedError` unless all adds up and nobody owes."""
        for asset in {*self._put_in, *self.market, *self.fees}:
            if self.total(asset) != self._put_in[asset]:
                raise NotConservedError(f"{asset}: {self.total(asset)}, not {self._put_in[asset]}")
            if any(held.free < 0 or held.locked < 0 for held in self._holdings(asset)):
                raise NotConservedError(f"somebody owes {asset}")

    def _holdings(self, asset: str) -> Iterator[_Held]:
        return (held[asset] for held in self._accounts.values() if asset in held)

    def _held(self, uid: int, asset: str) -> _Held:
        assets = self._accounts[uid]
        held = assets.get(asset)
        if held is None:
            held = assets[asset] = _Held()
        return held


def _not_negative(amount: int) -> None:
    if amount < 0:
        raise ValueError(f"an amount must not be negative: {amount}")
