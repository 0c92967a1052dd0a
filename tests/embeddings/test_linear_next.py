"""The linear model of what comes next against a walk of every history in double precision."""

import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.embeddings import linear_next as module
from tests.pipeline.tiny_logs import checkerboard, encoded, log_table, random_log
from tests.reference import covisit
from tests.reference.linear import linear_next

ORDERED = [Order.CLOCK, Order.FILE]


def dense(table):
    return covisit.dense(table.indptr, table.indices, table.data, table.n_items)


def learned(log):
    return dense(module.learn_linear_next(log, n_threads=1))


@pytest.fixture
def strengths(monkeypatch):
    """The strengths that the model was solved with: its own rule, which tuning may change."""
    seen, solve = [], module._solve

    def recording(equations, strength):
        seen.append(strength)
        return solve(equations, strength)

    monkeypatch.setattr(module, "_solve", recording)
    return seen


@pytest.mark.parametrize("order", ORDERED)
@pytest.mark.parametrize(("past", "future"), [(0.3, 0.7), (0.1, 0.5)])
def test_weights_equal_the_walk(order, past, future, strengths, monkeypatch):
    monkeypatch.setattr(module, "PAST", past)
    monkeypatch.setattr(module, "FUTURE", future)
    log = encoded(checkerboard(), order, n_users=40, n_items=30)
    assert np.bincount(log.item_index).min() >= 3
    weights = learned(log)
    histories = np.split(log.item_index, log.indptr[1:-1])
    expected = linear_next(histories, log.n_items, past=past, future=future, strength=strengths[0])
    assert strengths[0] > 0
    np.testing.assert_allclose(weights, expected, atol=2e-6)


def test_it_points_forwards():
    users = np.repeat(np.arange(8), 2)
    log = encoded(log_table(users.tolist(), [3, 8] * 8, np.tile([0, 1], 8) + users / 10))
    weights = learned(log)
    assert weights[3, 8] > 0
    assert weights[8, 3] <= 0


def test_the_threads_change_nothing():
    log = random_log()
    one, four = (module.learn_linear_next(log, n_threads=n) for n in (1, 4))
    np.testing.assert_array_equal(one.indices, four.indices)
    np.testing.assert_array_equal(one.data, four.data)


def test_taking_an_item_again_is_no_pair():
    log = encoded(log_table([0, 0, 1, 1, 2, 2], [5] * 6, range(6)))
    assert not learned(log).any()


def test_rare_items_have_no_weight_and_are_in_no_row():
    log = encoded(log_table([0, 1, 2, 3, 0, 1, 2, 3], [4, 4, 4, 4, 9, 9, 9, 1], range(8)))
    weights = learned(log)
    assert weights[4, 9] > 0
    weights[4, 9] = weights[9, 4] = 0
    assert not weights.any()


def test_a_log_of_rare_items_only_has_an_empty_table():
    table = module.learn_linear_next(encoded(log_table([0, 1], [4, 9], [0, 1])), n_threads=1)
    assert table.n_items == 25
    assert len(table.indices) == 0


def test_a_set_has_no_next():
    assert module.learn_linear_next(random_log(Order.NONE), n_threads=1) is None
