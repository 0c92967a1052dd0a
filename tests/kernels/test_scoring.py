"""Scores of the whole catalogue against their naive twins."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.scoring import (
    LEAST_WEIGHT,
    LONG_HISTORY,
    lagged_mean,
    score_by_embeddings,
    score_by_table,
    softmax_rows,
)
from tests.reference import scoring as naive

N_ITEMS = 6
HISTORIES = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=9), max_size=5)


def compressed(histories):
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in histories])]).astype(np.int64)
    return indptr, np.array(list(itertools.chain(*histories)), np.int32)


def random_table(seed, density=0.6):
    """A dense matrix with whole rows of zeros, and its compressed rows."""
    rng = np.random.default_rng(seed)
    dense = (rng.normal(size=(N_ITEMS, N_ITEMS)) * (rng.random((N_ITEMS, N_ITEMS)) < density)).astype("f4")
    dense[seed % N_ITEMS] = 0
    rows, columns = np.nonzero(dense)
    indptr = np.searchsorted(rows, np.arange(N_ITEMS + 1)).astype(np.int64)
    return dense, (indptr, columns.astype(np.int32), dense[rows, columns])


def scored(histories, decay, table):
    out = np.full((len(histories), N_ITEMS), np.nan, np.float32)
    score_by_table(*compressed(histories), np.float32(decay), *table, out)
    return out


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.sampled_from([0.0, 0.01, 0.5, 0.85, 1.0]), st.integers(0, 20))
def test_table_scores_equal_naive_twin(histories, decay, seed):
    dense, table = random_table(seed)
    expected = [naive.by_table(history, decay, dense.astype("f8"), LEAST_WEIGHT) for history in histories]
    expected = np.reshape(expected, (len(histories), N_ITEMS))
    np.testing.assert_allclose(scored(histories, decay, table), expected, rtol=1e-5, atol=1e-5)


def test_decay_of_zero_looks_at_the_last_item_only():
    dense, table = random_table(3)
    np.testing.assert_array_equal(scored([[0, 1, 2, 4]], 0.0, table)[0], dense[4])


def test_what_was_left_in_the_output_does_not_matter():
    _, table = random_table(1)
    assert scored([[]], 1.0, table).tolist() == [[0.0] * N_ITEMS]


def test_long_histories_equal_naive_twin_whatever_query_stands_before():
    rng = np.random.default_rng(5)
    dense, table = random_table(2)
    own, other = (rng.integers(0, N_ITEMS, LONG_HISTORY + 9).tolist() for _ in range(2))
    ends = (LONG_HISTORY - 1, LONG_HISTORY, LONG_HISTORY + 1, LONG_HISTORY + 1, LONG_HISTORY + 9)
    histories = [own[:end] for end in ends] + [own[:-2], other, other[:3], own]
    found = scored(histories, 1.0, table)
    expected = [naive.by_table(history, 1.0, dense.astype("f8"), LEAST_WEIGHT) for history in histories]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    for row, history in zip(found, histories, strict=True):
        np.testing.assert_array_equal(row, scored([history], 1.0, table)[0])


def test_histories_that_are_not_long_are_summed_from_their_end():
    dense, table = random_table(4)
    history = np.random.default_rng(6).integers(0, N_ITEMS, LONG_HISTORY).tolist()
    row = np.zeros(N_ITEMS, np.float32)
    for item in reversed(history):
        row += dense[item]
    np.testing.assert_array_equal(scored([history[:-1], history], 1.0, table)[1], row)


@pytest.mark.parametrize("n_items", [1, 2, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("n_factors", [1, 8, 13])
def test_embedding_scores_equal_naive_twin(n_items, n_factors):
    rng = np.random.default_rng(n_items)
    users = rng.normal(size=(3, n_factors)).astype(np.float32)
    items = rng.normal(size=(n_items, n_factors)).astype(np.float32)
    out = np.full((3, n_items), np.nan, np.float32)
    score_by_embeddings(users, items, out)
    expected = [naive.by_embeddings(user, items) for user in users]
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


def test_a_query_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(5, 8)).astype(np.float32), rng.normal(size=(9, 8)).astype(np.float32)
    whole, alone = np.empty((5, 9), np.float32), np.empty((1, 9), np.float32)
    score_by_embeddings(users, items, whole)
    score_by_embeddings(users[3:4], items, alone)
    np.testing.assert_array_equal(whole[3], alone[0])
    histories, table = [[0, 1], [2, 2, 5], []], random_table(2)[1]
    np.testing.assert_array_equal(scored(histories, 0.7, table)[1], scored(histories[1:2], 0.7, table)[0])


def test_a_user_of_zeros_scores_zero_whatever_stood_in_the_output():
    rng = np.random.default_rng(1)
    users, items = rng.normal(size=(3, 8)).astype(np.float32), rng.normal(size=(9, 8)).astype(np.float32)
    users[1] = 0
    out = np.full((3, 9), np.nan, np.float32)
    score_by_embeddings(users, items, out)
    assert out[1].tolist() == [0.0] * 9
    assert np.isfinite(out).all()
    assert out[[0, 2]].all()


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(1, 12), st.integers(0, 20))
def test_lagged_means_equal_naive_twin(histories, n_lags, seed):
    rng = np.random.default_rng(seed)
    lags, items = rng.normal(size=n_lags).astype("f4") * 20, rng.normal(size=(N_ITEMS, 3)).astype("f4")
    out = np.full((len(histories), 3), np.nan, np.float32)
    lagged_mean(*compressed(histories), lags, items, out)
    expected = [naive.lagged_mean(history, lags.astype("f8"), items.astype("f8")) for history in histories]
    np.testing.assert_allclose(out, np.reshape(expected, out.shape), rtol=1e-5, atol=1e-5)


def test_softmax_rows_have_mean_one_and_leave_the_silent():
    rng = np.random.default_rng(0)
    scores, bias = rng.normal(size=(4, 9)).astype("f4") * 30, rng.normal(size=9).astype("f4")
    speaks, out = np.array([True, False, True, True]), scores.copy()
    softmax_rows(out, bias, speaks, 9)
    logits = (scores + bias).astype("f8")
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected *= 9 / expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(out[speaks], expected[speaks], rtol=1e-5, atol=1e-30)
    np.testing.assert_array_equal(out[1], scores[1])
