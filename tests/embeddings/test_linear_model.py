"""The linear item model against a dense inverse in double precision."""

import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.embeddings import linear, present
from tests.pipeline.tiny_logs import encoded, log_table, random_log
from tests.reference import covisit
from tests.reference.linear import ease


def presence(log):
    matrix = np.zeros((log.n_users, log.n_items))
    matrix[log.user_index, log.item_index] = 1
    return matrix


@pytest.fixture
def strengths(monkeypatch):
    """The strengths that the model was solved with: its own rule, which tuning may change."""
    seen, solve = [], linear._solve

    def recording(matrix, strength):
        seen.append(strength)
        return solve(matrix, strength)

    monkeypatch.setattr(linear, "_solve", recording)
    monkeypatch.setattr(present, "LEAST_EVENTS", 3)
    return seen


def expected_weights(log, strength):
    """Of the items with at least 3 events."""
    present = np.flatnonzero(np.bincount(log.item_index, minlength=log.n_items) >= 3)
    weights = np.zeros((log.n_items, log.n_items))
    weights[np.ix_(present, present)] = ease(presence(log)[:, present], strength)
    return weights


def dense(table):
    return covisit.dense(table.indptr, table.indices, table.data, table.n_items)


@pytest.mark.parametrize("order", list(Order))
def test_weights_equal_the_dense_inverse(order, strengths):
    log = random_log(order)
    weights = dense(linear.learn_linear(log))
    assert strengths[0] > 0
    np.testing.assert_allclose(weights, expected_weights(log, strengths[0]), atol=1e-5)
    assert not np.diag(weights).any()


def test_rows_are_cut_to_the_largest_in_size(monkeypatch):
    log = random_log(n_items=40)
    whole = linear.learn_linear(log)
    monkeypatch.setattr(present, "STORED", 0)
    monkeypatch.setattr(present, "LEAST_ROW", 5)
    cut, whole = dense(linear.learn_linear(log)), dense(whole)
    for kept, row in zip(cut, whole, strict=True):
        assert np.count_nonzero(kept) <= 5
        assert set(kept[kept != 0]) <= set(row)
        np.testing.assert_allclose(np.sort(np.abs(kept))[-5:], np.sort(np.abs(row))[-5:])


def test_rare_items_have_no_weight_and_are_in_no_row(strengths):
    log = encoded(log_table([0, 1, 2, 3, 0, 1, 2, 3], [4, 4, 4, 4, 9, 9, 9, 1], range(8)))
    table = linear.learn_linear(log)
    rows = np.flatnonzero(np.diff(table.indptr))
    assert rows.tolist() == [4, 9]
    assert set(table.indices.tolist()) <= {4, 9}
    assert table.indptr[-1] == len(table.indices) == len(table.data)


def test_a_log_of_rare_items_only_has_an_empty_table():
    log = encoded(log_table([0, 1], [4, 9], [0, 1]))
    table = linear.learn_linear(log)
    assert table.indptr.tolist() == [0] * (log.n_items + 1)
    assert len(table.indices) == 0


def test_taking_an_item_twice_counts_once(strengths):
    rows = [(user, item) for user in range(6) for item in (user % 3, 3 + user % 2)]
    users, items = zip(*rows, strict=True)
    log = encoded(log_table(users * 2, items * 2, range(2 * len(rows))))
    assert presence(log).sum() == len(rows)
    weights = dense(linear.learn_linear(log))
    assert weights.any()
    np.testing.assert_allclose(weights, expected_weights(log, strengths[0]), atol=1e-6)
