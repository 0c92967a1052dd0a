"""Every registered scheme keeps the contract; the controls are what they say."""

import numpy as np
import pytest

from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.settings import CONTROLS, IMPORTANCE_SCHEMES

EACH = pytest.mark.parametrize("name", SCHEMES)


def signals(seed=0, n=400):
    rng = np.random.default_rng(seed)
    return SampleSignals(rng.normal(size=n).astype(np.float32), rng.integers(0, 25, n).astype(np.int32))


def importance(name, given, random_state=0, n_threads=1):
    return SCHEMES[name](given, temperature=1.5, random_state=random_state, n_threads=n_threads)


def test_the_registry_is_what_the_settings_offer():
    assert {*SCHEMES, "none"} == set(IMPORTANCE_SCHEMES)
    assert set(CONTROLS) < set(SCHEMES)


@EACH
def test_the_mean_of_every_segment_is_one(name):
    given = signals()
    found = importance(name, given)
    assert found.dtype == np.float32
    assert (found >= 0).all()
    for segment in range(25):
        assert found[given.segment == segment].mean() == pytest.approx(1, abs=1e-5)


@EACH
def test_it_repeats_itself_for_any_number_of_threads_and_changes_nothing(name):
    given = signals(n=3000)
    affinity = given.affinity.copy()
    np.testing.assert_array_equal(importance(name, given), importance(name, given, n_threads=3))
    np.testing.assert_array_equal(given.affinity, affinity)


@EACH
def test_no_samples_have_no_importance(name):
    assert importance(name, SampleSignals(np.empty(0, np.float32), np.empty(0, np.int32))).shape == (0,)


def test_placebo_deals_out_attention_within_each_segment_and_blindly():
    given = signals()
    true, dealt = importance("attention", given), importance("placebo", given)
    for segment in range(25):
        own = given.segment == segment
        np.testing.assert_array_equal(np.sort(true[own]), np.sort(dealt[own]))
    assert abs(np.corrcoef(dealt, given.affinity)[0, 1]) < 0.15
    assert np.corrcoef(true, given.affinity)[0, 1] > 0.5
    assert not np.array_equal(dealt, importance("placebo", given, random_state=1))


def test_the_wrong_sign_turns_the_order_of_each_segment():
    given = signals()
    true, turned = importance("attention", given), importance("wrong_sign", given)
    for segment in range(25):
        own = np.flatnonzero(given.segment == segment)
        np.testing.assert_array_equal(np.argsort(true[own]), np.argsort(turned[own])[::-1])
