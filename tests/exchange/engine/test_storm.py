"""In a storm of everything at once nothing is lost, and one seed tells one story."""

import os
import subprocess
import sys

import pytest

from binance_mcp_server.exchange.engine.orders import Expiry, Status
from tests.exchange.engine.stage import ANN, BEN, CID, SYMBOL
from tests.exchange.engine.storm import Storm

OPERATIONS = 1_500


def stormed(seed: int) -> Storm:
    storm = Storm(seed)
    storm.run(OPERATIONS)
    return storm


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_conserves_and_holds_what_orders_hold(seed: int) -> None:
    storm = Storm(seed)
    for _ in range(OPERATIONS // 100):
        storm.run(100)
        storm.stage.check()
    for uid in (ANN, BEN, CID):
        assert storm.venue.cancel_all(uid, SYMBOL, storm.stage.now)
    storm.stage.check()
    assert storm.venue.ledger.fees["BNB"] > 0


def test_one_seed_gives_one_hash_of_all_events() -> None:
    """In another process too, where texts hash differently."""
    hashes = {stormed(7).hash, stormed(7).hash}
    command = [sys.executable, "-m", "tests.exchange.engine.storm", "7", str(OPERATIONS)]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert hashes == {run.stdout.strip()}
    assert hashes != {stormed(8).hash}


def test_a_storm_meets_everything() -> None:
    """Otherwise the tests above would prove less than they say."""
    storms = [stormed(seed) for seed in range(20, 26)]
    venues = [storm.venue for storm in storms]
    orders = [
        each for venue in venues for uid in (ANN, BEN, CID) for each in venue.orders(uid, SYMBOL)
    ]
    assert {order.status for order in orders} == set(Status) - {Status.REJECTED}
    assert {order.expiry for order in orders} == {None, *Expiry} - {Expiry.EXCHANGE_CANCELED}
    assert {len(storm.done) for storm in storms} == {7}
    refusals = {text for storm in storms for text in storm.refused}
    assert {
        "Order would immediately match and take.",
        "Order would trigger immediately.",
        "Order book liquidity is too low for this pegged order.",
        "The relationship of the prices for the orders is not correct.",
        "Unknown order sent.",
    } <= refusals
