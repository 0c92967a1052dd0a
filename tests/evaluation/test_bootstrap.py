"""Paired intervals: they cover what they should, and know when nothing can be told."""

import numpy as np
import pytest

from samplew_gbm.errors import DataError
from samplew_gbm.evaluation.bootstrap import LEVEL, is_ahead, paired_difference


def test_the_mean_and_the_baseline_are_those_of_the_queries_judged():
    found = paired_difference(np.array([0.5, np.nan, 1.0]), np.array([0.25, np.nan, 0.75]))
    assert (found.mean, found.baseline, found.n) == (0.25, 0.5, 2)
    assert (found.low, found.high) == (0.25, 0.25)


@pytest.mark.parametrize(("n", "sure"), [(1, False), (19, False), (20, True)])
def test_of_few_queries_nothing_is_sure(n, sure):
    assert paired_difference(np.full(n, 0.5), np.full(n, 0.25)).sure is sure


def test_equal_rankings_differ_by_nothing():
    same = np.linspace(0, 1, 50)
    found = paired_difference(same, same)
    assert (found.mean, found.low, found.high, found.sure) == (0, 0, 0, False)


def test_turning_the_pair_around_turns_the_interval():
    rng = np.random.default_rng(0)
    a, b = rng.random(200), rng.random(200)
    one, other = paired_difference(a, b), paired_difference(b, a)
    np.testing.assert_allclose(
        [one.mean, one.low, one.high], [-other.mean, -other.high, -other.low], atol=1e-12
    )


def test_the_interval_is_that_of_the_normal_approximation_for_many_queries():
    rng = np.random.default_rng(1)
    b = rng.random(4000)
    a = b + rng.normal(0.01, 0.2, 4000)
    found = paired_difference(a, b)
    error = np.std(a - b) / np.sqrt(4000)
    np.testing.assert_allclose(
        [found.low, found.high], found.mean + np.array([-1.96, 1.96]) * error, atol=error / 5
    )


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = []
    for seed in range(200):
        a = rng.exponential(1.0, 60)
        found = paired_difference(a, np.zeros(60), n_resamples=400, random_state=seed)
        covered.append(found.low <= 1.0 <= found.high)
    assert LEVEL - 0.07 < np.mean(covered) < LEVEL + 0.04


def test_many_queries_are_drawn_in_parts_without_a_difference(monkeypatch):
    a, b = np.random.default_rng(3).random((2, 100))
    whole = paired_difference(a, b)
    monkeypatch.setattr("samplew_gbm.evaluation.bootstrap._DRAWS_AT_ONCE", 700)
    assert paired_difference(a, b) == whole


def test_the_same_seed_gives_the_same_interval():
    a, b = np.random.default_rng(4).random((2, 50))
    assert paired_difference(a, b, random_state=1) == paired_difference(a, b, random_state=1)
    assert paired_difference(a, b, random_state=1) != paired_difference(a, b, random_state=2)


def test_nothing_judged_gives_no_number():
    found = paired_difference(np.full(3, np.nan), np.full(3, np.nan))
    assert found.n == 0
    assert np.isnan([found.mean, found.low, found.high]).all()
    assert not found.sure


@pytest.mark.parametrize("b", [[0.5], [0.5, np.nan]])
def test_other_queries_are_refused(b):
    with pytest.raises(DataError, match="same queries"):
        paired_difference(np.array([0.5, 0.5]), np.array(b))


def _simulated(seed, *, luck, n_trainings=5, n=60):
    """Differences of trainings: true mean 1, users differ, trainings differ by ``luck``, and all the rest."""
    rng = np.random.default_rng(seed)
    of_users, of_trainings = rng.normal(0, 0.5, n), rng.normal(0, luck, (n_trainings, 1))
    return 1 + of_users + of_trainings + rng.normal(0, 1, (n_trainings, n))


@pytest.mark.parametrize("luck", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("n_trainings", [2, 5])
def test_the_interval_covers_other_trainings_too(luck, n_trainings):
    covered = []
    for seed in range(200):
        a = _simulated(seed, luck=luck, n_trainings=n_trainings)
        found = paired_difference(a, np.zeros_like(a), n_resamples=400)
        covered.append(found.low <= 1.0 <= found.high)
    assert np.mean(covered) > LEVEL - 0.07


def test_an_interval_of_users_alone_is_too_narrow_where_trainings_differ():
    covered = []
    for seed in range(200):
        a = _simulated(seed, luck=0.5).mean(axis=0)
        found = paired_difference(a, np.zeros_like(a), n_resamples=400)
        covered.append(found.low <= 1.0 <= found.high)
    assert np.mean(covered) < 0.7


def test_trainings_that_agree_add_nothing():
    rng = np.random.default_rng(5)
    a, b = rng.random((2, 80))
    one, many = paired_difference(a, b), paired_difference(np.stack([a] * 3), np.stack([b] * 3))
    np.testing.assert_allclose([one.low, one.high], [many.low, many.high], atol=1e-12)


def test_a_training_is_as_wide_as_the_others_where_users_alone_are_lucky():
    values = np.random.default_rng(6).normal(0, 1, (4, 2000))
    found = paired_difference(values, np.zeros_like(values))
    expected = 1.96 / np.sqrt(8000)
    assert expected * 0.8 < found.high - found.mean < expected * 2


def test_a_query_that_one_training_does_not_know_is_left_out():
    a, b = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]]), np.array([[0.0, np.nan, 0.0], [0.0, 0.0, 0.0]])
    found = paired_difference(a, b)
    assert (found.n, found.mean) == (2, 2.0)


@pytest.mark.parametrize(
    ("gains", "ahead"),
    [
        ([0.1] * 4, True),
        ([0.0] * 4, False),
        ([0.4, 0.0, 0.0, 0.0], True),  # .100, standard error .087
        ([0.6, 0.0, 0.0, 0.0, 0.0, -0.2], False),  # .067, standard error .102
        ([-0.1] * 4, False),
        ([], False),
    ],
)
def test_ahead_is_by_more_than_a_standard_error(gains, ahead):
    known = np.array([*gains, np.nan])
    assert is_ahead(np.r_[known, 1.0], np.r_[np.zeros(len(known)), np.nan]) == ahead
