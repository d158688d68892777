"""The journal held against the venue's own lists: what is not as it was written. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from binance_mcp_server.models.orders import Order
from binance_mcp_server.trading.journal import Intended
from binance_mcp_server.trading.scope import STEM
from binance_mcp_server.trading.totals import Standing

_OURS: Final = re.compile(rf"{STEM}[a-z2-7]{{23}}(-[1-3x])?")
MOST_TOLD: Final = 50


def is_ours(client_id: str) -> bool:
    """Whether a client id is of the form that this server gives."""
    return _OURS.fullmatch(client_id) is not None


@dataclass(frozen=True, slots=True)
class Differences:
    """What the venue says and the journal did not."""

    changed: tuple[Order, ...] = ()
    """Orders of ours that ended since they were last seen."""
    revived: tuple[Order, ...] = ()
    """Orders that are there although the journal says that nothing came of their intent."""
    texts: tuple[str, ...] = ()
    """All of it, and what else does not fit, in sentences."""


def compare(standing: Standing, venue: str, account: str, orders: Iterable[Order]) -> Differences:
    """Hold what the journal knows of *account* against *orders*, the venue's open ones and those of late."""
    known = standing.open_orders(venue, account)
    changed: list[Order] = []
    revived: list[Order] = []
    strange: list[Order] = []
    elsewhere = 0
    for order in {(each.symbol, each.id): each for each in orders}.values():
        maker = standing.maker_of(order.client_id)
        if (order.symbol, str(order.id)) in known:
            changed += [] if order.is_open else [order]
        elif maker is not None:
            revived += [order] if _came_to_nothing(standing, maker, order) else []
        elif is_ours(order.client_id):
            strange.append(order)
        else:
            elsewhere += order.is_open
    texts = [
        *(f"{_words(each)}: ended while nobody looked." for each in changed),
        *(f"{_words(each)}: is there, and was taken for lost." for each in revived),
        *(f"{_words(each)}: is ours, and not in this journal." for each in strange),
    ]
    if elsewhere:
        texts.append(f"{elsewhere} open orders were not placed by this server.")
    return Differences(tuple(changed), tuple(revived), tuple(_capped(texts)))


def _came_to_nothing(standing: Standing, maker: Intended, order: Order) -> bool:
    fate = standing.fates.get(maker.id)
    placed = order.client_id in maker.client_ids
    return placed and fate is not None and fate.state in {"absent", "not_sent", "refused"}


def unaccounted(
    standing: Standing, venue: str, account: str, orders: Iterable[Order]
) -> set[tuple[str, str]]:
    """Orders (symbol and id) that the journal has as open and *orders* do not mention."""
    return standing.open_orders(venue, account) - {(o.symbol, str(o.id)) for o in orders}


def _words(order: Order) -> str:
    """The venue's own words and digits; a client id where it is of our form, since others may say anything."""
    name = order.client_id if is_ours(order.client_id) else f"order {order.id}"
    filled = f", {order.executed_text} filled" if order.executed > 0 else ""
    return f"{name} ({order.symbol} {order.side} {order.status}{filled})"


def _capped(texts: list[str]) -> list[str]:
    more = len(texts) - MOST_TOLD
    return [*texts[:MOST_TOLD], f"… and {more} more."] if more > 0 else texts
