import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from tests.native.logs import factors, random_csr
from tests.reference import topk as naive


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(0, 20),
    m=st.integers(0, 300),
    d=st.integers(1, 20),
    k=st.integers(1, 40),
    seed=st.integers(0, 99),
    with_exclusions=st.booleans(),
    with_bias=st.booleans(),
)
def test_matches_sorting_everything(n, m, d, k, seed, with_exclusions, with_bias):
    # small integers: exact in float32, and full of ties
    rng = np.random.default_rng(seed)
    queries = rng.integers(-2, 3, (n, d)).astype(np.float32)
    items = rng.integers(-2, 3, (m, d)).astype(np.float32)
    bias = rng.integers(-2, 3, m).astype(np.float32) if with_bias else None
    exclude = random_csr(n, m, 0.3, seed) if with_exclusions else None
    options = (
        {} if exclude is None else {"exclude_indptr": exclude.indptr, "exclude_indices": exclude.indices}
    )
    indices, scores = native.top_k(queries, items, k, item_bias=bias, **options)
    sets = exclude and [
        set(exclude.indices[a:b].tolist()) for a, b in zip(exclude.indptr, exclude.indptr[1:], strict=False)
    ]
    full = queries @ items.T + (0 if bias is None else bias)
    for row, expected in enumerate(naive.top_k(full, k, sets)):
        kept = indices[row] >= 0
        assert list(zip(indices[row][kept], scores[row][kept], strict=True)) == expected
        assert (scores[row][~kept] == -np.inf).all()


def test_nan_scores_are_never_returned():
    items = factors(50, 4)
    items[::2, 1] = np.nan
    indices, scores = native.top_k(factors(3, 4), items, 50)
    assert (np.sort(indices, axis=1)[:, 25:] == np.arange(1, 50, 2)).all()
    assert not np.isnan(scores).any()


def test_a_query_does_not_depend_on_its_neighbours_or_on_threads():
    queries, items = factors(100, 37), factors(2000, 37, 1)
    indices, scores = native.top_k(queries, items, 10)
    for threads in (1, 2, 7):
        again = native.top_k(queries, items, 10, n_threads=threads)
        np.testing.assert_array_equal(again[0], indices)
        np.testing.assert_array_equal(again[1], scores)
    for row in (0, 33, 99):
        one = native.top_k(queries[row : row + 1], items, 10)
        np.testing.assert_array_equal(one[0][0], indices[row])
        np.testing.assert_array_equal(one[1][0], scores[row])


def test_exclusions_need_both_arrays():
    with pytest.raises(ValueError, match="exclude_indptr and exclude_indices"):
        native.top_k(factors(1, 2), factors(3, 2), 1, exclude_indptr=np.zeros(2, np.int64))
