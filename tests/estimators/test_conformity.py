"""scikit-learn's own checks, and ours, on both estimators. Nothing is expected to fail but what is named."""

import lightgbm as lgb
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from samplew_gbm import AttentionImportance
from tests.estimators.checks import RANKER_CHECKS
from tests.estimators.matrices import ranker

EXPECTED: dict[str, dict[str, str]] = {"ImportanceRanker": {}, "AttentionImportance": {}}
"""Of each class the checks that must fail, and why."""


def expected(estimator):
    return EXPECTED[type(estimator).__name__]


@parametrize_with_checks([ranker(), AttentionImportance(n_threads=1)], expected_failed_checks=expected)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def own():
    return lgb.LGBMRanker(
        n_estimators=15, min_child_samples=5, deterministic=True, force_row_wise=True, verbosity=-1
    )


RANKERS = {"ours": ranker(), "pairs": ranker(weighting="pair"), "swapped": ranker(estimator=own())}


@pytest.mark.parametrize("check", RANKER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", RANKERS)
def test_our_checks(name, check):
    check(clone(RANKERS[name]))
