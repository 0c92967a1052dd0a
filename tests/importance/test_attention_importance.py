"""Attention importance against its naive twin and the properties that it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.importance import attention
from samplew_gbm.importance.attention import importance_of
from tests.reference.segments import softmax, standardise

ROWS = st.lists(st.tuples(st.integers(0, 5), st.floats(-100, 100, width=32)), max_size=50)
TEMPERATURE = st.floats(0.3, 50)


def unzip(rows):
    return np.array([value for _, value in rows], np.float32), np.array([user for user, _ in rows], np.int32)


def naive(affinity, segment, temperature):
    """Segment by segment in double precision; the shrinkage is the module's own."""
    importance = np.zeros(len(affinity))
    for user in set(segment.tolist()):
        rows = np.flatnonzero(segment == user)
        trust = len(rows) / (len(rows) + attention.SHRINKAGE)
        logits = [trust * value for value in standardise(affinity[rows].astype(float).tolist())]
        importance[rows] = np.array(softmax(logits, temperature)) * len(rows)
    return importance


def spread_out(seed=0, n=300):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n).astype(np.float32), rng.integers(0, 20, n).astype(np.int32)


@settings(max_examples=80, deadline=None)
@given(ROWS, TEMPERATURE)
def test_importance_equals_naive_twin(rows, temperature):
    affinity, segment = unzip(rows)
    spreads = [np.std(affinity[segment == user], dtype=float) for user in set(segment.tolist())]
    if any(0 < spread < 1e-3 * np.abs(affinity).max() for spread in spreads):
        return  # float32 cannot tell such values apart
    importance = importance_of(affinity, segment, temperature=temperature)
    assert importance.dtype == np.float32
    np.testing.assert_allclose(importance, naive(affinity, segment, temperature), rtol=1e-3, atol=1e-5)


def test_well_spread_values_agree_to_a_millionth():
    affinity, segment = spread_out()
    for temperature in (1.0, 2.0):
        expected = naive(affinity, segment, temperature)
        np.testing.assert_allclose(
            importance_of(affinity, segment, temperature=temperature), expected, atol=2e-6
        )


@settings(max_examples=60, deadline=None)
@given(ROWS, TEMPERATURE)
def test_the_mean_of_every_segment_is_one(rows, temperature):
    affinity, segment = unzip(rows)
    importance = importance_of(affinity, segment, temperature=temperature)
    assert np.all(importance >= 0)
    for user in set(segment.tolist()):
        assert importance[segment == user].mean(dtype=float) == pytest.approx(1, abs=1e-5)


def test_a_constant_added_to_a_segment_changes_nothing():
    affinity, segment = spread_out()
    shift = np.arange(20, dtype=np.float32)[segment]
    ours, shifted = (
        importance_of(values, segment, temperature=1.0) for values in (affinity, affinity + shift)
    )
    np.testing.assert_allclose(ours, shifted, rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_permuting_rows_permutes_importance(rows, random):
    affinity, segment = unzip(rows)
    order = np.array(random.sample(range(len(rows)), len(rows)), np.int64)
    permuted = importance_of(affinity[order], segment[order], temperature=2.0)
    expected = importance_of(affinity, segment, temperature=2.0)[order]
    np.testing.assert_allclose(permuted, expected, rtol=2e-3)


def test_infinite_temperature_gives_all_ones_and_a_very_high_one_nearly():
    affinity, segment = spread_out()
    np.testing.assert_allclose(importance_of(affinity, segment, temperature=np.inf), 1, rtol=1e-6)
    np.testing.assert_allclose(importance_of(affinity, segment, temperature=1e6), 1, rtol=1e-5)


def test_a_lower_temperature_spreads_the_importance():
    affinity, segment = spread_out()
    spreads = [np.std(importance_of(affinity, segment, temperature=t)) for t in (4.0, 2.0, 1.0)]
    assert spreads == sorted(spreads)


def test_one_row_gives_one_and_equal_rows_do():
    importance = importance_of(np.float32([9, 4, 4, 4]), np.int32([3, 5, 5, 5]), temperature=1.0)
    np.testing.assert_allclose(importance, 1, rtol=1e-6)


def test_more_affine_rows_are_more_important():
    affinity, segment = np.arange(10, dtype=np.float32), np.zeros(10, np.int32)
    assert np.all(np.diff(importance_of(affinity, segment, temperature=2.0)) > 0)


def test_no_rows_have_no_importance():
    assert len(importance_of(np.empty(0, np.float32), np.empty(0, np.int32), temperature=1.0)) == 0


def test_threads_change_no_bit():
    affinity, segment = spread_out(n=5000)
    one = importance_of(affinity, segment, temperature=1.0, n_threads=1)
    for n_threads in (2, 7):
        again = importance_of(affinity, segment, temperature=1.0, n_threads=n_threads)
        np.testing.assert_array_equal(one, again)
