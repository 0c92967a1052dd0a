"""Fused attention importance against its naive twin, and across threads and processes."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.kernels.attention import attention_importance, attention_logits
from samplew_gbm.kernels.segments import segment_softmax, segment_standardise
from tests.reference import attention as naive


def problem(n_segments=60, n_factors=13, mean_size=6, seed=0, n_keys=50):
    """Tables and index arrays in the order of the arguments; some segments are empty."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(rng.poisson(mean_size, n_segments))]).astype(np.int64)
    queries = rng.normal(size=(n_segments + 3, n_factors)).astype(np.float32)
    keys = rng.normal(size=(n_keys, n_factors)).astype(np.float32)
    query_index = rng.permutation(n_segments + 3)[:n_segments].astype(np.int32)
    return queries, keys, indptr, query_index, rng.integers(0, n_keys, int(indptr[-1]), dtype=np.int32)


@settings(max_examples=25, deadline=None)
@given(
    n_segments=st.integers(0, 12),
    n_factors=st.integers(1, 70),
    mean_size=st.integers(0, 12),
    seed=st.integers(0, 1000),
    temperature=st.floats(0.05, 50),
    standardised=st.booleans(),
    biased=st.booleans(),
)
def test_importance_equals_naive_twin(
    n_segments, n_factors, mean_size, seed, temperature, standardised, biased
):
    case = problem(n_segments, n_factors, mean_size, seed)
    bias = np.linspace(-1, 1, len(case[1]), dtype=np.float32) if biased else None
    got = attention_importance(*case, bias=bias, temperature=temperature, standardise=standardised)
    expected = naive.importance(*case, bias, temperature, standardised)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=2e-4, atol=2e-5)


def test_numpy_twin_agrees():
    case = problem(mean_size=50, n_factors=64)
    np.testing.assert_allclose(attention_importance(*case), naive.numpy_importance(*case), rtol=2e-5)


def test_fused_kernel_equals_its_parts():
    case = problem()
    bias = np.linspace(-2, 2, len(case[1]), dtype=np.float32)
    logits = attention_logits(*case, bias=bias)
    np.testing.assert_allclose(logits, naive.logits(*case, bias), rtol=1e-5, atol=1e-5)
    sizes = np.repeat(np.diff(case[2]), np.diff(case[2])).astype(np.float32)
    weights = segment_softmax(segment_standardise(logits, case[2]), case[2], temperature=0.7)
    fused = attention_importance(*case, bias=bias, temperature=0.7, standardise=True)
    np.testing.assert_allclose(fused, sizes * weights, rtol=1e-6)


def test_mean_is_one_in_every_segment():
    case = problem(300, 16, 20)
    importance = attention_importance(*case, temperature=0.3)
    for start, stop in zip(case[2][:-1], case[2][1:], strict=True):
        assert start == stop or importance[start:stop].mean(dtype=np.float64) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("standardise", [False, True])
def test_one_row_gives_one(standardise):
    queries, keys, _, query_index, key_index = problem()
    n = len(query_index)
    got = attention_importance(
        queries, keys, np.arange(n + 1), query_index, key_index[:n], standardise=standardise
    )
    assert set(got.tolist()) == {1.0}


def test_infinite_temperature_gives_ones():
    assert set(attention_importance(*problem(), temperature=np.inf).tolist()) == {1.0}


def test_the_same_pair_has_the_same_bits_wherever_it_stands():
    queries, keys, indptr, query_index, key_index = problem(20, 64, 9)
    logits = attention_logits(queries, keys, indptr, query_index, key_index)
    alone = attention_logits(
        queries, keys, np.arange(len(key_index) + 1), np.repeat(query_index, np.diff(indptr)), key_index
    )
    assert logits.tobytes() == alone.tobytes()


def test_equal_rows_share_equally_when_standardised():
    queries, keys, *_ = problem()
    got = attention_importance(queries, keys, [0, 5], [2], [7] * 5, temperature=0.01, standardise=True)
    assert got.tolist() == [1.0] * 5


@pytest.mark.parametrize("n_factors", [1, 64, 100])
def test_any_number_of_threads_gives_the_same_bits(n_factors):
    case = problem(500, n_factors, 11)
    results = [attention_importance(*case, n_threads=n, standardise=True).tobytes() for n in (1, 2, 7)]
    assert results[0] == results[1] == results[2]


def test_one_giant_segment_among_small_ones():
    queries, keys, _, query_index, _ = problem()
    key_index = np.arange(5000) % len(keys)
    indptr = [0, 1, 4990, 4990, 5000]
    got = attention_importance(queries, keys, indptr, query_index[:4], key_index, n_threads=3)
    expected = naive.importance(queries, keys, indptr, query_index[:4], key_index)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_four_threads_at_once():
    cases = [problem(200, 24, 8, seed) for seed in range(4)]
    alone = [attention_importance(*case, n_threads=1).tobytes() for case in cases]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda case: attention_importance(*case, n_threads=2).tobytes(), cases * 5))
    assert together == alone * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_computes_the_same():
    case = problem(200, 24, 8)
    expected = attention_importance(*case, n_threads=2).tobytes()
    child = os.fork()
    if child == 0:
        same = attention_importance(*case, n_threads=2).tobytes() == expected
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(("table", "value"), [(0, np.nan), (1, np.inf), (1, -np.inf), (0, 3e38)])
def test_embeddings_that_are_not_finite_name_the_first_row(table, value):
    case = list(problem())
    case[table] = case[table].copy()
    segment = 10
    row = int(case[2][segment])
    assert case[2][segment + 1] > row
    key = case[4][row]
    case[4] = case[4].copy()
    case[4][:row][case[4][:row] == key] = (key + 1) % len(case[1])
    case[table][case[3][segment] if table == 0 else key] = value
    if table == 0:
        case[1] = np.ones_like(case[1]) * 2
    with pytest.raises(DataError, match=f"in row {row}:"):
        attention_importance(*case, n_threads=2)


def test_bias_that_is_nan_is_refused():
    case = problem()
    with pytest.raises(DataError, match="logit is nan in row 0"):
        attention_logits(*case, bias=np.full(len(case[1]), np.nan))


@pytest.mark.parametrize(("place", "name"), [(3, "query_index"), (4, "key_index")])
@pytest.mark.parametrize("value", [-1, 10**6])
def test_index_out_of_range_names_the_row(place, name, value):
    case = list(problem())
    case[place] = case[place].copy()
    case[place][5] = value
    with pytest.raises(DataError, match=f"{name} is {value} in row 5: the table has"):
        attention_importance(*case)


def test_large_unsigned_index_is_refused():
    case = list(problem())
    case[4] = case[4].astype(np.uint64) + np.uint64(2**63)
    with pytest.raises(DataError, match="key_index"):
        attention_importance(*case)


def test_bad_shapes_are_refused():
    queries, keys, indptr, query_index, key_index = problem()
    with pytest.raises(DataError, match="both must come from one model"):
        attention_importance(queries, keys[:, :5], indptr, query_index, key_index)
    with pytest.raises(DataError, match="query_embeddings must be float32"):
        attention_importance(queries[0], keys, indptr, query_index, key_index)
    with pytest.raises(DataError, match="key_embeddings must be float32"):
        attention_importance(queries, keys[:, :0], indptr, query_index, key_index)
    with pytest.raises(DataError, match="query_index must be int32"):
        attention_importance(queries, keys, indptr, query_index[1:], key_index)
    with pytest.raises(DataError, match="key_index must be int32"):
        attention_importance(queries, keys, indptr, query_index, key_index.astype(float))
    with pytest.raises(DataError, match="bias must be"):
        attention_importance(queries, keys, indptr, query_index, key_index, bias=[0.0])
    with pytest.raises(DataError, match="indptr ends at"):
        attention_importance(queries, keys, indptr, query_index, key_index[1:])
    with pytest.raises(SettingsError, match="temperature"):
        attention_importance(queries, keys, indptr, query_index, key_index, temperature=0)


def test_tables_of_any_layout_are_read():
    queries, keys, indptr, query_index, key_index = problem()
    expected = attention_importance(queries, keys, indptr, query_index, key_index)
    turned = attention_importance(
        np.asfortranarray(queries).astype(np.float64),
        keys[::-1][::-1],
        indptr,
        query_index,
        key_index.astype(np.int64),
    )
    assert turned.tobytes() == expected.tobytes()
    for array in (queries, keys, indptr, query_index, key_index):
        array.flags.writeable = False
    frozen = attention_importance(queries, keys, indptr, query_index, key_index)
    assert frozen.tobytes() == expected.tobytes()


def test_no_rows():
    queries, keys, *_ = problem()
    assert attention_importance(queries, keys, [0, 0], [1], np.empty(0, np.int32)).shape == (0,)
    assert attention_importance(queries, keys, [0], np.empty(0, int), np.empty(0, int)).shape == (0,)
