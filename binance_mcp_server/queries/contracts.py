"""Reads of futures that go another way than those of spot: a symbol at a time, or all; and volumes in contracts.

Weights: ``endpoints_futures``.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.models.exact import plain
from binance_mcp_server.models.futures import CoinTicker, Contract
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.models.market import Ticker
from binance_mcp_server.queries.answer import Answer
from binance_mcp_server.queries.fetch import Fetcher, answer, joined, together


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


N = TypeVar("N", bound=_Named)
Ask = Callable[[str | None], Request[N | tuple[N, ...]]]
"""One symbol's figures, or everybody's."""


async def each_or_all(fetcher: Fetcher, ask: Ask[N], names: Sequence[str]) -> Answer[tuple[N, ...]]:
    """Figures of *names*, by whichever weighs less: a request each, or one for all symbols."""
    if ask(None).weight < len(names) * ask(names[0]).weight:
        everything = await everybody(fetcher, ask)
        wanted = set(names)
        rows = tuple(row for row in everything.data if row.symbol in wanted)
        return joined(rows, [everything])
    replies = await together(fetcher.send(ask(name), name) for name in names)
    parts = [answer(reply) for reply in replies]
    return joined(tuple(row for part in parts for row in _rows(part.data)), parts)


async def everybody(fetcher: Fetcher, ask: Ask[N]) -> Answer[tuple[N, ...]]:
    """Figures of all symbols."""
    reply = await fetcher.send(ask(None))
    return Answer(_rows(reply.data), reply.venue_ms, reply.source)


def _rows(data: N | tuple[N, ...]) -> tuple[N, ...]:
    return data if isinstance(data, tuple) else (data,)


def valued(tickers: Sequence[Ticker], symbols: Mapping[str, SymbolInfo]) -> tuple[Ticker, ...]:
    """COIN-M *tickers* with their volume in the quote asset: contracts times what each is worth, exactly.

    It stays empty where the list of symbols does not know the contract.
    """
    return tuple(_valued(ticker, symbols.get(ticker.symbol)) for ticker in tickers)


def _valued(ticker: Ticker, info: SymbolInfo | None) -> Ticker:
    if not isinstance(ticker, CoinTicker) or not isinstance(info, Contract):
        return ticker
    worth = plain(ticker.volume * Decimal(info.contract_size))
    return msgspec.structs.replace(ticker, quote_volume_text=worth)
