"""Means of groups: their twin, their intervals, and what few rows may claim."""

import numpy as np
import pytest

from samplew_gbm.evaluation.grouped import group_means


def naive_means(values, group):
    """(group, rows, mean, share) of each group that occurs, one after another."""
    own = {g: [v for v, h in zip(values, group, strict=True) if h == g] for g in sorted(set(group))}
    return [(g, len(v), sum(v) / len(v), sum(v) / sum(values)) for g, v in own.items()]


def uneven_groups(seed=0, n_groups=400, spread=0.3):
    """Groups of 1 to 40 rows: values, group, and the true mean of each group."""
    rng = np.random.default_rng(seed)
    truth = rng.gamma(8, 1 / 8, n_groups)
    group = np.repeat(np.arange(n_groups), rng.integers(1, 41, n_groups)).astype(np.int32)
    return truth[group] * rng.lognormal(-(spread**2) / 2, spread, len(group)), group, truth


def test_the_means_are_those_of_the_twin():
    rng = np.random.default_rng(1)
    values, group = rng.gamma(2, 1, 200), rng.choice([3, 4, 9, 70], 200).astype(np.int32)
    found = group_means(values, group)
    expected = np.array(naive_means(values.tolist(), group.tolist()))
    np.testing.assert_allclose(np.column_stack([found.group, found.n, found.mean, found.share]), expected)
    assert found.share.sum() == pytest.approx(1)


def test_the_order_of_the_rows_changes_nothing():
    values, group, _ = uneven_groups()
    mixed = np.random.default_rng(2).permutation(len(values))
    one, other = group_means(values, group), group_means(values[mixed], group[mixed])
    for name in ("group", "n", "mean", "low", "high", "share", "steadied"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


def test_an_interval_holds_its_own_mean_and_is_not_below_zero():
    found = group_means(*uneven_groups()[:2])
    assert (found.low >= 0).all()
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


@pytest.mark.parametrize("seed", range(3))
def test_intervals_cover_the_true_means_as_often_as_they_say(seed):
    values, group, truth = uneven_groups(seed, n_groups=2000)
    found = group_means(values, group)
    covered = (found.low <= truth) & (truth <= found.high)
    assert 0.92 <= covered.mean() <= 0.98
    assert covered[found.n <= 3].mean() >= 0.90


def test_more_rows_make_narrower_intervals():
    values, group, _ = uneven_groups(n_groups=2000)
    found = group_means(values, group)
    width = found.high - found.low
    by_rows = [
        width[(found.n >= low) & (found.n <= high)].mean() for low, high in ((1, 2), (6, 10), (30, 40))
    ]
    assert by_rows[0] > 1.5 * by_rows[1] > 2 * by_rows[2]


def test_a_single_row_has_the_width_of_what_is_usual():
    group = np.array([0, 1, 1, 1, 2, 2, 2], np.int32)
    found = group_means(np.array([1.0, 0.5, 1.0, 1.5, 0.5, 1.0, 1.5]), group)
    assert found.high[0] - found.mean[0] > found.high[1] - found.mean[1] > 0


def test_one_lucky_row_does_not_lead():
    rng = np.random.default_rng(0)
    many = np.concatenate([rng.normal(2, 0.3, 40), rng.normal(0.5, 0.3, 40), rng.normal(1, 0.3, 40)])
    group = np.repeat([0, 1, 2], 40)
    for lucky in ([2.1], [0.5, 0.5, 0.5, 7.0]):
        check_that_steady_leads(np.append(many, lucky), np.append(group, [3] * len(lucky)).astype(np.int32))


def check_that_steady_leads(values, group):
    found = group_means(values, group)
    assert found.mean.argmax() == 3
    assert found.steadied.argmax() == 0
    everywhere = np.average(found.mean, weights=found.n)
    assert (np.abs(found.steadied - everywhere) <= np.abs(found.mean - everywhere)).all()


@pytest.mark.parametrize(
    ("values", "group", "steadied"),
    [([], [], []), ([2.0], [5], [2.0]), ([0.0, 0.0], [0, 1], [0, 0]), ([1.0, 3.0], [0, 1], [2, 2])],
)
def test_of_next_to_nothing_nothing_breaks(values, group, steadied):
    found = group_means(np.array(values, np.float64), np.array(group, np.int32))
    assert found.steadied.tolist() == steadied
    assert np.isfinite(np.concatenate([found.low, found.high, found.share])).all()
