import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from tests.native.logs import histories_csr, random_csr
from tests.reference import covisit as naive

N_ITEMS = 7
HISTORIES = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=12), min_size=1, max_size=8)


def as_dict(rows):
    return {
        (row, int(column)): float(value)
        for row in range(len(rows.indptr) - 1)
        for column, value in zip(
            rows.indices[rows.indptr[row] : rows.indptr[row + 1]],
            rows.data[rows.indptr[row] : rows.indptr[row + 1]],
            strict=True,
        )
    }


@settings(max_examples=60, deadline=None)
@given(
    histories=HISTORIES,
    window=st.integers(0, 4),
    decay=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    forward=st.sampled_from([0.0, 1.0, 2.0]),
    backward=st.sampled_from([0.0, 0.25, 1.0]),
    weighted=st.booleans(),
)
def test_counts_match_the_pairs_one_by_one(histories, window, decay, forward, backward, weighted):
    weight = [float(row % 3) for row in range(len(histories))] if weighted else None
    got = as_dict(
        native.covisit_count(
            *histories_csr(histories),
            N_ITEMS,
            window,
            decay,
            forward,
            backward,
            2,
            row_weight=None if weight is None else np.array(weight, np.float32),
        )
    )
    expected = naive.count(histories, window, decay, forward, backward, weight)
    assert got.keys() == expected.keys()
    for pair, value in expected.items():
        assert got[pair] == pytest.approx(value, rel=1e-6)


def test_columns_rise_and_threads_change_nothing():
    rng = np.random.default_rng(0)
    items = (200 * rng.random(20000) ** 2).astype(np.int32)
    indptr = np.arange(0, 20001, 20)
    one = native.covisit_count(indptr, items, 200, 5, 0.8, 1.0, 0.5, 1)
    for row in range(200):
        assert (np.diff(one.indices[one.indptr[row] : one.indptr[row + 1]]) > 0).all()
    for threads in (1, 2, 7):
        again = native.covisit_count(indptr, items, 200, 5, 0.8, 1.0, 0.5, threads)
        assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), n=st.integers(1, 12))
def test_top_n_matches_sorting(seed, n):
    rows = random_csr(20, 15, 0.5, seed)
    rows.data[:] = np.round(rows.data)  # ties
    got = native.csr_top_n(*rows, n)
    for row in range(20):
        own, kept = slice(*rows.indptr[row : row + 2]), slice(*got.indptr[row : row + 2])
        values = dict(zip(rows.indices[own].tolist(), rows.data[own].tolist(), strict=True))
        expected = naive.top_n(values, n)
        assert list(zip(got.indices[kept].tolist(), got.data[kept].tolist(), strict=True)) == expected


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), n=st.integers(1, 12), exclude_diagonal=st.booleans())
def test_product_matches_dense_matrices(seed, n, exclude_diagonal):
    a, b = random_csr(9, 6, 0.4, seed), random_csr(6, 9, 0.4, seed + 1)
    for part in (a, b):
        part.data[:] = np.ceil(part.data)
    product = naive.dense(*a, 6) @ naive.dense(*b, 9)
    if exclude_diagonal:
        np.fill_diagonal(product, 0.0)
    got = native.sparse_top_product(a, b, n, exclude_diagonal, n_columns=9)
    for row in range(9):
        kept = slice(*got.indptr[row : row + 2])
        expected = naive.top_n({j: v for j, v in enumerate(product[row].tolist()) if v}, n)
        assert list(zip(got.indices[kept].tolist(), got.data[kept].tolist(), strict=True)) == expected


def test_product_does_not_depend_on_threads():
    table = random_csr(600, 600, 0.05)
    one = native.sparse_top_product(table, table, 20)
    for threads in (2, 7):
        again = native.sparse_top_product(table, table, 20, n_threads=threads)
        assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))


def test_empty_inputs():
    none = native.covisit_count(np.zeros(1, np.int64), np.zeros(0, np.int32), 0, 0, 1.0, 1.0, 1.0, 1)
    assert none.indptr.tolist() == [0]
    assert native.csr_top_n(*none, 3).indptr.tolist() == [0]
    assert native.sparse_top_product(none, none, 3).indptr.tolist() == [0]
