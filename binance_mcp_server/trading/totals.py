"""What follows from the journal: spent tokens, open intents, what counts against the owner's caps, orders that are
out. Pure.

Everything is as of the last line that was read. What counts against caps counts for the venue, whichever account
and process it came from.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from binance_mcp_server.models.orders import OPEN
from binance_mcp_server.trading.guard import DAY_MS, Placed
from binance_mcp_server.trading.journal import Fate, Intended, Line, Reconciled, Seen

SETTLED: Final = frozenset({"accepted", "refused", "not_sent", "ended", "half", "absent"})
"""States after which an intent is not open any more."""
UNDONE: Final = frozenset({"refused", "not_sent"})
"""States in which nothing happened, on the venue's word or ours. ``absent`` is not among them: that nobody found an
order is no proof, so that it goes on to count."""
LAG_MS: Final = 10_000
"""For so long after it was accepted an order may be missing from the venue's lists."""
_KEPT_MS: Final = DAY_MS + 3_600_000
_PRUNE_EVERY: Final = 1_000


class Place(NamedTuple):
    """Which order of the world."""

    venue: str
    account: str
    symbol: str
    id: str


def names_of(line: Intended) -> set[str]:
    """Every client id that an order may have by an intent: its cancellations have one too."""
    return {line.id, f"{line.id}-x", *line.client_ids}


class Standing:
    """The state after every line that it was told, for all venues and accounts of the owner."""

    def __init__(self) -> None:
        self.intents: dict[str, Intended] = {}
        """Of the last day, and those that still matter."""
        self.fates: dict[str, Fate] = {}
        self._open: dict[Place, str] = {}
        """Orders that are open as far as the journal knows, with the intent that told of them last."""
        self._spent: dict[str, str] = {}
        self._words: dict[tuple[str, str], int] = {}
        self._makers: dict[str, str] = {}
        self._told = 0

    def tell(self, lines: Iterable[Line]) -> None:
        """Take *lines* in, in their order."""
        for line in lines:
            match line:
                case Intended():
                    self._intended(line)
                case Fate():
                    self._came(line)
                case Reconciled():
                    self._words[line.venue, line.account] = line.at
                    self._update(line.venue, line.account, line.orders, "")
            self._told += 1
            if self._told % _PRUNE_EVERY == 0:
                self._prune(line.at)

    def _intended(self, line: Intended) -> None:
        self.intents[line.id] = line
        self._words[line.venue, line.account] = line.at
        self._makers |= dict.fromkeys(names_of(line), line.id)
        if line.token:
            self._spent[line.token] = line.id

    def _came(self, line: Fate) -> None:
        self.fates[line.intent] = line
        intent = self.intents.get(line.intent)
        if intent is not None:
            self._words[intent.venue, intent.account] = line.at
            self._update(intent.venue, intent.account, line.orders, intent.id)

    def _update(self, venue: str, account: str, orders: Iterable[Seen], intent: str) -> None:
        for each in orders:
            place = Place(venue, account, each.symbol, each.id)
            if each.status in OPEN:
                self._open[place] = intent or self._open.get(place, "")
            else:
                self._open.pop(place, None)

    def _prune(self, now_ms: int) -> None:
        """Forget what cannot matter any more."""
        needed = set(self._open.values())
        for key, intent in list(self.intents.items()):
            old = intent.at < now_ms - _KEPT_MS
            if old and self.is_settled(key) and key not in needed:
                del self.intents[key]
                self.fates.pop(key, None)
                self._spent.pop(intent.token, None)
                for each in names_of(intent):
                    self._makers.pop(each, None)

    # --- questions

    def spent_on(self, token: str) -> Intended | None:
        """The intent that *token* was spent on."""
        return self.intents.get(self._spent.get(token, ""))

    def is_settled(self, intent: str) -> bool:
        """Whether it is known what became of an intent."""
        fate = self.fates.get(intent)
        return fate is not None and fate.state in SETTLED

    def open_intents(self, venue: str, account: str) -> list[Intended]:
        """Intents of *account* whose fate is not known, oldest first."""
        return [
            each
            for each in self.intents.values()
            if (each.venue, each.account) == (venue, account) and not self.is_settled(each.id)
        ]

    def placed(self, venue: str, now_ms: int) -> tuple[Placed, ...]:
        """What counts against the caps of *venue*; what is dated later than now too. A refused order was tried, but
        is worth nothing."""
        return tuple(self._placed(venue, now_ms - DAY_MS))

    def _placed(self, venue: str, since_ms: int) -> Iterator[Placed]:
        for each in self.intents.values():
            if each.venue != venue or each.at <= since_ms:
                continue
            worth = Decimal(0) if self._is_undone(each.id) else Decimal(each.notional)
            if worth or each.orders:
                yield Placed(each.at, worth, each.orders)

    def orders_unseen(self, venue: str, account: str, counted_ms: int) -> int:
        """How many orders of *account* may be open that the venue did not count when it was asked at *counted_ms*."""
        mine = (e for e in self.intents.values() if (e.venue, e.account) == (venue, account))
        return sum(self._unseen(each, counted_ms - LAG_MS) for each in mine)

    def _unseen(self, intent: Intended, surely_seen_ms: int) -> int:
        fate = self.fates.get(intent.id)
        if fate is None or fate.state not in SETTLED:
            return intent.orders
        if fate.at <= surely_seen_ms or fate.state in UNDONE:
            return 0
        places = (Place(intent.venue, intent.account, o.symbol, o.id) for o in fate.orders)
        return sum(place in self._open for place in places)

    def _is_undone(self, intent: str) -> bool:
        fate = self.fates.get(intent)
        return fate is not None and fate.state in UNDONE

    def maker_of(self, client_id: str) -> Intended | None:
        """The intent that made the order of this client id."""
        return self.intents.get(self._makers.get(client_id, ""))

    def open_orders(self, venue: str, account: str) -> set[tuple[str, str]]:
        """The account's orders that are open as far as the journal knows: symbol and id."""
        return {(p.symbol, p.id) for p in self._open if (p.venue, p.account) == (venue, account)}

    def symbols(self, venue: str, account: str) -> set[str]:
        """What the account traded of late, or has orders on."""
        mine = (e for e in self.intents.values() if (e.venue, e.account) == (venue, account))
        return {each.symbol for each in mine}

    def last_word(self, venue: str, account: str) -> int | None:
        """When the journal last said something of *account*, ms; ``None`` where it never did."""
        return self._words.get((venue, account))
