"""Scores and pooling by tokens against their naive twins."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from samplew_gbm.kernels.scoring import LEAST_WEIGHT
from samplew_gbm.kernels.tokens import pool_by_tokens, score_by_tokens
from tests.reference import tokens as naive

N_ITEMS, N_TOKENS = 6, 5
WEIGHTS = st.sampled_from([0.1, 0.25, 0.5, 1.0])
ITEMS = st.lists(
    st.dictionaries(st.integers(0, N_TOKENS - 1), WEIGHTS, max_size=4), min_size=N_ITEMS, max_size=N_ITEMS
)
LISTS = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=8), max_size=5)


def rows_of(items):
    """Compressed rows whose tokens rise."""
    indptr = np.concatenate([[0], np.cumsum([len(item) for item in items])]).astype(np.int64)
    pairs = [pair for item in items for pair in sorted(item.items())]
    return indptr, np.array([t for t, _ in pairs], np.int32), np.array([w for _, w in pairs], np.float32)


def compressed(lists):
    indptr = np.concatenate([[0], np.cumsum([len(own) for own in lists])]).astype(np.int64)
    return indptr, np.array(list(itertools.chain(*lists)), np.int32)


def scored(histories, items, decay):
    rows = rows_of(items)
    out = np.full((len(histories), len(items)), np.nan, np.float32)
    columns = native.csr_transpose(*rows, N_TOKENS)
    score_by_tokens(*compressed(histories), np.float32(decay), *rows, *columns, out)
    return out


@settings(max_examples=80, deadline=None)
@given(LISTS, ITEMS, st.sampled_from([0.0, 0.01, 0.5, 1.0]))
def test_scores_equal_the_naive_twin(histories, items, decay):
    expected = [naive.by_tokens(history, items, decay, LEAST_WEIGHT) for history in histories]
    expected = np.reshape(expected, (len(histories), N_ITEMS))
    np.testing.assert_allclose(scored(histories, items, decay), expected, rtol=1e-5, atol=1e-6)


def test_what_one_query_leaves_behind_does_not_reach_the_next():
    items = [{0: 1.0}, {0: 1.0}, {1: 1.0}, {}, {}, {}]
    found = scored([[0, 2], [2], []], items, 0.5)
    np.testing.assert_array_equal(found[:, :3], [[0.5, 0.5, 1], [0, 0, 1], [0, 0, 0]])


@settings(max_examples=80, deadline=None)
@given(LISTS, ITEMS, st.integers(1, 4), st.data())
def test_pooling_equals_the_naive_twin(histories, items, max_history, data):
    one = st.lists(st.integers(0, N_ITEMS - 1), max_size=4)
    candidates = data.draw(st.lists(one, min_size=len(histories), max_size=len(histories)))
    asked = compressed(candidates)
    out = np.full((len(asked[1]), 3), np.nan, np.float32)
    pool_by_tokens(*compressed(histories), *asked, *rows_of(items), max_history, out)
    expected = [
        naive.pooled(candidate, history, items, max_history)
        for history, own in zip(histories, candidates, strict=True)
        for candidate in own
    ]
    np.testing.assert_allclose(out, np.reshape(expected, (len(out), 3)), rtol=1e-5, atol=1e-6)
