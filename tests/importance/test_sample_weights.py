"""From importance to sample weights: mixed, clipped, mean 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.importance.weights import effective_share, sample_weight

IMPORTANCE = st.lists(st.floats(0, 1000, width=32), min_size=1, max_size=30).map(np.float32)


@settings(max_examples=80, deadline=None)
@given(IMPORTANCE, st.floats(0, 1), st.floats(0.05, 1), st.floats(1, 20))
def test_weights_follow_the_equation(importance, mix, low, high):
    weight = sample_weight(importance, mix=mix, low=low, high=high)
    clipped = np.array([min(max((1 - mix) + mix * float(value), low), high) for value in importance])
    assert weight.dtype == np.float64
    np.testing.assert_allclose(weight, clipped / clipped.mean(), rtol=1e-12)
    assert weight.mean() == pytest.approx(1)
    assert weight.max() <= high / low * weight.min() * (1 + 1e-12)


@settings(max_examples=30, deadline=None)
@given(IMPORTANCE)
def test_a_mix_of_nothing_gives_exactly_ones(importance):
    assert sample_weight(importance, mix=0.0, low=0.1, high=5.0).tolist() == [1.0] * len(importance)


def test_importance_of_one_gives_exactly_ones():
    for mix in (0.3, 0.5, 1.0):
        weight = sample_weight(np.ones(7, np.float32), mix=mix, low=0.1, high=5.0)
        np.testing.assert_allclose(weight, 1, rtol=1e-15)


def test_limits_hold_before_the_mean_is_made_one():
    weight = sample_weight(np.float32([0, 1, 100]), mix=1.0, low=0.5, high=3.0)
    np.testing.assert_allclose(weight, np.array([0.5, 1, 3]) / 1.5)


def test_no_rows_have_no_weight():
    assert len(sample_weight(np.empty(0, np.float32), mix=1.0, low=0.1, high=5.0)) == 0


def test_effective_share_is_kishs():
    assert effective_share(np.ones(9)) == 1.0
    assert effective_share(np.array([4.0, 0, 0, 0])) == 0.25
    assert effective_share(np.array([1.0, 3.0])) == pytest.approx(16 / 20)
    assert effective_share(np.empty(0)) == 1.0


@settings(max_examples=40, deadline=None)
@given(IMPORTANCE, st.floats(0.01, 100))
def test_effective_share_does_not_see_the_scale(importance, scale):
    weight = importance.astype(float) + 0.1
    share = effective_share(weight)
    assert 1 / len(weight) - 1e-9 <= share <= 1 + 1e-9
    assert effective_share(scale * weight) == pytest.approx(share)


FACTORS = st.lists(st.tuples(*[st.floats(0.01, 30)] * 3), min_size=1, max_size=20).map(np.array)


@settings(max_examples=60, deadline=None)
@given(FACTORS, st.floats(0, 1), st.floats(0.05, 1), st.floats(1, 20))
def test_a_weight_is_the_base_times_its_factors_where_no_limit_was_met(values, mix, low, high):
    importance, *factors = values.T
    weight = sample_weight(importance, mix=mix, low=low, high=high, factors=factors)
    product = [((1 - mix) + mix * a) * b * c for a, b, c in values]
    limited = np.array([min(max(value, low), high) for value in product])
    np.testing.assert_allclose(weight, limited / limited.mean(), rtol=1e-12)
    free = limited == product
    np.testing.assert_allclose(weight[free], np.array(product)[free] / limited.mean(), rtol=1e-12)
    assert weight.mean() == pytest.approx(1)


def test_no_factors_and_factors_of_one_are_the_same_bits():
    importance = np.random.default_rng(0).gamma(2, 0.5, 500).astype(np.float32)
    options = {"mix": 0.7, "low": 0.1, "high": 5.0}
    plain = sample_weight(importance, **options)
    np.testing.assert_array_equal(plain, sample_weight(importance, **options, factors=[np.ones(500)]))
