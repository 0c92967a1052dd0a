"""The share of accidents that rows tell of, and the chance of each to be none."""

import numpy as np
import pytest

from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.importance.taste import accident_share, log_likelihood, posterior
from tests.importance.scheme_signals import signals


def mixture(share, n=20_000, seed=0):
    """Log odds of rows that are accidents by the chance ``share``, and which are."""
    rng = np.random.default_rng(seed)
    accident = rng.random(n) < share
    seen = rng.normal(np.where(accident, -1.0, 1.0), 1.0)
    return (2 * seen).astype(np.float32), accident  # log of the ratio of the two densities


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_share_of_a_mixture_is_found(share):
    log_odds, _ = mixture(share)
    found = accident_share(log_odds)
    assert found == pytest.approx(share, abs=0.02)
    assert 0 <= found <= 1


def test_the_share_found_is_the_likeliest():
    log_odds, _ = mixture(0.3, n=500)
    found = accident_share(log_odds)
    at = [log_likelihood(log_odds, share) for share in np.linspace(0, 1, 201)]
    assert log_likelihood(log_odds, found) >= max(at)


@pytest.mark.parametrize("seed", [0, 1])
def test_bisection_finds_what_expectation_maximisation_does(seed):
    log_odds, _ = mixture(0.3, n=500, seed=seed)
    odds, share = np.exp(log_odds.astype(np.float64)), 0.5
    for _ in range(20_000):
        share = (share / ((1 - share) * odds + share)).mean()
    assert accident_share(log_odds) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("log_odds", "share"), [([], 0), ([3.0, 1.0], 0), ([-3.0, -1.0], 1), ([0.0], 0)])
def test_rows_of_one_kind_are_all_or_nothing(log_odds, share):
    assert accident_share(np.array(log_odds, np.float32)) == pytest.approx(share)


def test_importance_is_the_chance_that_a_row_is_no_accident():
    log_odds, accident = mixture(0.3)
    given = signals(n=len(log_odds))
    given = type(given)(given.affinity, given.segment, taste=posterior(log_odds, 0.3))
    found = SCHEMES["taste"](given, temperature=2.0, random_state=0, n_threads=1)
    chance = found / found.max()
    for low in (0.2, 0.5, 0.8):
        among = (chance > low - 0.1) & (chance < low + 0.1)
        assert (~accident[among]).mean() == pytest.approx(chance[among].mean(), abs=0.06)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("temperature", [1e-3, 1.0, 1e6])
def test_rows_of_one_kind_weigh_alike_whatever_their_odds(share, temperature):
    log_odds = posterior(np.array([-np.inf, -1e4, -3, 0, 3, 1e4, np.inf], np.float32), share)
    given = signals(n=7)
    given = type(given)(given.affinity, given.segment, taste=log_odds)
    found = SCHEMES["taste"](given, temperature=temperature, random_state=0, n_threads=1)
    np.testing.assert_array_equal(found, 1)


def test_odds_are_shifted_by_those_of_all_rows():
    assert posterior(np.array([1.5, -1.5], np.float32), 0.5) == pytest.approx([1.5, -1.5])
    assert posterior(np.array([0.0], np.float32), 0.2) == pytest.approx(np.log(4))
