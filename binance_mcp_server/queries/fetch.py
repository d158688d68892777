"""What all readers do: share identical requests, and answer an unknown symbol with those that exist."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from binance_mcp_server.binance_api.endpoints import Request
from binance_mcp_server.binance_api.products import SPOT, Product
from binance_mcp_server.errors import InputError, RejectedError
from binance_mcp_server.market.times import format_time
from binance_mcp_server.queries.answer import Answer, Origin
from binance_mcp_server.queries.single_flight import SingleFlight

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

BAD_SYMBOL = -1121
ILLEGAL_CHARACTERS = -1100
NO_REFERENCE_PRICE = -2043
OTHER_STATUS = -1220


class Reply(Protocol[T_co]):
    """What a read needs to know of an answer."""

    @property
    def data(self) -> T_co: ...
    @property
    def venue_ms(self) -> int:
        """The venue's time at the reply, ms since the epoch."""
        ...

    @property
    def told_ms(self) -> int:
        """The same in the venue's own words, cut to the second; 0 where it said none."""
        ...

    @property
    def source(self) -> Origin: ...


class Api(Protocol):
    """What a read needs of the REST client."""

    async def send(self, request: Request[T], /) -> Reply[T]: ...
    def venue_now_ms(self) -> int:
        """The venue's time now, by what is known of its clock."""
        ...

    async def now_ms(self) -> int:
        """The venue's time now; it is asked where what is known may be old."""
        ...


class Symbols(Protocol):
    """What a read needs of the symbol registry."""

    async def resolve(self, text: str, /) -> str: ...
    async def unknown(self, text: str, /) -> InputError: ...
    async def strangers(self, symbols: Sequence[str], /) -> InputError | None: ...
    async def began_ms(self, name: str, /) -> int | None: ...


class Fetcher:
    """The readers' one way to one product of the venue."""

    def __init__(self, api: Api, symbols: Symbols, product: Product = SPOT) -> None:
        self._api = api
        self.product = product
        self._symbols = symbols
        self._flights = SingleFlight()

    async def resolve(self, text: str) -> str:
        """A symbol as the venue writes it. Raises :class:`InputError`."""
        return await self._symbols.resolve(text)

    async def began_ms(self, name: str) -> int:
        """A time, ms, before which *name* was not traded: the nearest that is known."""
        return max(await self._symbols.began_ms(name) or 0, self.product.began_ms)

    def venue_now_ms(self) -> int:
        return self._api.venue_now_ms()

    async def send(self, request: Request[T], *symbols: str) -> Reply[T]:
        """The venue's answer, shared by all who ask the same at the same time.

        *symbols* are those that *request* is about: where the venue knows one of them not, the error is
        :class:`UnknownSymbolError` with the nearest that exist.
        """
        try:
            return await self._flights.run(
                (request.path, request.params), lambda: self._api.send(request)
            )
        except RejectedError as error:
            better = await self._explain(error, symbols)
            if better is None:
                raise
            raise better from error

    async def _explain(self, error: RejectedError, symbols: Sequence[str]) -> InputError | None:
        about_symbol = error.code == BAD_SYMBOL or (
            error.code == ILLEGAL_CHARACTERS and "symbol" in error.message
        )
        if not about_symbol or not symbols:
            return None
        if len(symbols) == 1:
            return await self._symbols.unknown(symbols[0])
        return await self._symbols.strangers(symbols)

    async def check_range(self, start_ms: int | None, end_ms: int | None) -> None:
        """Raise :class:`InputError` for a range that ends before it starts or starts after the venue's present.

        Before a start is called future, the venue is asked for its time: this machine's clock may be wrong.
        """
        if min(start_ms or 0, end_ms or 0) < 0:
            raise InputError("A time before 1970 is out of range.", advice="Use 1970 or later.")
        if start_ms is not None and end_ms is not None and end_ms < start_ms:
            raise InputError(
                f"The range ends ({format_time(end_ms)}) before it starts ({format_time(start_ms)}).",
                advice="Swap start and end, or leave one out.",
            )
        if start_ms is None or start_ms <= self._api.venue_now_ms():
            return
        now = await self.told_ms()
        if start_ms > now:
            raise InputError(
                f"The range starts in the future: {format_time(start_ms)}.",
                advice=f"At the venue it is {format_time(now)}.",
            )

    async def told_ms(self) -> int:
        """The venue's time in its own words. No clock of ours stretches it: a replay's may stand still or race."""
        return (await self.send(self.product.requests.server_time())).data.server_time


def check_limit(limit: int, most: int, *, what: str = "rows") -> int:
    """*limit*, or :class:`InputError` unless it is 1 to *most*."""
    if not 1 <= limit <= most:
        raise InputError(
            f"limit {str(limit)[:20]} is out of range.", advice=f"Use 1 to {most} {what}."
        )
    return limit


def answer(reply: Reply[T]) -> Answer[T]:
    """A reply as it is, with its evidence."""
    return Answer(reply.data, reply.venue_ms, reply.source)


def joined(data: T, parts: Iterable[Answer[Any]], *, partial: str = "") -> Answer[T]:
    """*data* made of *parts*: as old as the oldest, and from memory only if all of it is."""
    known = list(parts)
    sources = {part.source for part in known}
    source: Origin = (
        "cache" if sources == {"cache"} else "mirror" if "mirror" in sources else "rest"
    )
    notes = [partial, *(part.partial for part in known)]
    return Answer(
        data,
        min(part.as_of_ms for part in known),
        source,
        " ".join(dict.fromkeys(note for note in notes if note)),
    )


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of *calls*, run at the same time; the first error cancels the rest."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
