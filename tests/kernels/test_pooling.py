"""Attention pooling of histories against its naive twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.kernels.pooling import ATTENDED, BEST, LAST, MEAN, attention_pool, attention_weights
from tests.reference import attention as naive


def problem(n_queries=12, n_factors=9, history=7, candidates=5, seed=0, n_items=30):
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(n_items, n_factors)).astype(np.float32)

    def lists(mean):
        indptr = np.concatenate([[0], np.cumsum(rng.poisson(mean, n_queries))]).astype(np.int64)
        return indptr, rng.integers(0, n_items, int(indptr[-1]), dtype=np.int32)

    return (items, *lists(history), *lists(candidates))


@settings(max_examples=25, deadline=None)
@given(
    n_queries=st.integers(0, 8),
    n_factors=st.integers(1, 40),
    history=st.integers(0, 12),
    seed=st.integers(0, 1000),
    temperature=st.floats(0.05, 50),
    max_history=st.integers(1, 15),
)
def test_pooling_equals_naive_twin(n_queries, n_factors, history, seed, temperature, max_history):
    case = problem(n_queries, n_factors, history, seed=seed)
    got = attention_pool(*case, temperature=temperature, max_history=max_history)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, naive.pool(*case, temperature, max_history), rtol=2e-4, atol=2e-4)


def test_a_query_without_history_gets_zeros():
    items = problem()[0]
    got = attention_pool(items, [0, 0, 1], [3], [0, 2, 4], [1, 2, 1, 2])
    assert not got[:2].any()
    assert got[2:].all()


def test_one_history_item_makes_all_columns_equal():
    items = problem()[0]
    got = attention_pool(items, [0, 1], [3], [0, 1], [4])
    assert len(set(got[0].tolist())) == 1


def test_infinite_temperature_attends_evenly_and_a_low_one_to_the_best():
    case = problem()
    even = attention_pool(*case, temperature=np.inf)
    np.testing.assert_allclose(even[:, ATTENDED], even[:, MEAN], rtol=1e-5, atol=1e-6)
    sharp = attention_pool(*case, temperature=1e-6)
    np.testing.assert_allclose(sharp[:, ATTENDED], sharp[:, BEST], rtol=1e-4)


def test_only_the_last_items_count():
    items, *_ = problem()
    long = attention_pool(items, [0, 5], [1, 2, 3, 4, 5], [0, 1], [9], max_history=2)
    short = attention_pool(items, [0, 2], [4, 5], [0, 1], [9])
    assert long.tobytes() == short.tobytes()
    assert long[0, LAST] == pytest.approx(float(items[9] @ items[5]), rel=1e-5)


def test_any_number_of_threads_gives_the_same_bits():
    case = problem(400, 24, 9, 6)
    results = [attention_pool(*case, n_threads=n).tobytes() for n in (1, 2, 7)]
    assert results[0] == results[1] == results[2]


def test_embedding_that_is_not_finite_is_named():
    items, *rest = problem()
    items = items.copy()
    items[8, 2] = np.nan
    with pytest.raises(DataError, match="item_embeddings is nan in row 8"):
        attention_pool(items, *rest)


def test_bad_arguments_are_refused():
    items, history_indptr, history, candidate_indptr, candidates = problem()
    with pytest.raises(DataError, match="history_items is 99 in row 0"):
        attention_pool(items, [0, 1], [99], [0, 1], [1])
    with pytest.raises(DataError, match="candidate_items is -1 in row 0"):
        attention_pool(items, [0, 1], [9], [0, 1], [-1])
    with pytest.raises(DataError, match="history_indptr has 1 queries and candidate_indptr 2"):
        attention_pool(items, [0, 1], [9], [0, 1, 1], [1])
    with pytest.raises(SettingsError, match="max_history"):
        attention_pool(items, history_indptr, history, candidate_indptr, candidates, max_history=0)
    with pytest.raises(SettingsError, match="temperature"):
        attention_pool(items, history_indptr, history, candidate_indptr, candidates, temperature=0)


@pytest.mark.parametrize("n_history", [1, 2, 5, 13])
@pytest.mark.parametrize("temperature", [0.1, 1.0, np.inf])
def test_the_weights_are_those_that_the_pooling_sums_by(n_history, temperature):
    items = problem()[0]
    history = np.random.default_rng(n_history).integers(0, len(items), n_history, dtype=np.int32)
    similarities, weights = attention_weights(items, history, 3, temperature=temperature)
    expected_similarities, expected = naive.attention_weights(items, history, 3, temperature)
    np.testing.assert_allclose(similarities, expected_similarities, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(weights, expected, rtol=2e-4, atol=2e-5)
    (pooled,) = attention_pool(items, [0, n_history], history, [0, 1], [3], temperature=temperature)
    assert pooled[ATTENDED] == pytest.approx(float(weights @ similarities), rel=1e-4, abs=1e-6)
    assert pooled[BEST] == similarities.max()


def test_weights_of_what_is_not_there_are_refused():
    items = problem()[0]
    for history, candidate in (([len(items)], 0), ([0], len(items)), ([0], -1)):
        with pytest.raises(DataError):
            attention_weights(items, history, candidate)
    broken = items.copy()
    broken[2] = np.nan
    with pytest.raises(DataError, match="must be finite"):
        attention_weights(broken, [1, 2], 0)
