"""The ranker and a blend as judges: of other users only, and able to find slips onto any item."""

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.importance.measured.blend import RIDGE, fit_logistic
from samplew_gbm.pipeline import row_weights
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.judging import blend_signal, ranker_scores
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings
from tests.pipeline.test_signals import samples
from tests.pipeline.tiny_logs import TINY, random_log


def test_a_logistic_regression_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(400, 3))
    taken = rng.random(400) < 1 / (1 + np.exp(-signals @ [1.0, -0.5, 0.0] - 0.3))
    twin = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=1000).fit(signals, taken)
    np.testing.assert_allclose(fit_logistic(signals, taken), [*twin.coef_[0], *twin.intercept_], atol=1e-5)


def test_signals_that_tell_everything_keep_the_coefficients_finite():
    taken = np.arange(40) < 20
    found = fit_logistic(np.where(taken, 1.0, -1.0)[:, None], taken)
    assert 1 < found[0] < 20


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_scores_are_finite_and_repeat_themselves_for_any_number_of_threads(order):
    log = random_log(order)
    parts = samples(log)
    one, two = (ranker_scores(log, parts, TINY, n_threads=n) for n in (1, 2))
    rows = np.concatenate([part.judged_rows for part in parts])
    assert len(one.judged) == len(one.chance) == len(one.half) == len(rows)
    np.testing.assert_array_equal(one.judged, two.judged)
    assert np.isfinite(blend_signal(log, parts, TINY, n_threads=1)).all()


def test_a_user_has_no_say_in_the_ranker_that_judges_his_rows():
    """Labels of one half's samples are dealt anew: no score of that half changes, those of the other do."""
    log = random_log(n_rows=600)
    parts = samples(log)
    before = ranker_scores(log, parts, TINY, n_threads=1)
    users = np.concatenate([log.user_index[part.judged_rows] for part in parts])
    side = np.zeros(log.n_users, int)
    side[users] = before.half
    moved = []
    for part in parts:
        features = part.features.copy()
        own = np.repeat(side[part.user_index] == 0, np.diff(part.indptr))
        features[own] = np.random.default_rng(1).permutation(features[own])
        moved.append(_with(part, features))
    after = ranker_scores(log, moved, TINY, n_threads=1)
    np.testing.assert_array_equal(before.judged[before.half == 0], after.judged[before.half == 0])
    assert (before.judged[before.half == 1] != after.judged[before.half == 1]).any()


def _with(part, features):
    return type(part)(**{name: getattr(part, name) for name in part.__slots__} | {"features": features})


def test_slips_onto_any_item_are_found_by_both():
    shop = simulate_shop(150, 300, 4500, noise=0.3, random_state=2, accidents="uniform")
    log = build_interactions(shop.log)
    settings = Settings(n_trees=20, n_queries=1500, n_candidates=30, n_negatives=20)
    parts = cross_fitted_samples(log, settings, event_times(log), n_threads=2, progress=Progress())
    rows = np.concatenate([part.judged_rows for part in parts])
    meant = ~shop.accidental[log.row[rows]]
    for name in ("ranker_score", "blend"):
        own = msgspec.structs.replace(settings, importance=name)
        importance = row_weights(log, parts, own, n_threads=2).importance[rows]
        assert roc_auc_score(meant, importance) > 0.7
