"""The ledger waits, refuses, remembers, and shares what it knows with the user's other processes."""

import asyncio
import stat
from pathlib import Path

import pytest

from binance_mcp_server.access.limits import Ledger, Limits, open_ledger
from binance_mcp_server.access.state_files import StateFile
from binance_mcp_server.access.windows import SIZE
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import BannedError, LimitError

pytestmark = pytest.mark.anyio

URL = "https://api.binance.com"
SMALL = Limits(weight=100)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(auto_advance=True)


def shared(clock: VirtualClock, folder: Path) -> Ledger:
    return open_ledger(URL, clock=clock, state_dir=folder, limits=SMALL)


async def spend(ledger: Ledger, weight: int) -> None:
    (await ledger.acquire(weight)).done()


async def test_it_waits_for_room_when_that_is_soon_enough(clock: VirtualClock) -> None:
    ledger = Ledger(clock, limits=SMALL)
    await spend(ledger, 100)
    await ledger.acquire(30, max_wait=70)
    assert 60 < clock.monotonic() <= 63


async def test_else_it_refuses_at_once_with_numbers_and_the_time_it_names_is_right(
    clock: VirtualClock,
) -> None:
    ledger = Ledger(clock, limits=SMALL)
    await spend(ledger, 90)
    with pytest.raises(LimitError) as caught:
        await ledger.acquire(30, max_wait=20)
    assert clock.monotonic() == 0
    assert "90 of 100 weight" in caught.value.message
    assert caught.value.retry_after is not None
    await clock.sleep(caught.value.retry_after + 0.001)
    await ledger.acquire(30)


async def test_more_than_the_whole_limit_is_refused_for_good(clock: VirtualClock) -> None:
    with pytest.raises(LimitError, match="whole limit") as caught:
        await Ledger(clock, limits=SMALL).acquire(101, max_wait=1000)
    assert not caught.value.retryable
    assert caught.value.retry_after is None


async def test_callers_are_served_in_their_order_so_a_heavy_one_is_not_starved() -> None:
    clock = VirtualClock()
    ledger, order = Ledger(clock, limits=SMALL), list[int]()
    await spend(ledger, 100)

    async def one(weight: int) -> None:
        (await ledger.acquire(weight, max_wait=200)).done()
        order.append(weight)

    tasks = [asyncio.create_task(one(weight)) for weight in (90, 1, 2, 3)]
    for _ in range(70):
        await clock.advance(1)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert order == [90, 1, 2, 3]


async def test_who_would_wait_too_long_behind_others_is_refused_at_once() -> None:
    clock = VirtualClock()
    ledger = Ledger(clock, limits=SMALL)
    await spend(ledger, 100)
    first = asyncio.create_task(ledger.acquire(90, max_wait=70))
    await asyncio.sleep(0)
    with pytest.raises(LimitError):
        await ledger.acquire(50, max_wait=70)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert ledger.snapshot().used == 100


async def test_who_stands_behind_others_waits_no_longer_than_they_do() -> None:
    clock = VirtualClock()
    ledger, ended = Ledger(clock, limits=SMALL), list[float]()
    ledger.pause(30)

    async def one() -> None:
        with pytest.raises(LimitError):
            await ledger.acquire(1, max_wait=40)
        ended.append(clock.monotonic())

    tasks = [asyncio.create_task(one()) for _ in range(3)]
    await asyncio.sleep(0)
    for _ in range(10):  # the venue asks for another pause whenever one ends
        await clock.advance(25)
        ledger.pause(30)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert max(ended) <= 51


async def test_a_cancelled_request_counts_to_its_deadline(clock: VirtualClock) -> None:
    ledger = Ledger(clock, limits=SMALL)
    await ledger.acquire(100, hold=15)
    await clock.sleep(70)
    assert ledger.snapshot().used == 100
    await clock.sleep(10)
    assert ledger.snapshot().used == 0


async def test_weight_of_other_programs_is_taken_from_the_venues_word(clock: VirtualClock) -> None:
    ledger = Ledger(clock, limits=SMALL)
    (await ledger.acquire(5)).done(60)
    seen = ledger.snapshot()
    assert (seen.used, seen.venue_used, seen.source) == (60, 60, "header")
    await clock.sleep(63)
    assert (ledger.snapshot().used, ledger.snapshot().source) == (0, "measured")


async def test_two_ledgers_on_one_file_count_together(clock: VirtualClock, tmp_path: Path) -> None:
    one, other = shared(clock, tmp_path), shared(clock, tmp_path)
    await spend(one, 60)
    with pytest.raises(LimitError):
        await other.acquire(50)
    await spend(other, 40)
    assert one.snapshot().used == other.snapshot().used == 100
    one.close()
    other.close()


async def test_limits_and_pauses_are_shared(clock: VirtualClock, tmp_path: Path) -> None:
    one, other = shared(clock, tmp_path), shared(clock, tmp_path)
    one.set_limits(Limits(weight=10))
    one.pause(30)
    assert (other.snapshot().limit, other.stopped()) == (10, True)
    with pytest.raises(LimitError, match="429") as caught:
        await other.acquire(1)
    assert caught.value.retry_after == 31
    await other.acquire(1, max_wait=40)
    assert clock.monotonic() == pytest.approx(31)
    one.close()
    other.close()


async def test_a_ban_holds_everywhere_and_after_a_restart_until_it_ends(
    clock: VirtualClock, tmp_path: Path
) -> None:
    first = shared(clock, tmp_path)
    first.ban(600)
    first.close()
    restarted = VirtualClock(clock.now_ms() + 300_000, auto_advance=True)
    again = shared(restarted, tmp_path)
    with pytest.raises(BannedError, match="418") as caught:
        await again.acquire(1, max_wait=10_000)
    assert restarted.monotonic() == 0
    assert caught.value.retry_after == 301
    assert again.snapshot().banned_until == restarted.now_ms() + 301_000
    await restarted.sleep(301)
    await again.acquire(1)
    again.close()


async def test_a_ban_learned_while_the_file_is_locked_holds_before_anything_is_sent(
    clock: VirtualClock, tmp_path: Path
) -> None:
    ledger = shared(clock, tmp_path)
    blocker = StateFile(tmp_path / "limits-api.binance.com", SIZE)
    assert blocker.lock()
    ledger.ban(600)
    with pytest.raises(LimitError, match="locked"):
        await ledger.acquire(1)
    blocker.unlock(write=False)
    with pytest.raises(BannedError):
        await ledger.acquire(1)
    ledger.close()
    blocker.close()


async def test_a_removed_file_is_made_again_with_what_is_known(
    clock: VirtualClock, tmp_path: Path
) -> None:
    ledger = shared(clock, tmp_path)
    await spend(ledger, 60)
    (tmp_path / "limits-api.binance.com").unlink()
    await clock.sleep(2)
    await spend(ledger, 1)
    other = shared(clock, tmp_path)
    assert other.snapshot().used == 61
    ledger.close()
    other.close()


@pytest.mark.parametrize("rubbish", [b"", b"x", bytes(SIZE), b"\xff" * 10_000])
async def test_a_spoilt_file_is_replaced_and_the_ledger_lives_on(
    clock: VirtualClock, tmp_path: Path, rubbish: bytes
) -> None:
    ledger = shared(clock, tmp_path)
    reservation = await ledger.acquire(60)
    (tmp_path / "limits-api.binance.com").write_bytes(rubbish)
    assert ledger.snapshot().limit == 100
    reservation.done()
    assert ledger.snapshot().used == 60
    ledger.close()


async def test_the_folder_and_its_files_are_the_users_own(
    clock: VirtualClock, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    ledger = shared(clock, folder)
    assert ledger.shared
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "limits-api.binance.com").stat().st_mode) == 0o600
    ledger.close()


async def test_without_a_usable_folder_a_process_counts_alone_and_says_so(
    clock: VirtualClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    ledger = open_ledger(URL, clock=clock, state_dir=tmp_path / "file", limits=SMALL)
    assert not ledger.shared
    assert not ledger.snapshot().shared
    assert "alone" in caplog.text
    await spend(ledger, 100)
    with pytest.raises(LimitError):
        await ledger.acquire(1)
