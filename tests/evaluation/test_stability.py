"""The stability index: known answers, its twin, and what chance makes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplew_gbm.evaluation.stability import (
    QUANTILES,
    chance_bound,
    counts_between,
    expected_index,
    quantile_edges,
    stability_index,
)
from tests.reference import stability as twin

COUNTS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=20)


@given(COUNTS)
def test_it_is_its_twin_and_never_negative(pairs):
    before, after = np.array(pairs).T
    found = stability_index(before, after)
    assert found == pytest.approx(twin.stability_index(before.tolist(), after.tolist()), abs=1e-12)
    assert found >= 0
    assert found == pytest.approx(stability_index(after, before))
    assert stability_index(before, before) == 0


def test_a_known_answer():
    """Of two bins that change places: twice the difference times the log of the ratio."""
    before, after = np.array([700_000, 300_000]), np.array([300_000, 700_000])
    assert stability_index(before, after) == pytest.approx(2 * 0.4 * np.log(7 / 3), rel=1e-5)


def test_an_empty_bin_is_far_but_not_infinitely():
    far = stability_index(np.array([1000, 0]), np.array([0, 1000]))
    assert 10 < far < 20


@pytest.mark.parametrize(("n", "m"), [(300, 300), (2000, 150)])
def test_without_any_change_it_is_what_is_expected(n, m):
    rng = np.random.default_rng(0)
    share = np.full(10, 0.1)
    drawn = [stability_index(rng.multinomial(n, share), rng.multinomial(m, share)) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(expected_index(10, n, m), rel=0.06)
    above = np.mean(np.array(drawn) > chance_bound(10, n, m))
    assert 0.003 < above < 0.02


def test_nothing_is_told_by_no_rows():
    assert expected_index(10, 0, 100) == np.inf
    assert chance_bound(1, 100, 100) == 0


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.just(0.0)), max_size=300))
def test_every_value_is_in_one_bin_and_nan_in_the_last(values):
    values = np.array(values, np.float64)
    edges = quantile_edges(values)
    counts = counts_between(values, edges)
    assert (np.diff(edges) > 0).all()
    assert counts.sum() == len(values)
    assert counts[-1] == np.isnan(values).sum()
    for place, edge in enumerate(edges):
        assert counts[: place + 1].sum() == (values <= edge).sum()


def test_bins_of_distinct_values_are_of_equal_size():
    values = np.random.default_rng(0).normal(size=1000)
    counts = counts_between(values, quantile_edges(values))[:-1]
    assert set(counts[counts > 1].tolist()) <= {99, 100, 101}
    assert len(counts) <= QUANTILES + 1


@pytest.mark.parametrize("moved", [-1.0, 1.0, np.nan])
def test_a_value_that_all_have_is_a_bin_of_its_own(moved):
    values = np.zeros(100)
    edges = quantile_edges(values)
    before, after = counts_between(values, edges), counts_between(values + moved, edges)
    assert stability_index(before, after) > 5
