"""The filters as we check them and as the embedded exchange does, which shares no code with us: one verdict on all.

Random orders go to ``/api/v3/order/test`` of a running exchange. Values that lie too close to an average price that
moves are left out; everything else must agree, down to the name of the filter. Our nearest values must pass there.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from binance_mcp_server.binance_api import endpoints, endpoints_trading
from binance_mcp_server.binance_api.signed import SignedApi
from binance_mcp_server.errors import RejectedError, VenueError
from binance_mcp_server.market.filter_bounds import References
from binance_mcp_server.market.filter_checks import Violation, check
from binance_mcp_server.models.info import SymbolInfo
from binance_mcp_server.trading.intents import LIMITS, OrderIntent
from tests.binance_api.signed_scene import owner
from tests.clients.process import ExchangeProcess
from tests.trading.random_intents import random_order

pytestmark = pytest.mark.anyio

D = Decimal
SYMBOLS = ("BTCUSDT", "ETHBTC", "DOGEUSDT", "PEPEUSDT", "XMRUSDT")
"""Dear, a ratio, whole lots, tiny prices, and one that does not trade."""
ORDERS = 400
NEAR = D("0.03")
"""How far from an edge that moves with the market a value has to be to count."""
RULES = (
    *("PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "NOTIONAL", "ICEBERG", "ICEBERG_PARTS"),
    *("TRAILING_DELTA", "PRECISION"),
)
MOVING = frozenset({"PERCENT_PRICE_BY_SIDE", "NOTIONAL"})


@dataclass(frozen=True)
class Ground:
    """A symbol, its rules and its prices."""

    symbol: SymbolInfo
    known: References


@pytest.fixture(scope="module")
def venue() -> Iterator[ExchangeProcess]:
    with ExchangeProcess() as process:
        yield process


@pytest.fixture
async def api(venue: ExchangeProcess, request: pytest.FixtureRequest) -> AsyncIterator[SignedApi]:
    async with owner(venue, request.node.name) as client:
        yield client


async def ground_of(api: SignedApi, name: str) -> Ground:
    info = (await api.send(endpoints.exchange_info(symbol=name))).data
    average = reference = None
    with suppress(VenueError):
        average = (await api.send(endpoints.average_price(name))).data.price
    with suppress(VenueError):
        text = (await api.send(endpoints.reference_price(name))).data.price_text
        reference = None if text is None else D(text)
    return Ground(info.symbols[0], References(reference, average))


def near_values(rng: Random, ground: Ground) -> Decimal:
    """A number of any size, often on or just off a step."""
    step = rng.choice([D("1e-8"), D("1e-9"), D("0.00001"), D("0.01"), D("0.1"), D(1), D(10)])
    count = rng.choice([rng.randint(1, 9), rng.randint(1, 10**5), rng.randint(1, 10**12)])
    return step * count


def shaped(rng: Random, order: OrderIntent, ground: Ground) -> OrderIntent:
    """*order* with numbers that are mostly about right."""
    around = ground.known.price(5) or D(1)
    tick = filter_number(ground, "PRICE_FILTER", "tickSize")
    lot = filter_number(ground, "LOT_SIZE", "stepSize")

    def price() -> Decimal:
        if rng.random() < 0.15:
            return near_values(rng, ground)
        value = around * D(rng.randint(300, 2500)) / 1000
        return max(value // tick, D(1)) * tick + (tick / 4 if rng.random() < 0.1 else 0)

    def quantity() -> Decimal:
        if rng.random() < 0.15:
            return near_values(rng, ground)
        worth = (
            D(rng.choice([3, 8, 50, 4000, 10**7])) if ground.symbol.quote_asset == "USDT" else D(1)
        )
        value = worth / around * D(rng.randint(500, 1500)) / 1000
        return max(value // lot, D(1)) * lot + (lot / 4 if rng.random() < 0.1 else 0)

    hides = order.type in LIMITS and rng.random() < 0.25
    asked = quantity()
    return replace(
        order,
        quantity=None if order.quantity is None else asked,
        quote_quantity=None if order.quote_quantity is None else quantity() * around,
        price=None if order.price is None else price(),
        stop_price=None if order.stop_price is None else price(),
        trailing_delta=None if order.trailing_delta is None else rng.randint(1, 2500),
        iceberg_quantity=max(asked // rng.randint(1, 130) // lot, D(1)) * lot if hides else None,
        time_in_force="GTC" if hides and order.type != "LIMIT_MAKER" else order.time_in_force,
    )


def filter_number(ground: Ground, kind: str, key: str) -> Decimal:
    return next(D(raw[key]) for raw in ground.symbol.filters if raw["filterType"] == kind)


def is_close(order: OrderIntent, ground: Ground) -> bool:
    """Whether a small move of what filters compare with could change the verdict."""
    moved = []
    for factor in (1 - NEAR, D(1), 1 + NEAR):
        known = ground.known
        known = replace(
            known,
            average=known.average and known.average * factor,
            reference=known.reference and known.reference * factor,
        )
        moved.append({each.rule for each in check(order, ground.symbol, known)} & MOVING)
    return any(each != moved[0] for each in moved)


def agrees(said: str, ours: list[Violation]) -> bool:
    rules = {each.rule for each in ours}
    if failed := re.search(r"Filter failure: (\w+)", said):
        return failed[1] in rules
    known = {
        "too much precision": "PRECISION",
        "IcebergQty exceeds QTY": "ICEBERG",
        "Market is closed": "STATUS",
        "must be a positive": "PRECISION",
        "Illegal characters": "PRECISION",
    }
    return any(words in said and rule in rules for words, rule in known.items())


async def verdict(api: SignedApi, order: OrderIntent) -> str:
    """What the exchange says; empty where it has nothing against *order*."""
    try:
        await api.send(endpoints_trading.test_order(order.params()))
    except RejectedError as error:
        return error.message
    return ""


async def compare(api: SignedApi, order: OrderIntent, ground: Ground) -> list[Violation] | None:
    """Our violations, on which the exchange agrees; ``None`` where the market may move between the two."""
    if is_close(order, ground):
        return None
    ours = check(order, ground.symbol, ground.known)
    said = await verdict(api, order)
    agreed = agrees(said, ours) if said else not ours
    assert agreed, f"{order.params()}\n{said}\n{list(map(str, ours))}"
    return ours


def advised(rng: Random, order: OrderIntent, violations: list[Violation]) -> OrderIntent | None:
    """*order* with the first value that a violation proposes."""
    for each in violations:
        if each.nearest and hasattr(order, each.parameter) and each.parameter != "type":
            value = D(rng.choice(each.nearest))
            is_delta = each.parameter == "trailing_delta"
            change: dict[str, Any] = {each.parameter: int(value) if is_delta else value}
            return replace(order, **change)
    return None


@pytest.mark.parametrize("name", SYMBOLS)
async def test_the_exchange_has_the_same_verdict(api: SignedApi, name: str) -> None:
    rng, ground = Random(f"filters {name}"), await ground_of(api, name)
    seen: Counter[str] = Counter()
    for _ in range(ORDERS):
        order = shaped(rng, random_order(rng, name, lambda: D(1)), ground)
        ours = await compare(api, order, ground)
        if ours is not None:
            seen.update({each.rule for each in ours} or {"none"})
    assert seen >= Counter(RULES)
    assert ("none" in seen) == (ground.symbol.status == "TRADING")
    assert ground.symbol.status != "TRADING" or seen["none"] > ORDERS / 20


@pytest.mark.parametrize("name", SYMBOLS[:4])
async def test_who_follows_the_advice_arrives(api: SignedApi, name: str) -> None:
    rng, ground = Random(f"advice {name}"), await ground_of(api, name)
    arrived = stuck = 0
    ours: list[Violation] | None = None
    for _ in range(ORDERS // 4):
        order = shaped(rng, random_order(rng, name, lambda: D(1)), ground)
        for _ in range(9):
            ours = await compare(api, order, ground)
            better = advised(rng, order, ours or [])
            if better is None:
                break
            order = better
        arrived, stuck = arrived + (ours == []), stuck + bool(ours)
    assert arrived > 9 * stuck
