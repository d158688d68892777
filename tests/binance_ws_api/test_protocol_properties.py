"""Whatever is wished, broken, refused and pinged: no rule of the venue is broken, and all comes right at the end."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from binance_mcp_server.binance_ws_api.rules import Rules
from binance_mcp_server.binance_ws_api.signals import Failure, Moved
from tests.binance_ws_api.model_venue import ModelVenue, live_names, most_within

RULES = Rules(
    streams_per_connection=5,
    batch=3,
    dials=8,
    dial_window=40.0,
    lifetime=60.0,
    lifetime_jitter=20.0,
    overlap=4.0,
)
"""Small, so that every bound is met often."""
NAMES = [f"s{n}@trade" for n in range(14)]
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6)


@dataclass(frozen=True)
class Step:
    """One thing that happens, *gap* seconds after the one before."""

    kind: str
    gap: float = 0.0
    names: tuple[str, ...] = ()
    pick: int = 0


KINDS = (
    *("want", "unwant", "want", "unwant", "back and forth"),
    *("cut", "pings", "shutdown", "suspect", "deliver", "mute", "cut, told twice"),
    *("refuse dial", "refuse for good", "lose reply", "refuse names", "forget", "noise"),
)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(KINDS),
        st.one_of(st.just(0.0), st.floats(0.0, 1.5), st.floats(0.0, 30.0)),
        st.builds(tuple, names),
        st.integers(0, 100),
    ),
    max_size=40,
)


def play(venue: ModelVenue, step: Step) -> None:
    """Make *step* happen."""
    venue.advance(step.gap)
    match step.kind:
        case "want":
            venue.want(*step.names)
        case "unwant":
            venue.unwant(*step.names)
        case "back and forth":
            venue.unwant(*step.names)
            venue.want(*step.names)
        case "refuse dial":
            venue.failures.append(Failure("refused", wait=step.pick / 10))
        case "refuse for good":
            venue.failures.append(Failure("451", final=True))
        case "lose reply":
            venue.lost = [True] * (1 + step.pick % 3)
        case "refuse names":
            venue.refused = frozenset(step.names[:1])
        case _ if links := sorted(venue.open):
            befall(venue, step, links[step.pick % len(links)])


def befall(venue: ModelVenue, step: Step, link: int) -> None:
    """Make *step* happen to one connection."""
    core, conn = venue.core, venue.conns[link]
    match step.kind:
        case "cut":
            venue.cut(link)
        case "cut, told twice":
            venue.cut(link)
            venue.report(core.closed, link, "again")
        case "pings":
            for _ in range(1 + step.pick % 7):
                venue.report(core.pinged, link)
        case "shutdown":
            venue.report(core.shutdown, link)
        case "suspect":
            venue.report(core.suspect, link)
        case "deliver":
            for name in conn.subscribed:
                venue.report(core.delivered, link, name)
        case "mute":
            conn.mute = True
        case "forget":
            conn.subscribed.clear()
        case "noise":
            venue.report(core.received, link, b'{"what":[1,2]}')


def heal(venue: ModelVenue) -> None:
    """No fault lasts; then time passes."""
    venue.failures.clear()
    venue.lost.clear()
    venue.refused = frozenset()
    for conn in venue.conns.values():
        conn.mute = False
    venue.advance(RULES.barred + 5.0)
    for (
        number
    ) in venue.open:  # what the venue forgot in silence comes back with the next connection
        venue.report(venue.core.shutdown, number)
    venue.want(*wanted(venue)[:1])
    venue.advance(200.0)
    for _ in range(100):
        if not any(link.replaces for link in venue.core._fleet):
            break
        venue.advance(0.7)


def wanted(venue: ModelVenue) -> list[str]:
    return list(venue.core._wishes.wanted)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.sampled_from([0.0, 0.05, 0.8]), st.integers(0, 2**16))
@example([Step("want", names=tuple(NAMES)), Step("cut", 5.0), Step("cut", 0.1)], 0.8, 1)
@example([Step("want", names=("a",)), *[Step("pings", 0.01, pick=6)] * 9], 0.0, 1)
def test_no_limit_is_ever_passed_and_every_wish_comes_true(
    steps: list[Step], delay: float, seed: int
) -> None:
    venue = ModelVenue(RULES, seed=seed, delay=delay)
    for step in steps:
        play(venue, step)
    assert venue.breaches() == []
    heal(venue)
    assert venue.breaches() == []
    assert venue.homes() == dict.fromkeys(wanted(venue), 1)
    assert live_names(venue.events) >= set(wanted(venue))


@settings(max_examples=50, deadline=None)
@given(STEPS, st.integers(0, 2**16))
def test_the_same_calls_give_the_same_answers(steps: list[Step], seed: int) -> None:
    told = []
    for _ in range(2):
        venue = ModelVenue(RULES, seed=seed, delay=0.3)
        for step in steps:
            play(venue, step)
        told.append((venue.actions, venue.events, venue.core.state()))
    assert told[0] == told[1]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.sampled_from([0.0, 0.05, 0.8]), st.integers(0, 2**16))
def test_a_stream_that_flows_is_never_without_a_connection_while_one_takes_over(
    number: int, delay: float, seed: int
) -> None:
    venue = ModelVenue(Rules(lifetime=30.0, lifetime_jitter=5.0), seed=seed, delay=delay)
    flowing = [f"s{n}@trade" for n in range(number)]
    venue.want(*flowing)
    venue.advance(10.0)
    for _ in range(100):
        venue.advance(1.0)
        for link in venue.open:
            for name in venue.conns[link].subscribed:
                venue.report(venue.core.delivered, link, name)
        assert set(flowing) <= set(venue.homes())
    assert sum(isinstance(event, Moved) for event in venue.events) >= 2
    assert venue.breaches() == []


def test_the_oracle_sees_a_breach() -> None:
    assert most_within([0.0, 0.2, 0.99, 1.0, 1.1], 1.0) == 4
    venue = ModelVenue(RULES)
    venue.want("a@trade")
    venue.advance(1.0)
    conn = venue.conns[1]
    conn.sent += [2.0, 2.1, 2.2, 2.3, 2.9]
    conn.pongs += [2.4]
    conn.arrived += [2.0, 2.1, 2.2, 2.3, 2.9, 2.95]
    conn.subscribed += NAMES
    venue.dials += [0.5, *[30.0 + n for n in range(9)]]
    told = " ".join(venue.breaches())
    for word in ("sent", "together", "arrived", "streams", "many dials", "close"):
        assert word in told
