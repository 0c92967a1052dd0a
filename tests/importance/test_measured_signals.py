"""Signals measured from rows: loss, closeness, popularity, mainstream takers, purchase rates."""

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.importance.measured.closeness import closeness
from samplew_gbm.importance.measured.items import log_counts, mainstream_takers
from samplew_gbm.importance.measured.loss import cross_entropy
from samplew_gbm.importance.measured.purchase_rate import PRIOR, purchase_rates
from tests.reference import schemes as naive

N_USERS, N_ITEMS = 12, 9


def lists(parts):
    items = np.array([item for part in parts for item in part], np.int32)
    return Lists.from_sizes(np.array([len(part) for part in parts], np.int64), items)


def log_of(users, items, event=None):
    order = np.argsort(users, kind="stable")
    return Interactions(
        users=Vocabulary(pa.array(range(N_USERS))),
        items=Vocabulary(pa.array(range(N_ITEMS))),
        user_index=np.asarray(users, np.int32)[order],
        item_index=np.asarray(items, np.int32)[order],
        timestamp=None,
        order=Order.NONE,
        row=order,
        event=None if event is None else pa.array(event, pa.string()).take(pa.array(order)),
    )


def random_log(seed, n=60):
    rng = np.random.default_rng(seed)
    return log_of(rng.integers(0, N_USERS - 1, n), rng.integers(0, N_ITEMS - 1, n))


def sets_of(log):
    return [set(log.item_index[log.user_index == user].tolist()) for user in range(N_USERS)]


@pytest.mark.parametrize("seed", range(4))
def test_closeness_is_its_naive_twin_also_of_repeats_and_for_any_number_of_threads(seed):
    rng = np.random.default_rng(seed)
    log = random_log(seed)
    histories = [rng.integers(0, N_ITEMS, rng.integers(0, 7)).tolist() for _ in range(10)]
    taken = [rng.integers(0, N_ITEMS, rng.integers(0, 4)).tolist() for _ in range(10)]
    found = closeness(log, lists(histories), lists(taken), n_threads=1)
    expected = [
        naive.closeness(sets_of(log), history, item)
        for history, own in zip(histories, taken, strict=True)
        for item in own
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, closeness(log, lists(histories), lists(taken), n_threads=3))


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_its_naive_twin_whether_the_item_was_nominated_or_not(seed):
    rng = np.random.default_rng(seed)
    candidates = [sorted(rng.choice(N_ITEMS, rng.integers(1, N_ITEMS), replace=False)) for _ in range(8)]
    affinity = [rng.normal(3, 2, N_ITEMS).astype(np.float32) for _ in candidates]
    taken = [rng.choice(N_ITEMS, rng.integers(0, 3), replace=False).tolist() for _ in candidates]
    found = cross_entropy(
        lists(candidates),
        np.concatenate([own[part] for own, part in zip(affinity, candidates, strict=True)]),
        lists(taken),
        np.array([own[item] for own, part in zip(affinity, taken, strict=True) for item in part], np.float32),
    )
    expected = [
        naive.cross_entropy({item: own[item] for item in part}, (item, own[item]))
        for own, part, items in zip(affinity, candidates, taken, strict=True)
        for item in items
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert (found >= 0).all()


def test_the_loss_of_candidates_that_are_all_alike_is_the_log_of_their_number():
    one, none = np.full(4, 2.5, np.float32), np.empty(0, np.float32)
    np.testing.assert_allclose(
        cross_entropy(lists([[0, 1, 2, 3]]), one, lists([[2, 7]]), np.float32([2.5, 9])), np.log([4, 5])
    )
    np.testing.assert_array_equal(cross_entropy(lists([[]]), none, lists([[2]]), np.float32([3])), [0])


def test_how_often_and_by_whom_items_are_taken():
    log = log_of([0, 0, 0, 1, 1, 2], [0, 0, 1, 0, 2, 3])
    np.testing.assert_allclose(log_counts(log)[:5], np.log1p([3, 1, 1, 1, 0]), rtol=1e-6)
    taste = np.array([np.log([3, 2]).mean(), np.log([3, 2]).mean(), np.log(2)])
    average = taste.mean()
    expected = [
        (taste[0] + taste[1] + 5 * average) / 7,
        (taste[0] + 5 * average) / 6,
        (taste[1] + 5 * average) / 6,
        (taste[2] + 5 * average) / 6,
        average,
    ]
    np.testing.assert_allclose(mainstream_takers(log)[:5], expected, rtol=1e-6)


def test_the_rate_counts_a_user_once_and_is_shrunk_to_the_average():
    users = [0, 0, 0, 1, 2, 2, 3]
    events = ["view", " Purchase", "view", "view", "cart", None, "view"]
    rates = purchase_rates(log_of(users, [0, 0, 0, 0, 0, 1, 1], events))
    average = (1 + 1) / (5 + 2)
    expected = [(1 + PRIOR * average) / (3 + PRIOR), PRIOR * average / (2 + PRIOR), average]
    np.testing.assert_allclose(rates[:3], expected, rtol=1e-6)


def test_rows_without_a_purchase_or_without_anything_else_give_rates_between_0_and_1():
    for event in ("view", "purchase"):
        rates = purchase_rates(log_of([0, 1, 2], [0, 0, 1], [event] * 3))
        assert ((rates > 0) & (rates < 1)).all()


def test_no_rows_say_nothing():
    nothing = log_of([], [], [])
    assert log_counts(nothing).tolist() == [0] * N_ITEMS
    assert mainstream_takers(nothing).tolist() == [0] * N_ITEMS
    assert purchase_rates(nothing).tolist() == [0.5] * N_ITEMS
    assert closeness(nothing, lists([[0, 1]]), lists([[2]]), n_threads=1).tolist() == [0]
