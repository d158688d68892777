"""Trade tables. The latest trades go back in time by id; a start or a from_id goes forward."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from binance_mcp_server.commands import arguments as args
from binance_mcp_server.commands.views import trades as view
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.errors import InputError
from binance_mcp_server.mcp_support import cursors
from binance_mcp_server.mcp_support.tables import Table
from binance_mcp_server.models.market import AggTrade, BlockTrade, Trade
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.market import MarketQueries
from binance_mcp_server.services import Services

TOOL = "get_trades"
Trades = Sequence[Trade] | Sequence[AggTrade] | Sequence[BlockTrade]


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that decide which trades are meant."""

    symbol: str
    """In the venue's spelling."""
    kind: str
    from_id: str | None
    start: str | None
    end: str | None
    market: args.Market

    @property
    def by_time(self) -> bool:
        return self.start is not None or self.end is not None

    @property
    def is_last_word(self) -> bool:
        """Whether nothing can be asked before the latest: futures give trades by id to holders of a key alone."""
        return self.kind == "recent" and self.market != "spot"

    def issue(self, place: cursors.Place) -> str:
        """A cursor of this question."""
        return cursors.issue(TOOL, asdict(self), place)


def kind_of(kind: str, from_id: str | None, start: str | None, end: str | None) -> str:
    """What ``auto`` means beside the other arguments; every other kind as it is."""
    if kind != "auto":
        return kind
    if start is not None or end is not None:
        return "aggregate"
    return "recent" if from_id is None else "historical"


async def read(
    services: Services, question: Question, limit: int, cursor: str | None, columns: str | list[str]
) -> Table:
    """The table that answers *question*, from *cursor* on."""
    _check(question)
    shown = view.columns(question.market, aggregate=question.kind == "aggregate")
    names = args.choose_columns(columns, *shown)
    queries = services.product(question.market)
    place = cursors.redeem(cursor, TOOL, asdict(question)) if cursor else {}
    answer, forward, until = await _fetch(queries, question, limit, place)
    facts: dict[str, Any] = {
        "symbol": question.symbol,
        "kind": question.kind,
        **args.unit_fact(queries, "quantity", question.symbol),
        **provenance(services.venue_of(question.market), answer, question.market),
        **args.idle_fact(queries, question.symbol),
        **({"older": 'kind="aggregate" has them'} if question.is_last_word else {}),
        **({} if cursor else _begins_later(question, answer.data)),
    }
    after = (
        _onward(question, answer.data, limit, until) if forward else _back(question, answer.data)
    )
    return Table(
        facts,
        names,
        view.rows(answer.data, names),
        after,
        keep_last=not forward,
        when_empty="no trades here; the venue may not have them any more",
    )


def _begins_later(question: Question, trades: Trades) -> dict[str, str]:
    """What is missing where the venue keeps no trades as old as asked for. Ids of block trades have gaps anyway."""
    asked = None if question.kind == "block" else _id(question.from_id)
    if asked is None or not trades or trades[0].id <= asked:
        return {}
    return {"partial": f"the venue's trades begin at id {trades[0].id}"}


def _check(question: Question) -> None:
    if question.by_time and question.kind != "aggregate":
        raise InputError(
            f"start and end do not go with kind={question.kind!r}.",
            advice='Use kind="aggregate", which can be asked by time.',
        )
    if question.by_time and question.from_id is not None:
        raise InputError("from_id does not go with start or end.", advice="Give one of them.")
    if question.kind == "block" and question.from_id is None:
        raise InputError('kind="block" needs from_id.', advice="Start with from_id=0.")
    if question.kind == "recent" and question.from_id is not None:
        raise InputError(
            'from_id does not go with kind="recent".',
            advice='Use kind="historical" or "aggregate".',
        )


async def _fetch(
    queries: MarketQueries, question: Question, limit: int, place: cursors.Place
) -> tuple[Answer[Any], bool, int | None]:
    """The trades, whether they go forward, and to which time (ms; ``None`` for no end)."""
    symbol, trades = question.symbol, queries.trades
    if "before" in place:
        return await _before(queries, question, limit, cursors.number(place, "before")), False, None
    from_id = cursors.number(place, "from") if place else _id(question.from_id)
    if question.kind == "block":
        return await trades.block(symbol, from_id=from_id or 0, limit=limit), True, None
    if from_id is not None and question.kind == "aggregate":
        until = cursors.number(place, "until") if "until" in place else None
        answer = await trades.aggregate(symbol, from_id=from_id, limit=limit)
        return _only(answer, lambda trade: until is None or trade.time <= until), True, until
    if question.kind == "aggregate":
        start = await args.moment(question.start, queries)
        end = await args.moment(question.end, queries)
        answer = await trades.aggregate(symbol, start_ms=start, end_ms=end, limit=limit)
        return answer, start is not None, end
    if from_id is not None:
        return await trades.historical(symbol, from_id=from_id, limit=limit), True, None
    return await trades.recent(symbol, limit=limit), False, None


async def _before(
    queries: MarketQueries, question: Question, limit: int, before: int
) -> Answer[Any]:
    """The last *limit* trades whose ids are below *before*. Where the history begins with a higher id than asked
    for, the venue answers with what follows, which the caller has already."""
    start, count = max(0, before - limit), min(limit, before) or 1
    read = queries.trades.aggregate if question.kind == "aggregate" else queries.trades.historical
    return _only(
        await read(question.symbol, from_id=start, limit=count), lambda trade: trade.id < before
    )


def _only(answer: Answer[Any], keep: Callable[[Any], bool]) -> Answer[Any]:
    return replace(answer, data=tuple(trade for trade in answer.data if keep(trade)))


def _id(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InputError("from_id is not a trade id.", advice="A trade id is a whole number ≥ 0.")
    return int(text)


def _onward(
    question: Question, trades: Trades, limit: int, until: int | None
) -> Callable[[int], str | None]:
    end: cursors.Place = {} if until is None else {"until": until}

    def after(kept: int) -> str | None:
        if not trades or (kept == len(trades) and len(trades) < limit):
            return None
        return question.issue({"from": trades[kept - 1].id + 1, **end})

    return after


def _back(question: Question, trades: Trades) -> Callable[[int], str | None]:
    def before(kept: int) -> str | None:
        first = trades[len(trades) - kept].id if trades and not question.is_last_word else 0
        return question.issue({"before": first}) if first > 0 else None

    return before
