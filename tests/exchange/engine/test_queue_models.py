"""Queue models: what must have gone goes, what cannot have gone stays, and the risk-averse one never flatters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_mcp_server.exchange.engine.queue_models import MODELS, Probable, QueueModel, RiskAverse

QUANTITIES = st.integers(0, 10**15)
EVERY_MODEL = [*MODELS.values(), Probable(1), Probable(5)]


@pytest.mark.parametrize("model", EVERY_MODEL)
@given(before=QUANTITIES, behind=QUANTITIES, share=st.integers(0, 1000))
def test_what_is_left_before_us_is_possible(
    model: QueueModel, before: int, behind: int, share: int
) -> None:
    gone = (before + behind) * share // 1000
    left = model.left_before(before, behind, gone)
    assert max(0, before - gone) <= left <= min(before, before + behind - gone)


@pytest.mark.parametrize("model", EVERY_MODEL)
@given(total=QUANTITIES, places=st.tuples(QUANTITIES, QUANTITIES), share=st.integers(0, 1000))
def test_who_stood_behind_another_stays_behind(
    model: QueueModel, total: int, places: tuple[int, int], share: int
) -> None:
    one, other = sorted(min(place, total) for place in places)
    gone = total * share // 1000
    assert model.left_before(one, total - one, gone) <= model.left_before(
        other, total - other, gone
    )


@given(before=QUANTITIES, behind=QUANTITIES, share=st.integers(0, 1000))
def test_no_model_leaves_more_before_us_than_the_risk_averse(
    before: int, behind: int, share: int
) -> None:
    gone = (before + behind) * share // 1000
    worst = RiskAverse().left_before(before, behind, gone)
    assert all(model.left_before(before, behind, gone) <= worst for model in EVERY_MODEL)


def test_the_risk_averse_moves_up_only_when_nobody_is_left_behind() -> None:
    model = RiskAverse()
    assert model.left_before(before=60, behind=40, gone=40) == 60
    assert model.left_before(before=60, behind=40, gone=50) == 50


def test_the_probable_shares_by_the_power_of_the_lengths() -> None:
    assert Probable(1).left_before(before=75, behind=25, gone=40) == 75 - 30
    assert Probable(2).left_before(before=75, behind=25, gone=40) == 75 - 36
    assert Probable(2).left_before(before=25, behind=75, gone=40) == 25 - 4
    # Half of them first, then of the others: 5 of 50, 7 of 25, 6 of 12, 1 of 3 stood before.
    assert Probable(2).left_before(before=25, behind=75, gone=90) == 25 - 5 - 7 - 6 - 1


def test_nobody_falls_behind_when_most_of_the_queue_leaves() -> None:
    left = [Probable(2).left_before(place, 100 - place, 60) for place in range(101)]
    assert left == sorted(left)


def test_a_power_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="power"):
        Probable(0)
