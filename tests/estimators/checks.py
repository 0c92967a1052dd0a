"""What every ranker of feature matrices must hold, whatever its parameters: ``check_ranker_*(estimator)``.

Each takes an unfitted estimator and asserts; ``RANKER_CHECKS`` are all of them.
"""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from tests.estimators.matrices import search


def fitted(estimator, rows, **given):
    return clone(estimator).fit(rows.X, rows.y, **{**rows.ids, **given})


def check_ranker_row_order_does_not_matter(estimator):
    rows = search()
    order = np.random.default_rng(1).permutation(len(rows.y))
    first, second = fitted(estimator, rows), fitted(estimator, rows.take(order))
    assert first.ranker_.text == second.ranker_.text
    np.testing.assert_array_equal(first.sample_weight_[order], second.sample_weight_)
    np.testing.assert_array_equal(first.importance_[order], second.importance_)


def check_ranker_query_ids_of_any_type(estimator):
    rows = search(n_queries=30)
    names = np.array([f"q{number:05d}" for number in rows.query_id])
    wide = rows.query_id.astype(object) + 2**70
    texts = {
        fitted(estimator, rows, query_id=ids).ranker_.text
        for ids in (rows.query_id, names, names.tolist(), wide, rows.query_id.astype(np.float32))
    }
    assert len(texts) == 1


def check_ranker_threads_do_not_matter(estimator):
    rows = search()
    texts = {fitted(clone(estimator).set_params(n_threads=n), rows).ranker_.text for n in (1, 2)}
    assert len(texts) == 1


def check_ranker_importance_has_mean_one_within_user_and_grade(estimator):
    rows = search()
    found = fitted(clone(estimator).set_params(gate=False), rows)
    assert found.importance_.shape == found.sample_weight_.shape == rows.y.shape
    assert found.importance_.mean() == pytest.approx(1, abs=1e-6)
    assert found.sample_weight_.mean() == pytest.approx(1, abs=1e-6)
    assert (found.importance_[rows.y == 0] == 1).all()
    judged = found.importance_ != 1
    for grade in (1, 2):
        mine = judged & (rows.y == grade) & (rows.user_id == rows.user_id[judged][0])
        assert found.importance_[mine].mean() == pytest.approx(1, abs=1e-5)


def check_ranker_refused_weights_leave_the_twin(estimator):
    """Few queries cannot tell, so the weights stay out: what is left is the twin to the last byte."""
    rows = search(n_queries=30)
    refused = fitted(clone(estimator).set_params(gate=True), rows)
    twin = fitted(clone(estimator).set_params(importance="none"), rows)
    assert not refused.verdict_.kept
    assert twin.verdict_ is None
    assert refused.ranker_.text == twin.ranker_.text
    assert (refused.sample_weight_ == 1).all()
    assert (refused.importance_ == 1).all()


def check_ranker_weights_change_the_trees(estimator):
    rows = search()
    weighted = fitted(clone(estimator).set_params(gate=False), rows)
    twin = fitted(clone(estimator).set_params(importance="none"), rows)
    even = fitted(clone(estimator).set_params(importance="uniform", gate=False), rows)
    assert weighted.sample_weight_.std() > 0.01
    assert weighted.ranker_.text != twin.ranker_.text
    np.testing.assert_array_equal(even.predict(rows.X), twin.predict(rows.X))


def check_ranker_own_weights_multiply(estimator):
    rows = search()
    own = np.random.default_rng(2).uniform(0.5, 2, len(rows.y))
    open_gate = clone(estimator).set_params(gate=False)
    ours = fitted(open_gate, rows).sample_weight_
    both = fitted(open_gate, rows, sample_weight=own).sample_weight_
    np.testing.assert_allclose(both, ours * own / own.mean(), rtol=1e-6)
    twin = fitted(clone(estimator).set_params(importance="none"), rows, sample_weight=own)
    np.testing.assert_allclose(twin.sample_weight_, own / own.mean(), rtol=1e-12)


def check_ranker_no_row_judges_itself(estimator):
    """Labels of a query change nothing about the affinity of its own rows, only which rows are weighed.

    The row of a user with other queries keeps its order among the user's rows that did not change.
    """
    rows = search()
    open_gate = clone(estimator).set_params(gate=False)
    asked = rows.query_id == 7
    changed = rows.y.copy()
    changed[asked] = np.where(rows.y[asked] > 0, 3 - rows.y[asked], 0)  # grades 1 and 2 change places
    before = fitted(open_gate, rows).importance_
    after = open_gate.fit(rows.X, changed, **rows.ids).importance_
    for grade in (1, 2):
        mine = asked & (rows.y == grade)
        # What is in one segment stays in one segment, and in the same order.
        assert (np.argsort(before[mine]) == np.argsort(after[mine])).all()


def check_ranker_clicks_further_down_count_more(estimator):
    rows = search()
    place = np.tile(np.arange(1, 11), len(rows.y) // 10)
    even = clone(estimator).set_params(importance="uniform", gate=False)
    assert (fitted(even, rows, position=place).sample_weight_ == 1).all()  # only where it is asked for
    found = fitted(even.set_params(position_power=0.5), rows, position=place).sample_weight_
    taken = rows.y > 0
    np.testing.assert_allclose(found[taken], np.sqrt(place[taken]) / np.sqrt(place[taken]).mean())
    assert (found[~taken] == 1).all()


def check_ranker_learns(estimator):
    rows, test = search(), search(seed=1)
    found = fitted(estimator, rows)
    chance = found.score(np.zeros_like(test.X), test.y, query_id=test.query_id)
    assert found.score(test.X, test.y, query_id=test.query_id) > chance + 0.15


def check_ranker_pickles(estimator):
    rows = search(n_queries=30)
    found = fitted(estimator, rows)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(found.predict(rows.X), again.predict(rows.X))
    assert again.verdict_ == found.verdict_


RANKER_CHECKS = [value for name, value in dict(globals()).items() if name.startswith("check_ranker_")]
