"""The temperature for a wanted effective sample size: known answers, convergence, what cannot be reached."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.importance.attention import importance_of
from samplew_gbm.importance.temperature import MILDEST, TOLERANCE, temperature_for
from samplew_gbm.importance.weights import effective_share, sample_weight

SEEDS = st.integers(0, 10_000)
SHARES = st.floats(0.5, 0.97)


def random_samples(seed, n=600, n_segments=20):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n).astype(np.float32), rng.integers(0, n_segments, n).astype(np.int32)


def weights_of(affinity, segment, *, mix=1.0, low=0.0, high=1e3):
    def weight_at(temperature):
        importance = importance_of(affinity, segment, temperature=temperature, n_threads=1)
        return sample_weight(importance, mix=mix, low=low, high=high)

    return weight_at


def two_logits(difference):
    """Importance of one segment of two rows, by hand: the share is ``(1 + tanh(d / 2t)^2) ^ -1``."""

    def weight_at(temperature):
        first = 2 / (1 + np.exp(-difference / temperature))
        return np.array([first, 2 - first])

    return weight_at


@pytest.mark.parametrize("share", [0.55, 0.8, 0.99])
@pytest.mark.parametrize("difference", [0.1, 1.0, 7.0])
def test_two_rows_have_a_known_answer(share, difference):
    wanted = difference / (2 * np.arctanh(np.sqrt(1 / share - 1)))
    assert temperature_for(two_logits(difference), share) == pytest.approx(wanted, rel=2e-3)


@settings(max_examples=25, deadline=None)
@given(SEEDS, SHARES)
def test_it_meets_the_share(seed, share):
    weight_at = weights_of(*random_samples(seed))
    assert abs(effective_share(weight_at(temperature_for(weight_at, share))) - share) <= 2 * TOLERANCE


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.75, 0.97), st.floats(0.5, 1.0))
def test_it_meets_the_share_of_mixed_and_clipped_weights(seed, share, mix):
    weight_at = weights_of(*random_samples(seed), mix=mix, low=0.1, high=5.0)
    assert abs(effective_share(weight_at(temperature_for(weight_at, share))) - share) <= 2 * TOLERANCE


@settings(max_examples=25, deadline=None)
@given(SEEDS, SHARES, st.floats(0.005, 0.02))
def test_a_larger_share_needs_a_higher_temperature(seed, share, more):
    weight_at = weights_of(*random_samples(seed))
    assert temperature_for(weight_at, share) < temperature_for(weight_at, share + more)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(-2, 2), st.floats(0.02, 0.5))
def test_without_limits_the_share_rises_with_the_temperature(seed, power, step):
    weight_at = weights_of(*random_samples(seed))
    mild, sharp = (effective_share(weight_at(10.0**exponent)) for exponent in (power + step, power))
    assert mild >= sharp - 1e-6


@settings(max_examples=15, deadline=None)
@given(SEEDS, SHARES)
def test_the_order_of_the_rows_does_not_matter(seed, share):
    affinity, segment = random_samples(seed)
    order = np.random.default_rng(seed).permutation(len(affinity))
    ours = temperature_for(weights_of(affinity, segment), share)
    theirs = temperature_for(weights_of(affinity[order], segment[order]), share)
    assert theirs == pytest.approx(ours, rel=2e-3)


def test_segments_of_one_row_get_the_mildest():
    alone = weights_of(np.float32([3, 1, 2]), np.int32([0, 1, 2]))
    assert temperature_for(alone, 0.5) == MILDEST
    assert temperature_for(weights_of(*random_samples(0), mix=0.0), 0.5) == MILDEST
    assert temperature_for(weights_of(np.empty(0, np.float32), np.empty(0, np.int32)), 0.5) == MILDEST


def test_what_the_limits_keep_out_of_reach_gets_the_closest():
    weight_at = weights_of(*random_samples(1), low=0.8, high=1.2)
    shares = [effective_share(weight_at(temperature)) for temperature in np.geomspace(1e-3, 1e6, 200)]
    assert min(shares) > 0.9
    found = effective_share(weight_at(temperature_for(weight_at, 0.5)))
    assert found == pytest.approx(min(shares), abs=0.005)


def test_of_several_temperatures_the_mildest_is_taken():
    """Limits bend the curve: a hundred rows with one at the upper limit differ more than with two."""

    def weight_at(temperature):
        at_limit = 1 if temperature < 0.01 else 2 if temperature < 1 else 0
        return np.where(np.arange(100) < at_limit, 5.0, 0.1 if at_limit else 1.0)

    assert temperature_for(weight_at, 0.08) == pytest.approx(1, rel=1e-6)
