"""Every registered scheme keeps the contract; the controls are what they say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import SettingsError
from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.settings import CONTROLS, IMPORTANCE_SCHEMES
from tests.importance.scheme_signals import extreme, flat, permuted, signals

EACH = pytest.mark.parametrize("name", SCHEMES)
PER_SEGMENT = pytest.mark.parametrize("name", [name for name, it in SCHEMES.items() if not it.whole_log])
PER_LOG = pytest.mark.parametrize("name", [name for name, it in SCHEMES.items() if it.whole_log])


def importance(name, given, random_state=0, n_threads=1, temperature=1.5):
    return SCHEMES[name](given, temperature=temperature, random_state=random_state, n_threads=n_threads)


def test_the_registry_is_what_the_settings_offer():
    assert {*SCHEMES, "none"} == set(IMPORTANCE_SCHEMES)
    assert set(CONTROLS) < set(SCHEMES)
    assert all(name == scheme.name for name, scheme in SCHEMES.items())


def test_every_requirement_is_a_signal():
    for scheme in SCHEMES.values():
        assert {*scheme.requires} < set(SampleSignals.__dataclass_fields__)


@PER_SEGMENT
def test_the_mean_of_every_segment_is_one(name):
    given = signals()
    found = importance(name, given)
    assert found.dtype == np.float32
    assert (found >= 0).all()
    for segment in range(25):
        assert found[given.segment == segment].mean() == pytest.approx(1, abs=1e-5)


@PER_LOG
def test_the_mean_over_the_log_is_one(name):
    found = importance(name, signals())
    assert found.dtype == np.float32
    assert (found >= 0).all()
    assert found.mean() == pytest.approx(1, abs=1e-5)
    assert np.ptp(found) > 0.1


@EACH
def test_one_sample_has_importance_one(name):
    np.testing.assert_array_equal(importance(name, signals(n=1)), [1])


@PER_SEGMENT
def test_a_segment_of_one_has_importance_one(name):
    given = signals()
    alone = given.segment.copy()
    alone[[3, 77]] = 100, 101
    np.testing.assert_allclose(importance(name, replace(given, segment=alone))[[3, 77]], 1, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "placebo"])  # chance follows the place
@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_rows_does_not_matter(name, seed):
    given = signals(seed, n=60)
    at = np.random.default_rng(seed).permutation(60)
    moved = permuted(given, at)
    np.testing.assert_allclose(importance(name, moved), importance(name, given)[at], rtol=2e-5, atol=1e-6)


@EACH
@pytest.mark.parametrize("temperature", [1e-3, 2.0, 1e6])
def test_importance_is_finite_also_where_signals_are_extreme_or_all_the_same(name, temperature):
    for case in (extreme(), flat()):
        found = importance(name, case, temperature=temperature)
        assert np.isfinite(found).all()
        assert found.mean() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(found, 1, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name, scheme in SCHEMES.items() if scheme.requires])
def test_a_missing_signal_is_an_error_that_names_scheme_and_signal(name):
    given = signals()
    for signal in SCHEMES[name].requires:
        with pytest.raises(SettingsError, match=f"importance '{name}' needs .* missing: {signal}"):
            importance(name, replace(given, **{signal: None}))


@EACH
def test_it_repeats_itself_for_any_number_of_threads_and_changes_nothing(name):
    given = signals(n=3000)
    affinity = given.affinity.copy()
    np.testing.assert_array_equal(importance(name, given), importance(name, given, n_threads=3))
    np.testing.assert_array_equal(given.affinity, affinity)


@EACH
def test_no_samples_have_no_importance(name):
    assert importance(name, signals(n=0)).shape == (0,)


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
