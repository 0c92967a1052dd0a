"""Each scheme against its naive twin, and what its formula means."""

from dataclasses import replace

import numpy as np
import pytest

from samplew_gbm.importance.centred import residual_of
from samplew_gbm.importance.schemes import SCHEMES
from tests.importance.scheme_signals import signals
from tests.reference import schemes as naive

TWINS = (
    "uniform",
    "centred",
    "r_ce",
    "t_ce",
    "loss_rank",
    "purchase_given_click",
    "inverse_propensity",
    "external",
    "consensus",
    "ranker_score",
    "blend",
    "vectors",
    "taste",
)


def importance(name, given, temperature=2.0):
    return SCHEMES[name](given, temperature=temperature, random_state=0, n_threads=2)


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("temperature", [0.7, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_scheme_is_its_naive_twin(name, temperature, seed):
    given = signals(seed, n=150)
    expected = getattr(naive, name)(given, temperature)
    np.testing.assert_allclose(importance(name, given, temperature), expected, rtol=2e-5, atol=1e-6)


def test_every_scheme_but_attention_and_its_controls_has_a_twin():
    assert {*TWINS, "attention", "placebo", "wrong_sign"} == set(SCHEMES)  # theirs: test_attention_importance


@pytest.mark.parametrize("name", ["r_ce", "t_ce", "loss_rank"])
def test_importance_falls_with_the_loss(name):
    given = replace(signals(n=50), segment=np.zeros(50, np.int32), loss=np.arange(50, dtype=np.float32))
    assert (np.diff(importance(name, given)) <= 0).all()


def test_the_largest_losses_are_dropped_and_nothing_else():
    given = replace(signals(n=50), loss=np.arange(50, dtype=np.float32))
    found = importance("t_ce", given)
    assert np.flatnonzero(found == 0).tolist() == [45, 46, 47, 48, 49]
    np.testing.assert_allclose(found[:45], 50 / 45, rtol=1e-6)


def test_the_rank_of_a_loss_does_not_see_its_scale():
    given = signals(n=200)
    np.testing.assert_allclose(
        importance("loss_rank", given),
        importance("loss_rank", replace(given, loss=np.exp(given.loss / 4))),
        rtol=1e-5,
    )


def test_rare_items_are_lifted_up_to_a_limit():
    count = np.array([0, 1, 9, 99, 9999])
    given = replace(
        signals(n=5), segment=np.zeros(5, np.int32), popularity=np.log1p(count).astype(np.float32)
    )
    found = importance("inverse_propensity", given)
    np.testing.assert_allclose(found / found[-1], [10, 10, 10, 10, 1], rtol=1e-4)


def test_a_user_of_nothing_but_zeros_is_not_weighed_by_the_callers_column():
    given = replace(
        signals(n=5), segment=np.array([0, 0, 1, 1, 1], np.int32), value=np.array([0.0, 0, 0, 1, 5])
    )
    np.testing.assert_allclose(importance("external", given), [1, 1, 0, 0.5, 2.5], rtol=1e-6)


def test_consensus_is_of_the_whole_log():
    """A user whose samples all look worse has less importance in all."""
    given = signals(n=300, n_segments=2)
    worse = given.segment == 1
    found = importance("consensus", replace(given, cosine=given.cosine - worse * np.float32(0.9)))
    assert found[worse].mean() < 0.8 < 1.2 < found[~worse].mean()


def test_popularity_alone_makes_nobody_important():
    """An affinity that is a curve of the popularity, and nothing else, weighs all alike."""
    popularity = np.random.default_rng(0).gamma(2, size=400).astype(np.float32)
    given = signals(n=400)
    one = replace(given, segment=np.zeros(400, np.int32), popularity=popularity, affinity=popularity)
    assert np.ptp(importance("attention", one)) > 1
    residual = residual_of((popularity**2 - 3 * popularity).astype(np.float32), popularity)
    np.testing.assert_allclose(residual, 0, atol=1e-4)


def test_a_popularity_that_is_the_same_everywhere_explains_nothing():
    given = replace(signals(n=90), popularity=np.ones(90, np.float32))
    np.testing.assert_allclose(importance("centred", given), importance("attention", given), rtol=1e-4)
