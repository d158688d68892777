"""Fault 7: frames that are not what they should be."""

import pytest

from tests.e2e.faults.judge import Judge
from tests.e2e.faults.scene import Reader, Recorded, scene

pytestmark = pytest.mark.anyio

TOLERATED = ["unknown_enum", "extra_field"]
QUARANTINED = ["bad_json", "null", "bad_utf8", "cut"]


@pytest.mark.parametrize("form", [*TOLERATED, *QUARANTINED])
async def test_the_connection_lives_and_every_id_is_read_or_said_to_be_missing(
    recording: Recorded, form: str
) -> None:
    part = recording.part(80)
    async with scene(part) as it:
        trades = await it.subscribe()
        handle = await it.result(it.services.books.watch("spot", "BTCUSDT"))
        judge = Judge(handle, part)
        it.arm({"kind": "malformed", "form": form, "every": 23})
        await it.live(75)
        it.arm()
        await it.live(5)
        await it.until(lambda: handle.state == "live" and not trades.stream.repairing)
        reader = Reader(trades)
        reader.read()
        missing = [lost for gap in reader.gaps for lost in range(gap.first, gap.last + 1)]
        assert sorted([*reader.ids, *missing]) == part.trade_ids
        assert reader.ids == sorted(reader.ids)
        if form in TOLERATED:
            assert (missing, trades.stream.malformed) == ([], 0)
        else:
            assert trades.stream.malformed + trades.stream.repaired > 0
        assert trades.stream.reconnects == 0
        assert (judge.wrong, it.broken_rules()) == ([], 0)


@pytest.mark.parametrize("form", ["huge", "rsv_bit"])
async def test_a_breach_of_the_protocol_costs_a_connection_and_no_data(
    recording: Recorded, form: str
) -> None:
    part = recording.part(60)
    async with scene(part) as it:
        trades = await it.subscribe()
        await it.live(10)
        it.arm({"kind": "malformed", "form": form, "every": 50, "times": 2})
        await it.live(50)
        await it.until(lambda: trades.stream.state == "live" and not trades.stream.repairing)
        reader = Reader(trades)
        reader.read()
        assert it.struck() == [2]
        assert reader.ids == part.trade_ids
        assert trades.stream.reconnects == 2
        assert it.broken_rules() == 0
