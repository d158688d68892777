"""What counts together: futures of both kinds in one ledger, held to the stricter of their words."""

import os
from pathlib import Path

import pytest

from binance_mcp_server.access.pools import Ledgers, pool_of
from binance_mcp_server.access.state_files import limits_file
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.models.info import RateLimit
from binance_mcp_server.venues import Market

FAPI, DAPI = "https://fapi.binance.com", "https://dapi.binance.com"
LOOPBACK = "http://127.0.0.1:4711"

pytestmark = pytest.mark.anyio


def weight(limit: int) -> tuple[RateLimit, ...]:
    return (RateLimit(rate_limit_type="REQUEST_WEIGHT", interval="MINUTE", limit=limit),)


async def test_usdm_and_coinm_count_in_one_ledger() -> None:
    ledgers = Ledgers(VirtualClock(), None)
    usdm, coinm = ledgers.of("usdm", FAPI), ledgers.of("coinm", DAPI)
    assert usdm is coinm
    (await usdm.ledger.acquire(2000)).done()
    assert coinm.ledger.snapshot().used == 2000
    assert coinm.ledger.snapshot().limit == 2400


async def test_spot_and_futures_at_one_address_count_apart(tmp_path: Path) -> None:
    ledgers = Ledgers(VirtualClock(), tmp_path)
    spot, usdm = ledgers.of("spot", LOOPBACK), ledgers.of("usdm", LOOPBACK)
    assert ledgers.of("coinm", LOOPBACK) is usdm
    (await spot.ledger.acquire(100)).done()
    assert usdm.ledger.snapshot().used == 0
    ledgers.close()
    assert set(os.listdir(tmp_path)) == {  # noqa: PTH208 - names, and no event loop waits here
        "limits-127.0.0.1-4711",
        "limits-127.0.0.1-4711-futures",
    }


async def test_processes_count_futures_together_whichever_of_them_each_asks(
    tmp_path: Path,
) -> None:
    clock = VirtualClock()
    one, other = Ledgers(clock, tmp_path), Ledgers(clock, tmp_path)
    (await one.of("usdm", FAPI).ledger.acquire(700)).done()
    assert other.of("coinm", DAPI).ledger.snapshot().used == 700
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ([], 2400),
        ([("coinm", 6000)], 2400),
        ([("coinm", 6000), ("usdm", 2400)], 2400),
        ([("coinm", 6000), ("usdm", 5000)], 5000),
        ([("usdm", 1200)], 1200),
        ([("usdm", 1200), ("usdm", 4800), ("coinm", 9000)], 4800),
    ],
)
async def test_the_stricter_word_holds_and_the_published_limit_until_both_spoke(
    words: list[tuple[Market, int]], limit: int
) -> None:
    shared = Ledgers(VirtualClock(), None).of("coinm", DAPI)
    for market, said in words:
        shared.tell(market, weight(said))
    assert shared.ledger.snapshot().limit == limit


async def test_one_product_alone_in_its_ledger_is_believed() -> None:
    shared = Ledgers(VirtualClock(), None).of("spot", "https://api.binance.com")
    shared.tell("spot", weight(12_000))
    assert shared.ledger.snapshot().limit == 12_000


async def test_a_word_that_makes_no_sense_changes_nothing() -> None:
    shared = Ledgers(VirtualClock(), None).of("usdm", FAPI)
    shared.tell("usdm", weight(0))
    shared.tell("coinm", ())
    assert shared.ledger.snapshot().limit == 2400


def test_every_market_has_its_pool() -> None:
    assert [pool_of("spot"), pool_of("usdm"), pool_of("coinm")] == ["spot", "futures", "futures"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(FAPI, DAPI), ("https://demo-fapi.binance.com", "https://demo-dapi.binance.com")],
)
def test_the_hosts_of_both_futures_have_one_file(one: str, other: str) -> None:
    assert limits_file(one, "futures") == limits_file(other, "futures")
    assert limits_file(one, "futures") != limits_file(one, "spot")
