"""The NDCG that stops training, of grades and of binary labels, against a list sorted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.ranking import binary_ndcg, graded_ndcg
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
    return naive.ndcg(labels, [label for label in labels if label], k)


@pytest.mark.parametrize(("ndcg", "lists"), [(graded_ndcg, GRADED), (binary_ndcg, BINARY)])
def test_it_equals_the_list_sorted_by_hand(ndcg, lists):
    @settings(max_examples=100, deadline=None)
    @given(lists, st.integers(1, 8))
    def check(queries, k):
        judged = [by_hand(rows, k) for rows in queries if any(label for _, label in rows)]
        expected = np.mean(judged) if judged else np.nan
        assert of(queries, k, ndcg) == pytest.approx(expected, rel=1e-12, nan_ok=True)

    check()


@settings(max_examples=50, deadline=None)
@given(BINARY, st.integers(1, 8))
def test_of_binary_labels_it_is_the_binary_one(queries, k):
    assert of(queries, k, graded_ndcg) == pytest.approx(of(queries, k, binary_ndcg), rel=1e-12, nan_ok=True)


def test_a_constant_score_earns_nothing_by_the_order_of_rows():
    positive_first = [(0.0, 1), *[(0.0, 0)] * 9]
    assert of([positive_first], 5, binary_ndcg) == of([positive_first[::-1]], 5, binary_ndcg) == 0.0
