"""Fault 4: frames that come twice, or after their successor."""

from decimal import Decimal

import pytest

from binance_mcp_server.binance_ws_api.kinds import spec
from binance_mcp_server.models.events import TradeEvent
from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Reader, Recorded, scene

pytestmark = pytest.mark.anyio

DISORDER: list[dict[str, object]] = [
    {"kind": "duplicate", "share": 0.1},
    {"kind": "swap", "share": 0.1},
]


def flow(reader: Reader) -> Decimal:
    """What buyers took less what sellers gave: a trade that is counted twice shows."""
    trades = [record for record in reader.records if isinstance(record, TradeEvent)]
    return sum((-it.quantity if it.buyer_is_maker else it.quantity for it in trades), Decimal(0))


async def test_a_disorderly_run_equals_a_clean_one(recording: Recorded) -> None:
    part = recording.part(200)
    async with scene(part) as it:
        trades = await it.subscribe()
        minutes = await it.subscribe(spec("spot", "kline", "BTCUSDT", interval="1m"))
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        it.arm(*DISORDER, seed=4)
        for _ in range(len(part.seconds) - 2):
            await it.play(1)
        it.arm()
        await it.play(2)
        reader, candles = Reader(trades), Reader(minutes)
        reader.read()
        candles.read()
        assert reader.ids == part.trade_ids
        assert flow(reader) == sum(
            Decimal(it["q"]) * (-1 if it["m"] else 1) for it in part.data("trade")
        )
        assert trades.stream.duplicates > 50
        assert trades.stream.reordered > 50
        assert trades.stream.repaired == trades.stream.gaps == 0
        assert candles.gaps == []
        assert judge.wrong == []
        assert handle.feed.book.resyncs == 0
        assert judge.good > len(part.seconds)
        assert it.exchange.rest.counters.by_path["/api/v3/historicalTrades"] == 0
