"""Randomness that is the same everywhere: the numbers below must not change, or every scenario does."""

from binance_mcp_server.exchange.engine.dice import NORMAL_SIGMA, Dice


def test_the_seed_words_fix_the_numbers_on_every_machine() -> None:
    dice = Dice(7, "BTCUSDT", "live")
    drawn = [dice.below(1000), dice.near(1000), dice.normal(), dice.count(2_500_000)]
    assert drawn == [868, 505, 7405, 2]


def test_words_are_the_draws_that_they_stand_for() -> None:
    """Draws of ten and of four words at once, as days of the past make them."""
    drawn = Dice("words").words(28)
    dice = Dice("words")
    for first, count in ((0, 10), (10, 10), (20, 4), (24, 4)):
        bits = dice.bits(16 * count)
        assert drawn[first : first + count] == tuple(bits >> 16 * i & 0xFFFF for i in range(count))


def test_other_words_give_other_numbers() -> None:
    assert Dice(1, "A").bits(64) != Dice(1, "B").bits(64) != Dice(2, "B").bits(64)


def test_bounds_hold() -> None:
    dice = Dice("bounds")
    assert {dice.below(3) for _ in range(100)} == {0, 1, 2}
    assert {dice.near(2) for _ in range(100)} == {0, 1}
    assert {dice.count(1_500_000) for _ in range(100)} == {1, 2}
    assert all(abs(dice.normal()) < 3.5 * NORMAL_SIGMA for _ in range(1000))
    assert dice.below(1) == 0
    assert not dice.happens(0)
    assert dice.happens(1_000_000)


def test_normal_has_the_mean_and_deviation_that_it_says() -> None:
    dice = Dice("normal")
    drawn = [dice.normal() for _ in range(20_000)]
    mean = sum(drawn) // len(drawn)
    variance = sum((number - mean) ** 2 for number in drawn) // len(drawn)
    assert abs(mean) < NORMAL_SIGMA // 20
    assert abs(variance - NORMAL_SIGMA**2) < NORMAL_SIGMA**2 // 20
