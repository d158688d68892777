"""Faults 3 and 4 of the table of venue faults: updates lost, doubled and swapped, snapshots stale, holes in a resync.

Whatever the stream does, a book that is called good equals the venue's own; and once the stream is whole again, the
book comes back.
"""

import random

import pytest

from binance_mcp_server.venues import Market
from tests.feeds.world import World, world
from tests.market.depth_oracle import Style, is_right

pytestmark = pytest.mark.anyio
ROUNDS = 400
WHERE: dict[Style, tuple[Market, str]] = {
    "spot": ("spot", "BTCUSDT"),
    "futures": ("coinm", "BTCUSD_PERP"),
}


def change(made: World, dice: random.Random) -> None:
    """One to four levels change at the venue; it never crosses."""
    for _ in range(dice.randint(1, 4)):
        is_bid, away = dice.random() < 0.5, dice.randint(1, 30)
        price = f"{100 - away if is_bid else 100 + away}.0"
        step = dice.randint(1, 3) if made.venue.style == "futures" else 1
        made.trade((is_bid, price, dice.choice(["0.0", "1.0", "2.5"])), step=step)


def told(made: World, stream: str, dice: random.Random) -> None:
    """The change arrives, with its neighbours swapped or again, or it does not arrive."""
    event = made.venue.event(made.sent, made.rest.newest)
    made.sent = made.rest.newest
    fate = dice.random()
    if fate < 0.10:
        return
    if fate < 0.20:
        made.hub.send(stream, event, event)
    elif fate < 0.25:
        before = made.sent
        change(made, dice)
        made.hub.send(stream, made.venue.event(before, made.rest.newest), event)
        made.sent = made.rest.newest
    else:
        made.hub.send(stream, event)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", ["spot", "futures"])
async def test_no_update_that_is_called_good_is_wrong(style: Style, seed: int) -> None:
    dice, made = random.Random(seed), world(style)
    market, symbol = WHERE[style]
    stream = f"{symbol.lower()}@depth@100ms"
    change(made, dice)
    made.sent = made.rest.newest
    await made.books.watch(market, symbol)
    feed = made.books.feed(market, symbol)
    assert feed is not None
    good = 0
    for round_number in range(ROUNDS):
        change(made, dice)
        if round_number < 0.8 * ROUNDS:
            told(made, stream, dice)
            if dice.random() < 0.05:
                made.rest.behind = [max(made.rest.newest - dice.randint(1, 50), 1001)] * 3
        else:
            made.hub.send(stream, made.venue.event(made.sent, made.rest.newest))
            made.sent = made.rest.newest
            made.rest.behind.clear()
        if feed.state == "live":
            assert is_right(feed.book, made.venue)
            good += 1
        await made.later(0.5)
    assert feed.state == "live"
    assert feed.book.last_update_id == made.rest.newest
    assert is_right(feed.book, made.venue)
    assert feed.book.resyncs > 5
    assert good > ROUNDS / 4
    await made.books.close()
