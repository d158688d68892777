"""The switchboard's side of accounts: open one, fill it, see its orders.

What comes and goes here is in the venue's own forms where it has some: amounts are decimal strings, orders the bodies
of ``GET /api/v3/order``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from binance_mcp_server.exchange.accounts.keys import EVERYTHING, KeyRing
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.commission import CommissionRates, Rates
from binance_mcp_server.exchange.engine.orders import Fill, SpotOrder
from binance_mcp_server.exchange.numbers import SCALE, parse, show
from binance_mcp_server.exchange.wire.trading import shapes
from binance_mcp_server.exchange.wire.view import MarketView

FIRST_UID = 1_000_001
MOST_UNITS = 10**28
"""Of one deposit, 1e-8: more than anybody has of anything, and nothing that cannot be printed comes of it."""
MOST_RATE = SCALE // 2
"""Of a commission, 1e-8: two of them together take no more than a trade brings in."""


class Ledger(Protocol):
    def balances(self, uid: int) -> Mapping[str, tuple[int, int]]: ...


class Venue(Protocol):
    """What is needed of ``engine/venue.py``."""

    @property
    def accounts(self) -> Mapping[int, Account]: ...

    @property
    def ledger(self) -> Ledger: ...

    def open_account(self, account: Account) -> None: ...

    def deposit(self, uid: int, asset: str, amount: int, now: int) -> None: ...

    def withdraw(self, uid: int, asset: str, amount: int, now: int) -> None: ...

    def orders(self, uid: int, symbol: str) -> Iterable[SpotOrder]: ...

    def fills(self, uid: int, symbol: str) -> Iterable[Fill]: ...


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/accounts``. A name that is there already gets a further key."""

    name: str
    key_type: str = "HMAC"
    balances: dict[str, str] = {}
    permissions: list[str] = msgspec.field(default_factory=lambda: sorted(EVERYTHING))
    """Of the key: TRADE, USER_DATA, USER_STREAM."""
    ips: list[str] = []
    """From where the key may be used; none: from anywhere."""
    public_key: str | None = None
    """In PEM, of an owner who keeps the private one; then *key_type* is as the key is."""
    commission: dict[str, str] | None = None
    """``maker``, ``taker``, ``buyer``, ``seller``: rates such as ``"0.001"``; what is left out is 0."""
    bnb_burn: bool = False
    can_trade: bool = True
    trade_group_id: int = -1


class Deposit(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /__sim/deposit``; an amount below 0 is taken out."""

    account: str
    asset: str
    amount: str


class AccountsDesk:
    """*market* says what the time is, and which symbols there are; *before*, how much of it stands before an order in
    the queue, in units of 1e-8."""

    def __init__(
        self,
        venue: Venue,
        keys: KeyRing,
        market: MarketView,
        before: Callable[[SpotOrder], int] = lambda _: 0,
    ) -> None:
        self._venue = venue
        self._keys = keys
        self._market = market
        self._before = before

    def open(self, body: bytes) -> dict[str, object]:
        """Raises ``ValueError`` in words."""
        asked = msgspec.json.decode(body, type=NewAccount)
        if not asked.name or not asked.name.isprintable():
            raise ValueError("name is some printable text")
        amounts = {asset: _amount(text) for asset, text in asked.balances.items()}
        if min(amounts.values(), default=0) < 0:
            raise ValueError("balances are 0 or more")
        account = self._named(asked.name)
        is_new = account is None
        if account is None:
            account = self._account(asked)
        elif amounts:
            raise ValueError(
                f"{asked.name} is there already: leave out balances for a further key, or use /__sim/deposit"
            )
        issued = self._keys.issue(
            account,
            asked.key_type,
            asked.permissions,
            asked.ips,
            public_key=asked.public_key,
            now=self._market.now_ms(),
        )
        if is_new:
            self._venue.open_account(account)
            for asset, amount in amounts.items():
                self._venue.deposit(account.uid, asset, amount, self._market.now_ms())
        told = {"name": account.name, "uid": account.uid, **issued._asdict()}
        return {name: it for name, it in told.items() if it is not None}

    def list(self) -> dict[str, object]:
        """Every account with its balances and keys; secrets are told once only, to who opens it."""
        return {"accounts": [self._told(each) for each in self._venue.accounts.values()]}

    def orders(self, query: Mapping[str, str]) -> dict[str, object]:
        """Every order ever accepted, filled and cancelled ones too, oldest first; without *account*, of all."""
        name = query.get("account")
        wanted = [self._known(name)] if name else list(self._venue.accounts.values())
        found = [
            (order, account)
            for account in wanted
            for symbol in self._market.rules
            for order in self._venue.orders(account.uid, symbol)
        ]
        found.sort(key=lambda each: (each[0].time, each[0].symbol, each[0].id))
        return {"orders": [self._order(order, account) for order, account in found]}

    def deposit(self, body: bytes) -> dict[str, object]:
        asked = msgspec.json.decode(body, type=Deposit)
        account, amount = self._known(asked.account), _amount(asked.amount)
        _check_asset(asked.asset)
        if amount < 0:
            self._venue.withdraw(account.uid, asked.asset, -amount, self._market.now_ms())
        else:
            self._venue.deposit(account.uid, asked.asset, amount, self._market.now_ms())
        return self._told(account)

    def _account(self, asked: NewAccount) -> Account:
        for asset in asked.balances:
            _check_asset(asset)
        rates = _rates(asked.commission)
        account = Account(
            uid=FIRST_UID + len(self._venue.accounts),
            name=asked.name,
            trade_group_id=asked.trade_group_id,
            can_trade=asked.can_trade,
            bnb_burn=asked.bnb_burn,
            created_ms=self._market.now_ms(),
        )
        if rates is not None:
            account.rates = rates
        return account

    def _named(self, name: str) -> Account | None:
        return next((each for each in self._venue.accounts.values() if each.name == name), None)

    def _known(self, name: str) -> Account:
        account = self._named(name)
        if account is None:
            names = ", ".join(each.name for each in self._venue.accounts.values())
            raise ValueError(f"no account {name!r}; there are: {names or 'none'}")
        return account

    def _order(self, order: SpotOrder, account: Account) -> dict[str, Any]:
        ahead = {"ahead": show(self._before(order))} if order.status.is_open else {}
        fills = [shapes.fill_of_account(fill, 1) for fill in order.fills]
        return {"account": account.name, **shapes.queried(order, 1), **ahead, "fills": fills}

    def _told(self, account: Account) -> dict[str, object]:
        balances = self._venue.ledger.balances(account.uid)
        return {
            "name": account.name,
            "uid": account.uid,
            "can_trade": account.can_trade,
            "bnb_burn": account.bnb_burn,
            "balances": {
                asset: {"free": show(free), "locked": show(locked)}
                for asset, (free, locked) in balances.items()
            },
            "keys": [
                {
                    "api_key": key.api_key,
                    "key_type": str(key.type),
                    "permissions": sorted(key.permissions),
                    "ips": sorted(map(str, key.ips)),
                }
                for key in self._keys.of(account)
            ],
        }


def _amount(text: str) -> int:
    """In units of 1e-8. Raises ``ValueError``."""
    amount = parse(text)
    if abs(amount) > MOST_UNITS:
        raise ValueError(f"an amount is {show(MOST_UNITS)} at the most")
    return amount


def _check_asset(asset: str) -> None:
    if not asset or not asset.isprintable() or asset != asset.upper():
        raise ValueError(f"{asset!r} is no asset: its name is in capitals, e.g. USDT")


def _rates(said: Mapping[str, str] | None) -> CommissionRates | None:
    if said is None:
        return None
    if unknown := sorted(set(said) - set(Rates._fields)):
        raise ValueError(f"commission takes {', '.join(Rates._fields)}, not {', '.join(unknown)}")
    rates = {name: parse(text) for name, text in said.items()}
    if not all(0 <= rate <= MOST_RATE for rate in rates.values()):
        raise ValueError(f"a rate of commission is within 0 … {show(MOST_RATE)}")
    return CommissionRates(standard=Rates(**rates))
