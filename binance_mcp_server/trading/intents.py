"""What an agent means to do, exactly: frozen values that a token binds, the journal keeps and the wire carries. Pure.

Parameters and their order: rest-api.md "Trading endpoints" (2026-07-21), read 2026-11-24. Amounts are Decimals: prices
and ``quote_quantity`` in the quote asset, quantities in the base asset. ``trailing_delta`` is in BIPS (1/100 %).

``canonical()`` is the same bytes for the same meaning, however its numbers are written, and other bytes for any other
meaning. The client ids are not part of the meaning: they are ours, given by ``named`` when an intent is carried out.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from binance_mcp_server.models.exact import plain

Side = Literal["BUY", "SELL"]
# fmt: off
OrderType = Literal[
    "LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
]
# fmt: on
TimeInForce = Literal["GTC", "IOC", "FOK"]
StpMode = Literal["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]
ListKind = Literal["OCO", "OTO", "OTOCO"]
Kind = Literal["order", "order_list", "cancel", "cancel_list", "cancel_all", "replace", "amend"]
Params = tuple[tuple[str, str], ...]
"""Wire parameters in the order in which they are sent."""

LIMITS: Final = frozenset(("LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"))
"""Types with a limit price."""
STOPS: Final = frozenset(("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"))
"""Types that wait for a price."""
TIMED: Final = LIMITS - {"LIMIT_MAKER"}
"""Types with a time in force."""
LEGS: Final[dict[ListKind, tuple[str, ...]]] = {
    "OCO": ("above", "below"),
    "OTO": ("working", "pending"),
    "OTOCO": ("working", "pendingAbove", "pendingBelow"),
}
"""The orders of a list in their order, by the prefix of their parameters."""
LONGEST_STEM: Final = 32
"""Characters of what ``named`` takes: a client id has at most 36, and the orders of a list need two more."""
_CLIENT_ID = re.compile(r"[a-zA-Z0-9\-_]{1,36}", re.ASCII)
_REPLY = ("newOrderRespType", "FULL")


class Intent:
    """What every intent can say of itself."""

    __slots__ = ()

    kind: ClassVar[Kind]

    if TYPE_CHECKING:  # a property here would become the default of the fields below

        @property
        def symbol(self) -> str: ...

        @property
        def client_id(self) -> str:
            """What the venue is to call it; empty until it is ``named``."""

    @property
    def legs(self) -> tuple["OrderIntent", ...]:
        """The orders that it places."""
        return ()

    @property
    def orders(self) -> int:
        """How many orders it adds to the venue's count of unfilled orders."""
        return len(self.legs)

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Client ids that orders have once it is carried out: what to look its fate up by."""
        return tuple(leg.client_id for leg in self.legs if leg.client_id)

    def named(self, stem: str) -> Self:
        """The same, called *stem* at the venue. Raises ``ValueError`` for what cannot be a client id."""
        raise NotImplementedError

    def meaning(self) -> Params:
        """The parameters without client ids and the form of the reply."""
        raise NotImplementedError

    def params(self) -> Params:
        """All parameters but time and signature, in exact digits."""
        raise NotImplementedError

    def canonical(self) -> bytes:
        """The meaning as bytes."""
        parts = [self.kind, dict(self.meaning())]
        return json.dumps(parts, separators=(",", ":"), sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class OrderIntent(Intent):
    """One order."""

    kind: ClassVar[Kind] = "order"

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    """Of a MARKET order: what to spend or to receive."""
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_delta: int | None = None
    iceberg_quantity: Decimal | None = None
    time_in_force: TimeInForce | None = None
    """Of LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT; ``None`` of the others, which have none."""
    self_trade_prevention: StpMode | None = None
    """``None``: as the symbol has it. In a list it is the list's."""
    client_id: str = field(default="", compare=False)

    @property
    def legs(self) -> tuple["OrderIntent", ...]:
        return (self,)

    @property
    def rests(self) -> bool:
        """Whether it can stay open."""
        brief = self.type == "LIMIT" and self.time_in_force in {"IOC", "FOK"}
        return self.type != "MARKET" and not brief

    def named(self, stem: str) -> Self:
        return replace(self, client_id=_checked(stem))

    def terms(self) -> Params:
        """What the order is, without symbol, client id and what all orders of a request share."""
        return _given(
            ("side", self.side),
            ("type", self.type),
            ("timeInForce", self.time_in_force),
            ("quantity", self.quantity),
            ("quoteOrderQty", self.quote_quantity),
            ("price", self.price),
            ("stopPrice", self.stop_price),
            ("trailingDelta", self.trailing_delta),
            ("icebergQty", self.iceberg_quantity),
        )

    def meaning(self) -> Params:
        stp = _given(("selfTradePreventionMode", self.self_trade_prevention))
        return (("symbol", self.symbol), *self.terms(), *stp)

    def params(self) -> Params:
        return (*self.meaning(), *_given(("newClientOrderId", self.client_id)), _REPLY)


@dataclass(frozen=True, slots=True)
class ListIntent(Intent):
    """Orders that depend on each other."""

    kind: ClassVar[Kind] = "order_list"

    contingency: ListKind
    symbol: str
    legs: tuple[OrderIntent, ...] = field()
    """OCO: the upper order and the lower one, of one side and quantity. OTO: the working order and the pending one.
    OTOCO: the working order, then such a pair."""
    self_trade_prevention: StpMode | None = None
    client_id: str = field(default="", compare=False)
    """Of the list."""

    def named(self, stem: str) -> Self:
        """The same with *stem* as the list's client id; its orders get ``-1``, ``-2``, ``-3`` behind it."""
        legs = tuple(leg.named(f"{stem}-{n}") for n, leg in enumerate(self.legs, start=1))
        return replace(self, client_id=_checked(stem), legs=legs)

    def meaning(self) -> Params:
        prefixes = LEGS[self.contingency]
        terms = [each for pair in zip(prefixes, self.legs, strict=True) for each in _leg(*pair)]
        stp = _given(("selfTradePreventionMode", self.self_trade_prevention))
        return (("symbol", self.symbol), *terms, *stp)

    def params(self) -> Params:
        legs = zip(LEGS[self.contingency], self.legs, strict=True)
        ids = ((f"{prefix}ClientOrderId", leg.client_id) for prefix, leg in legs)
        return (*self.meaning(), *_given(("listClientOrderId", self.client_id), *ids), _REPLY)


@dataclass(frozen=True, slots=True)
class ReplaceIntent(Intent):
    """The end of one order and a new one in its place; the new one is not tried when the old one cannot be ended."""

    kind: ClassVar[Kind] = "replace"

    order: OrderIntent
    order_id: int | None = None
    """Of the order to end."""
    client_order_id: str | None = None
    only_if_new: bool = False
    """Whether an order that is filled in part stays as it is."""

    @property
    def symbol(self) -> str:
        return self.order.symbol

    @property
    def client_id(self) -> str:
        return self.order.client_id

    @property
    def legs(self) -> tuple[OrderIntent, ...]:
        return (self.order,)

    def named(self, stem: str) -> Self:
        """The same with *stem* as the new order's client id, and ``-x`` behind it for the cancellation."""
        return replace(self, order=self.order.named(stem))

    def meaning(self) -> Params:
        cancel = _given(
            ("cancelReplaceMode", "STOP_ON_FAILURE"),
            ("cancelOrderId", self.order_id),
            ("cancelOrigClientOrderId", self.client_order_id),
            ("cancelRestrictions", "ONLY_NEW" if self.only_if_new else None),
        )
        return (*self.order.meaning(), *cancel)

    def params(self) -> Params:
        stem = self.client_id
        ids = (("newClientOrderId", stem), ("cancelNewClientOrderId", stem and f"{stem}-x"))
        return (*self.meaning(), *_given(*ids), _REPLY)


@dataclass(frozen=True, slots=True)
class AmendIntent(Intent):
    """Less quantity for an open order, which keeps its place in the queue and gets a new client order id."""

    kind: ClassVar[Kind] = "amend"

    symbol: str
    new_quantity: Decimal
    order_id: int | None = None
    client_order_id: str | None = None
    client_id: str = field(default="", compare=False)
    """What the order is called once it is amended."""

    @property
    def client_ids(self) -> tuple[str, ...]:
        return (self.client_id,) if self.client_id else ()

    def named(self, stem: str) -> Self:
        return replace(self, client_id=_checked(stem))

    def meaning(self) -> Params:
        return _given(
            ("symbol", self.symbol),
            ("orderId", self.order_id),
            ("origClientOrderId", self.client_order_id),
            ("newQty", self.new_quantity),
        )

    def params(self) -> Params:
        return (*self.meaning(), *_given(("newClientOrderId", self.client_id)))


@dataclass(frozen=True, slots=True)
class CancelIntent(Intent):
    """The end of one order, named by either id."""

    kind: ClassVar[Kind] = "cancel"

    symbol: str
    order_id: int | None = None
    client_order_id: str | None = None
    client_id: str = field(default="", compare=False)
    """Of the cancellation itself."""

    def named(self, stem: str) -> Self:
        return replace(self, client_id=_checked(stem))

    def meaning(self) -> Params:
        return _given(
            ("symbol", self.symbol),
            ("orderId", self.order_id),
            ("origClientOrderId", self.client_order_id),
        )

    def params(self) -> Params:
        return (*self.meaning(), *_given(("newClientOrderId", self.client_id)))


@dataclass(frozen=True, slots=True)
class CancelListIntent(Intent):
    """The end of an order list, named by either id."""

    kind: ClassVar[Kind] = "cancel_list"

    symbol: str
    list_id: int | None = None
    list_client_id: str | None = None
    client_id: str = field(default="", compare=False)
    """Of the cancellation itself."""

    def named(self, stem: str) -> Self:
        return replace(self, client_id=_checked(stem))

    def meaning(self) -> Params:
        return _given(
            ("symbol", self.symbol),
            ("orderListId", self.list_id),
            ("listClientOrderId", self.list_client_id),
        )

    def params(self) -> Params:
        return (*self.meaning(), *_given(("newClientOrderId", self.client_id)))


@dataclass(frozen=True, slots=True)
class CancelAllIntent(Intent):
    """The end of every open order on a symbol. The venue takes no client id for it; ours is for the journal."""

    kind: ClassVar[Kind] = "cancel_all"

    symbol: str
    client_id: str = field(default="", compare=False)

    def named(self, stem: str) -> Self:
        return replace(self, client_id=_checked(stem))

    def meaning(self) -> Params:
        return (("symbol", self.symbol),)

    def params(self) -> Params:
        return self.meaning()


def _given(*pairs: tuple[str, str | int | Decimal | None]) -> Params:
    """Those of *pairs* that have a value, numbers in plain digits."""
    return tuple((name, _text(value)) for name, value in pairs if value not in {None, ""})


def _text(value: str | int | Decimal | None) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def _leg(prefix: str, leg: OrderIntent) -> Iterable[tuple[str, str]]:
    """The terms of one order of a list; what a pair has in common is sent once, with the upper order."""
    pair = prefix.lower().endswith(("above", "below"))
    shared = {"side", "quantity"} if pair else set()
    common = "pending" if prefix.startswith("pending") else ""
    for name, text in leg.terms():
        if name not in shared:
            yield _prefixed(prefix, name), text
        elif prefix.lower().endswith("above"):
            yield _prefixed(common, name), text


def _prefixed(prefix: str, name: str) -> str:
    return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name


def _checked(client_id: str) -> str:
    if not _CLIENT_ID.fullmatch(client_id):
        raise ValueError("a client id has 1 to 36 letters, digits, '-' and '_'")
    return client_id
