"""The desk never does what a token, the owner or a person did not allow, and does nothing twice."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.order_truth import INTENTS, LIMIT
from binance_mcp_server.clock import VirtualClock
from binance_mcp_server.errors import (
    ForbiddenError,
    JournalError,
    PersonNeededError,
    TokenError,
)
from binance_mcp_server.trading.guard import DAY_MS
from binance_mcp_server.trading.intents import CancelAllIntent
from binance_mcp_server.trading.journal import Approved, Intended, Killed
from binance_mcp_server.trading.policy import Policy
from binance_mcp_server.trading.previews import PATIENCE_MS, Approval
from binance_mcp_server.trading.stopping import stop
from tests.trading.lives import POLICY, Life, lines_in
from tests.trading.office import Door, Venue

pytestmark = pytest.mark.anyio
NOW = 1_795_000_000_000
D = Decimal


class Owner:
    """A folder with a journal, an account, and as many processes as wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock(NOW)
        self.door: Door = Venue(self.clock).open_account()
        self.lives: list[Life] = []

    def open(self, policy: Policy = POLICY) -> Life:
        life = Life(self.door, self.folder, self.clock)
        life.desk.policy = policy
        self.lives.append(life)
        return life

    async def token(self, life: Life, principal: str = "p") -> str:
        preview = await life.run(life.desk.preview(LIMIT, principal))
        assert preview
        return preview.token

    def entries(self) -> list[Intended]:
        return [line for line in lines_in(self.folder) if isinstance(line, Intended)]

    def approval(self, life: Life, *, granted: bool = True, ago_ms: int = 0) -> Approval:
        now = life.now_ms()
        return Approval(granted, now - ago_ms, now, "a person at the client")


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    made = Owner(tmp_path / "state")
    yield made
    for life in made.lives:
        life._file.close()


async def test_a_token_places_one_order_and_then_tells_of_it(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)
    first = await life.run(life.desk.execute(token, "p"))
    second = await life.run(life.desk.execute(token, "p"))
    assert first
    assert second
    assert (first.state, first.repeated) == ("accepted", False)
    assert (second.state, second.repeated) == ("accepted", True)
    assert [order.id for order in second.orders] == [order.id for order in first.orders]
    assert len(owner.door.writes) == len(owner.door.orders) == len(owner.entries()) == 1


async def test_the_same_call_a_hundred_times_at_once_places_one_order(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(life.desk.execute(token, "p") for _ in range(100)))

    told = await life.run(all_of_them())
    assert told
    assert {outcome.state for outcome in told} == {"accepted"}
    assert sum(not outcome.repeated for outcome in told) == 1
    assert len({outcome.entry.id for outcome in told}) == 1
    assert len(owner.door.orders) == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token[::-1],
        lambda token: "",
        lambda token: token + "a",
        lambda token: token.upper(),
        lambda token: "ä" * len(token),
    ],
)
async def test_a_changed_token_places_nothing(owner: Owner, forge: Any) -> None:
    life = owner.open()
    token = forge(await owner.token(life))
    with pytest.raises(TokenError):
        await life.run(life.desk.execute(token, "p"))
    assert owner.door.orders == []


async def test_another_principal_or_process_places_nothing_with_it(owner: Owner) -> None:
    life, other = owner.open(), owner.open()
    token = await owner.token(life)
    for attempt in (life.desk.execute(token, "q"), other.desk.execute(token, "p")):
        with pytest.raises(TokenError):
            await life.run(attempt)
    assert owner.door.orders == []


async def test_an_expired_token_places_nothing(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)
    await owner.clock.advance(60)
    with pytest.raises(TokenError):
        await life.run(life.desk.execute(token, "p"))
    assert owner.door.orders == []


async def test_a_token_that_expires_while_the_market_is_read_places_nothing(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)
    facts = life.desk._facts

    async def slow(intent: Any) -> Any:
        await owner.clock.sleep(61)
        return await facts(intent)

    life.desk._facts = slow
    with pytest.raises(TokenError, match="expired"):
        await life.run(life.desk.execute(token, "p"))
    assert owner.door.orders == []


async def test_an_old_token_still_tells_of_what_it_placed(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)
    await life.run(life.desk.execute(token, "p"))
    await owner.clock.advance(90)
    again = await life.run(life.desk.execute(token, "p"))
    assert again
    assert (again.state, again.repeated, len(owner.door.orders)) == ("accepted", True, 1)


# --- a person

PERSON = replace(POLICY, person_from=D(0))


async def test_without_a_persons_word_nothing_is_placed_and_the_token_lives(owner: Owner) -> None:
    life = owner.open(PERSON)
    token = await owner.token(life)
    with pytest.raises(PersonNeededError):
        await life.run(life.desk.execute(token, "p"))
    assert owner.entries() == []
    outcome = await life.run(life.desk.execute(token, "p", owner.approval(life)))
    assert outcome
    assert outcome.entry.allowed_by == "a person at the client"
    (said,) = [line for line in lines_in(owner.folder) if isinstance(line, Approved)]
    assert said.verdict == "granted"
    assert said.n == outcome.entry.n or said.canonical == owner.entries()[0].canonical


async def test_a_no_ends_the_token(owner: Owner) -> None:
    life = owner.open(PERSON)
    token = await owner.token(life)
    with pytest.raises(ForbiddenError, match="did not agree"):
        await life.run(life.desk.execute(token, "p", owner.approval(life, granted=False)))
    with pytest.raises(TokenError):
        await life.run(life.desk.execute(token, "p", owner.approval(life)))
    assert owner.door.orders == []
    assert [line.verdict for line in lines_in(owner.folder) if isinstance(line, Approved)] == [
        "declined"
    ]


@pytest.mark.parametrize("ago_ms", [PATIENCE_MS, PATIENCE_MS + 1, -1])
async def test_a_word_that_is_too_old_or_of_the_future_counts_for_nothing(
    owner: Owner, ago_ms: int
) -> None:
    life = owner.open(PERSON)
    token = await owner.token(life)
    await owner.clock.advance(30)
    with pytest.raises(TokenError):
        await life.run(life.desk.execute(token, "p", owner.approval(life, ago_ms=ago_ms)))
    assert owner.door.orders == []


async def test_a_person_may_answer_after_the_token_would_have_expired(owner: Owner) -> None:
    life = owner.open(PERSON)
    token = await owner.token(life)
    await owner.clock.advance(50)
    approval = owner.approval(life)
    await owner.clock.advance(100)
    outcome = await life.run(life.desk.execute(token, "p", approval))
    assert outcome
    assert outcome.state == "accepted"


async def test_the_guard_runs_again_after_a_person_agreed(owner: Owner) -> None:
    life = owner.open(PERSON)
    token = await owner.token(life)
    await life.run(life.desk.engage("q", "stop"))
    with pytest.raises(ForbiddenError, match="kill switch"):
        await life.run(life.desk.execute(token, "p", owner.approval(life)))
    assert owner.door.orders == []


# --- the owner's limits, over several processes


async def test_two_processes_share_one_cap(owner: Owner) -> None:
    """One order of 500 USDT fits, two do not."""
    policy = replace(POLICY, day_notional=D(700))
    one, other = owner.open(policy), owner.open(policy)
    tokens = [await owner.token(one), await owner.token(other)]
    assert all(tokens)
    await one.run(one.desk.execute(tokens[0], "p"))
    with pytest.raises(ForbiddenError, match="24 hours"):
        await other.run(other.desk.execute(tokens[1], "p"))
    assert len(owner.door.orders) == 1


async def test_what_the_venue_refused_counts_for_nothing(owner: Owner) -> None:
    """More than the account has, and all that the cap allows."""
    life = owner.open(replace(POLICY, day_notional=D(5_000_000)))
    refused = await life.run(life.desk.perform(replace(LIMIT, quantity=D(100)), "p"))
    assert refused
    assert refused.state == "refused"
    accepted = await life.run(life.desk.perform(LIMIT, "p"))
    assert accepted
    assert accepted.state == "accepted"


async def test_what_nobody_found_goes_on_to_count_until_the_day_is_over(owner: Owner) -> None:
    life = owner.open(replace(POLICY, day_notional=D(700)))
    owner.door.venue.arm({"kind": "order", "executes": False, "then": "reset", "times": 1})
    lost = await life.run(life.desk.execute(await owner.token(life), "p"))
    assert lost is not None
    await life.rest()
    assert await owner.token(life) == ""
    await owner.clock.advance(DAY_MS / 1000 + 1)
    assert await owner.token(life)


async def test_open_orders_are_counted_by_the_venue_and_since(owner: Owner) -> None:
    life = owner.open(replace(POLICY, open_orders=2))
    for _ in range(2):
        await life.run(life.desk.execute(await owner.token(life), "p"))
    with pytest.raises(ForbiddenError, match="may be open"):
        await life.run(life.desk.perform(LIMIT, "p"))
    await life.run(life.desk.perform(CancelAllIntent("BTCUSDT"), "p"))
    await owner.clock.advance(15)
    outcome = await life.run(life.desk.perform(LIMIT, "p"))
    assert outcome
    assert outcome.state == "accepted"


async def test_the_kill_switch_stops_all_processes_and_cancels_everything(owner: Owner) -> None:
    life, other = owner.open(), owner.open()
    token = await owner.token(other)
    for name in ("order", "list"):
        await life.run(life.desk.perform(INTENTS[name], "p"))
    stopped = await life.run(stop(life.desk, "p", "I am lost"))
    assert stopped
    assert stopped.left == ()
    assert {outcome.state for outcome in stopped.outcomes} == {"accepted"}
    assert not any(order["status"] == "NEW" for order in owner.door.orders)
    with pytest.raises(ForbiddenError, match="kill switch"):
        await other.run(other.desk.execute(token, "p"))
    (line,) = [line for line in lines_in(owner.folder) if isinstance(line, Killed)]
    assert (line.by, line.reason) == ("p", "I am lost")


# --- what goes wrong here


async def test_without_a_journal_nothing_is_sent(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = owner.open()
    token = await owner.token(life)
    monkeypatch.setattr("os.fsync", _no_space)
    with pytest.raises(JournalError):
        await life.run(life.desk.execute(token, "p"))
    assert owner.door.writes == []


def _no_space(_fd: int) -> None:
    raise OSError(28, "No space left on device")


async def test_a_caller_that_goes_away_does_not_leave_an_intent_unsent(owner: Owner) -> None:
    life = owner.open()
    token = await owner.token(life)
    for stop_after in range(1, 12):
        call = asyncio.ensure_future(life.desk.execute(token, "p"))
        for _ in range(stop_after):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await life.rest()
        assert len(owner.entries()) == len(owner.door.writes) == len(owner.door.orders) <= 1


async def test_a_defect_on_the_way_is_a_doubt_and_not_a_no(
    owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    life = owner.open()
    token = await owner.token(life)
    send = owner.door.send

    async def broken(request: Any) -> Any:
        reply = await send(request)
        if request.method == "POST":
            raise ZeroDivisionError
        return reply

    owner.door.send = broken  # type: ignore[method-assign]
    outcome = await life.run(life.desk.execute(token, "p"))
    assert outcome
    assert (outcome.state, outcome.source) == ("accepted", "lookup")
    assert "defect" in caplog.text


async def test_an_outcome_that_cannot_be_written_is_told_and_found_again(
    owner: Owner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    life = owner.open()
    token = await owner.token(life)
    with monkeypatch.context() as full:
        send = owner.door.send

        async def filling(request: Any) -> Any:
            reply = await send(request)
            full.setattr("os.write", lambda fd, data: 0)
            return reply

        owner.door.send = filling  # type: ignore[method-assign]
        outcome = await life.run(life.desk.execute(token, "p"))
        owner.door.send = send  # type: ignore[method-assign]
    assert outcome
    assert outcome.state == "accepted"
    assert "not in the journal" in caplog.text
    found = await life.run(owner.open().desk.reconcile())
    assert found
    assert [each.state for each in found.outcomes] == ["accepted"]
