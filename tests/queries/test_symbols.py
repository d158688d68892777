"""The registry: loaded when needed, refreshed by age, stale data said, unknown names answered with near ones."""

import asyncio

import pytest
from msgspec.structs import replace

from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import InputError, TransportError, UnknownSymbolError
from binance_mcp_server.queries.symbols import SymbolRegistry
from tests.queries.venue import PAIRS, SpotVenue, exchange_info, symbol

pytestmark = pytest.mark.anyio


class Desk:
    """A registry with its venue and its clock."""

    def __init__(self) -> None:
        self.venue = SpotVenue()
        self.clock = VirtualClock()
        self.registry = SymbolRegistry(self.venue.api, self.clock, venue="sim")

    @property
    def loads(self) -> int:
        return self.venue.api.paths.count("exchangeInfo")


async def test_one_symbol_is_not_worth_the_whole_list() -> None:
    desk = Desk()
    assert await desk.registry.resolve("nope/usdt") == "NOPEUSDT"
    assert (desk.loads, desk.registry.age, desk.registry.limits) == (0, None, ())


async def test_loaded_once_for_all_who_ask_and_then_from_memory() -> None:
    desk = Desk()
    answers = await asyncio.gather(*(desk.registry.all() for _ in range(5)))
    again = await desk.registry.all()
    assert desk.loads == 1
    assert {one.source for one in answers} == {"rest"}
    assert (again.source, again.as_of_ms) == ("cache", answers[0].as_of_ms)
    assert len(again.data) == len(PAIRS)
    assert desk.registry.limits[0].limit == 6000


async def test_refreshed_by_age() -> None:
    desk = Desk()
    await desk.registry.all()
    await desk.clock.advance(3600)
    assert (await desk.registry.all()).source == "cache"
    await desk.clock.advance(1)
    assert (await desk.registry.all()).source == "rest"
    assert desk.loads == 2


async def test_stale_data_is_kept_and_said_and_the_venue_is_not_pestered() -> None:
    desk = Desk()
    await desk.registry.all()
    await desk.clock.advance(4000)
    desk.venue.api.error = TransportError("gone")
    for _ in range(2):
        got = await desk.registry.all()
        assert "BTCUSDT" in got.data
        assert got.source == "cache"
        assert "refreshing it failed: gone" in got.partial
    assert desk.loads == 2
    assert await desk.registry.resolve("NEWUSDT") == "NEWUSDT"  # an old list refuses nothing
    desk.venue.api.error = None
    await desk.clock.advance(61)
    assert (await desk.registry.all()).partial == ""


async def test_nothing_loaded_and_no_venue_is_an_error() -> None:
    desk = Desk()
    desk.venue.api.error = TransportError("gone")
    with pytest.raises(TransportError):
        await desk.registry.all()


async def test_a_new_listing_is_found_by_one_refresh() -> None:
    desk = Desk()
    await desk.registry.all()
    desk.venue.pairs = [*PAIRS, symbol("NEW", "USDT")]
    with pytest.raises(UnknownSymbolError):  # the list is younger than a minute: it is believed
        await desk.registry.resolve("new-usdt")
    await desk.clock.advance(61)
    assert await desk.registry.resolve("new-usdt") == "NEWUSDT"
    assert (await desk.registry.get("new/usdt")).data.base_asset == "NEW"
    assert desk.loads == 2


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("BTCUSD", "BTCUSDT"),
        ("BTCUSDTT", "BTCUSDT"),
        ("BCTUSDT", "BTCUSDT"),
        ("usdt/btc", "BTCUSDT"),
        ("BTC", "BTCUSDT"),
        ("bitcoin", "BTCUSDT"),
        ("XBT", "BTCUSDT"),
        ("ETHUDST", "ETHUSDT"),
        ("INCHUSDT", "1INCHUSDT"),
        ("币安人生USD", "币安人生USDT"),
    ],
)
async def test_an_unknown_symbol_is_answered_with_the_nearest_that_exist(
    typed: str, nearest: str
) -> None:
    error = await Desk().registry.unknown(typed)
    assert error.nearest[0] == nearest
    assert len(error.nearest) <= 5
    assert nearest in error.advice


async def test_a_market_without_symbols_says_so_and_where_there_are_some() -> None:
    desk = Desk()
    desk.venue.pairs = ()
    error = await desk.registry.unknown("BTCUSDT")
    assert "--replay" in error.advice
    with pytest.raises(InputError, match="lists no symbols") as refused:
        await desk.registry.any_listed()
    assert refused.value.advice == error.advice
    await Desk().registry.any_listed()
    away = Desk()
    away.venue.api.error = TransportError("gone")
    await away.registry.any_listed()


async def test_without_a_list_an_unknown_symbol_is_still_a_clear_error() -> None:
    desk = Desk()
    desk.venue.api.error = TransportError("gone")
    error = await desk.registry.unknown("FOO")
    assert error.nearest == ()
    assert "search_symbols" in error.advice


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("eth/btc", "ETHBTC"),
        ("btc", "BTCUSDT"),
        ("bitcoin usdc", "BTCUSDC"),
        ("Ethereum", "ETHUSDT"),
        ("pep", "PEPEUSDT"),
        ("etherium", "ETHUSDT"),
        ("bitcion", "BTCUSDT"),
        ("人生", "币安人生USDT"),
        ("1inch", "1INCHUSDT"),
    ],
)
async def test_search_finds_what_people_type(query: str, first: str) -> None:
    found = (await Desk().registry.search(query, limit=5)).data
    assert found[0].symbol == first


async def test_search_by_quote_and_status() -> None:
    registry = Desk().registry
    by_quote = (await registry.search("btc", quote="usdc", limit=5)).data
    assert [info.symbol for info in by_quote] == ["BTCUSDC"]
    assert (await registry.search("luna", limit=5)).data == []
    halted = (await registry.search("luna", status=None, limit=5)).data
    assert [info.symbol for info in halted] == ["LUNAUSDT"]


@pytest.mark.parametrize(
    ("query", "quote", "limit"),
    [
        ("", None, 5),
        ("  ", None, 5),
        ("a\u202eb", None, 5),
        ("x" * 101, None, 5),
        ("btc", "NOPE", 5),
    ]
    + [("btc", None, limit) for limit in (0, -1, 10**9)],
)
async def test_bad_searches_are_refused_with_advice(
    query: str, quote: str | None, limit: int
) -> None:
    with pytest.raises(InputError) as caught:
        await Desk().registry.search(query, quote=quote, limit=limit)
    assert caught.value.advice


async def test_completion_works_from_memory_alone() -> None:
    desk = Desk()
    assert desk.registry.complete("btc") == []
    await desk.registry.all()
    assert desk.registry.complete("btc") == ["BTCUSDT", "BTCUSDC", "BTCTRY"]
    assert desk.registry.complete("")[0] == "BTCUSDT"
    assert desk.registry.complete("../") == []
    assert desk.loads == 1


async def test_a_name_that_the_venue_made_up_to_mislead_is_shown_plain() -> None:
    desk = Desk()
    desk.venue.api.answer = lambda _request: exchange_info(
        [replace(symbol("BTC", "USDT"), symbol="BTC\n\u202eUSDT")]
    )
    error = await desk.registry.unknown("BTC")
    assert error.nearest == ("BTC USDT",)


async def test_a_name_listed_since_brings_a_newer_list_but_not_every_time() -> None:
    desk = Desk()
    await desk.registry.all()
    await desk.clock.advance(600)
    assert (await desk.registry.covering({"BTCUSDT"})).source == "cache"
    desk.venue.pairs = (*PAIRS, symbol("NEW", "USDT"))
    assert "NEWUSDT" in (await desk.registry.covering({"BTCUSDT", "NEWUSDT"})).data
    await desk.registry.covering({"NOWHERE"})
    assert desk.loads == 2
