"""The NDCG that stops training, of grades and of binary labels, against a list sorted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.ranking import binary_ndcg, graded_ndcg, mean_of_known
from tests.reference import metrics as naive

SCORE = st.sampled_from([-1.0, 0.0, 0.25, 2.0])
GRADED, BINARY = (
    st.lists(st.lists(st.tuples(SCORE, st.integers(0, most)), max_size=7), max_size=5) for most in (3, 1)
)


def of(queries, k, ndcg):
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in queries])]).astype(np.int64)
    rows = [row for rows in queries for row in rows]
    scores = np.array([score for score, _ in rows], np.float64)
    return ndcg(scores, np.array([label for _, label in rows], np.int32), indptr, k)


def by_hand(rows, k):
    """Ties put the lower label first."""
    labels = [label for _, label in sorted(rows, key=lambda row: (-row[0], row[1]))]
    return naive.ndcg(labels, [label for label in labels if label], k) if any(labels) else np.nan


@pytest.mark.parametrize(("ndcg", "lists"), [(graded_ndcg, GRADED), (binary_ndcg, BINARY)])
def test_it_equals_the_list_sorted_by_hand(ndcg, lists):
    @settings(max_examples=100, deadline=None)
    @given(lists, st.integers(1, 8))
    def check(queries, k):
        np.testing.assert_allclose(of(queries, k, ndcg), [by_hand(rows, k) for rows in queries], rtol=1e-12)

    check()


@settings(max_examples=50, deadline=None)
@given(BINARY, st.integers(1, 8))
def test_of_binary_labels_it_is_the_binary_one(queries, k):
    np.testing.assert_allclose(of(queries, k, graded_ndcg), of(queries, k, binary_ndcg), rtol=1e-12)


def test_a_constant_score_earns_nothing_by_the_order_of_rows():
    positive_first = [(0.0, 1), *[(0.0, 0)] * 9]
    assert of([positive_first], 5, binary_ndcg) == of([positive_first[::-1]], 5, binary_ndcg) == 0.0


def test_the_mean_is_that_of_the_queries_with_a_positive():
    assert mean_of_known(np.array([np.nan, 1.0, 0.25, np.nan])) == 0.625
    assert np.isnan(mean_of_known(np.array([np.nan])))
    assert np.isnan(mean_of_known(np.empty(0)))
