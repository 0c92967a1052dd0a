"""The graded NDCG that stops training, against a list sorted by hand and the binary one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.ranking import binary_ndcg, graded_ndcg
from tests.reference import metrics as naive

SCORE = st.sampled_from([-1.0, 0.0, 0.25, 2.0])
QUERIES = st.lists(st.lists(st.tuples(SCORE, st.integers(0, 3)), max_size=7), max_size=5)
BINARY = st.lists(st.lists(st.tuples(SCORE, st.integers(0, 1)), max_size=7), max_size=5)


def of(queries, k, ndcg=graded_ndcg):
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in queries])]).astype(np.int64)
    rows = [row for rows in queries for row in rows]
    scores = np.array([score for score, _ in rows], np.float64)
    return ndcg(scores, np.array([label for _, label in rows], np.int32), indptr, k)


def by_hand(rows, k):
    """Ties put the lower label first."""
    labels = [label for _, label in sorted(rows, key=lambda row: (-row[0], row[1]))]
    return naive.ndcg(labels, [label for label in labels if label], k)


@settings(max_examples=100, deadline=None)
@given(QUERIES, st.integers(1, 8))
def test_it_equals_the_list_sorted_by_hand(queries, k):
    judged = [by_hand(rows, k) for rows in queries if any(label for _, label in rows)]
    expected = np.mean(judged) if judged else np.nan
    assert of(queries, k) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(BINARY, st.integers(1, 8))
def test_of_binary_labels_it_is_the_binary_one(queries, k):
    assert of(queries, k) == pytest.approx(of(queries, k, binary_ndcg), rel=1e-12, nan_ok=True)
