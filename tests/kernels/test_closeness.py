"""Mean closeness of judged items to histories, against sets and loops."""

from itertools import pairwise

import numpy as np
import pytest

from samplew_gbm.kernels.closeness import mean_closeness
from tests.reference.schemes import closeness as naive

N_ITEMS = 7


def packed(lists):
    indptr = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return indptr, np.array([item for one in lists for item in one], np.int32)


def found(users, histories, judged, parts=1):
    """``judged`` are pairs of an item and a history, by item; ``parts`` ranges of items one by one."""
    takers = [[user for user, own in enumerate(users) if item in own] for item in range(N_ITEMS)]
    counts = np.maximum([len(own) for own in takers], 1).astype(np.float64)
    ends = np.bincount([item for item, _ in judged], minlength=N_ITEMS)
    indptr = np.concatenate([[0], np.cumsum(ends)])
    out = np.full(len(judged), np.nan, np.float32)
    edges = np.linspace(0, N_ITEMS, parts + 1).astype(int)
    which = np.array([history for _, history in judged], np.int64)
    arrays = (*packed(takers), *packed(users), *packed(histories), indptr, which, counts**-0.3, counts**-0.5)
    for first, last in pairwise(edges):
        mean_closeness(*arrays, first, last, out)
    return out


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_naive_twin_for_any_ranges(seed):
    rng = np.random.default_rng(seed)
    users = [sorted(rng.choice(N_ITEMS, rng.integers(0, N_ITEMS), replace=False)) for _ in range(9)]
    histories = [rng.integers(0, N_ITEMS, rng.integers(0, 7)).tolist() for _ in range(6)]  # with repeats
    judged = sorted((int(rng.integers(N_ITEMS)), int(rng.integers(6))) for _ in range(20))
    expected = [naive([set(own) for own in users], histories[history], item) for item, history in judged]
    whole = found(users, histories, judged)
    np.testing.assert_allclose(whole, expected, rtol=1e-6)
    np.testing.assert_array_equal(found(users, histories, judged, parts=3), whole)


def test_nothing_of_one_item_is_left_for_the_next():
    users = [[0, 1, 2]] * 5
    np.testing.assert_array_equal(found(users, [[2, 3], [0, 1]], [(0, 1), (4, 0), (5, 1)])[1:], [0, 0])


def test_an_item_is_not_close_to_itself_and_an_empty_history_says_nothing():
    np.testing.assert_array_equal(found([[0, 1], [0, 1]], [[0], []], [(0, 0), (0, 1), (1, 1)]), [0, 0, 0])
