"""Every wrong argument is refused by name, before anything is written; no reference is kept or lost."""

import gc
import sys
from functools import partial

import numpy as np
import pytest

from samplew_gbm import native
from samplew_gbm.errors import NativeError
from tests.native.logs import factors, random_csr

ROWS = random_csr(6, 5, 0.6)
TRANSPOSED = native.csr_transpose(*ROWS, 5)


def changed(rows, part, value):
    return rows._replace(**{part: value})


def poisoned(array, place, value):
    copy = array.copy()
    copy[place] = value
    return copy


def fit(rows=ROWS, transposed=TRANSPOSED, d=4, regularization=0.1, epochs=1, seed=0, threads=1):
    return native.als_fit(*rows, *transposed, d, regularization, epochs, seed, threads)


def fold(items=None, rows=ROWS, **options):
    return native.als_fold_in(factors(5, 3) if items is None else items, *rows, 0.1, 1, **options)


def count(
    indptr=ROWS.indptr,
    items=ROWS.indices,
    n_items=5,
    window=0,
    decay=1.0,
    forward=1.0,
    threads=1,
    weight=None,
):
    return native.covisit_count(
        indptr, items, n_items, window, decay, forward, 1.0, threads, row_weight=weight
    )


def rank(rows=ROWS, n_items=5, d=3, rate=0.1, regularization=0.1, epochs=1, seed=0, threads=1, **options):
    return native.bpr_fit(*rows[:2], n_items, d, rate, regularization, epochs, seed, threads, **options)


def skip(rows=ROWS, n_items=5, d=3, rate=0.1, window=2, negatives=3, epochs=1, seed=0, threads=1, **options):
    return native.item2vec_fit(
        *rows[:2], n_items, d, rate, window, negatives, epochs, seed, threads, **options
    )


STRIDED = np.zeros((5, 6), np.float32)[:, ::2]
BAD = [
    (
        lambda: fit(changed(ROWS, "indptr", ROWS.indptr.astype(np.int32))),
        TypeError,
        "indptr: expected an array of int64",
    ),
    (lambda: fit(changed(ROWS, "indices", ROWS.indices.astype(np.int64))), TypeError, "indices: .* int32"),
    (
        lambda: fit(changed(ROWS, "data", ROWS.data.astype(np.float64))),
        TypeError,
        "data: .* float32, got .*'d'",
    ),
    (
        lambda: fit(changed(ROWS, "data", list(ROWS.data))),
        TypeError,
        "data: expected an array of float32, got list",
    ),
    (lambda: fit(changed(ROWS, "data", ROWS.data[1:])), ValueError, "data: expected an array float32"),
    (
        lambda: fit(changed(ROWS, "indices", poisoned(ROWS.indices, 0, 5))),
        ValueError,
        "indices: holds an index outside",
    ),
    (
        lambda: fit(changed(ROWS, "indices", poisoned(ROWS.indices, 0, -1))),
        ValueError,
        "indices: holds an index",
    ),
    (
        lambda: fit(changed(ROWS, "indptr", poisoned(ROWS.indptr, 0, 1))),
        ValueError,
        "indptr: must start at 0",
    ),
    (
        lambda: fit(changed(ROWS, "indptr", poisoned(ROWS.indptr, 2, 99))),
        ValueError,
        "indptr: must start at 0",
    ),
    (lambda: fit(changed(ROWS, "data", poisoned(ROWS.data, 1, np.nan))), ValueError, "data: holds NaN"),
    (
        lambda: fit(changed(ROWS, "data", poisoned(ROWS.data, 1, np.inf))),
        ValueError,
        "data: holds NaN or an infinite",
    ),
    (lambda: fit(changed(ROWS, "data", poisoned(ROWS.data, 1, -1))), ValueError, "data: holds a negative"),
    (
        lambda: fit(transposed=changed(TRANSPOSED, "data", TRANSPOSED.data[1:])),
        ValueError,
        "t_data: expected",
    ),
    (lambda: fit(transposed=native.Csr(*(a[:0] for a in TRANSPOSED))), ValueError, "t_indptr|indices"),
    (lambda: fit(d=0), ValueError, "n_factors: must be from 1 to 512, got 0"),
    (lambda: fit(d=513), ValueError, "n_factors"),
    (lambda: fit(regularization=-1.0), ValueError, "regularization"),
    (lambda: fit(regularization=np.nan), ValueError, "regularization"),
    (lambda: fit(epochs=-1), ValueError, "n_epochs"),
    (lambda: fit(seed=-1), ValueError, "random_state"),
    (lambda: fit(threads=0), ValueError, "n_threads"),
    (lambda: fold(items=STRIDED), ValueError, "item_factors: expected a C-contiguous array"),
    (lambda: fold(items=factors(4, 3)), ValueError, "indices: holds an index outside"),
    (lambda: fold(items=factors(5, 3)[0]), ValueError, "item_factors: expected an array float32"),
    (
        lambda: fold(gram=np.eye(4)),
        ValueError,
        r"gram: expected an array float64\[3, 3\], got shape \[4, 4\]",
    ),
    (lambda: fold(gram=np.eye(3, dtype=np.float32)), TypeError, "gram: expected an array of float64"),
    (lambda: fold(gram=np.full((3, 3), np.nan)), ValueError, "gram: holds NaN"),
    (lambda: fold(gram=-np.eye(3)), NativeError, "not positive definite; use a larger regularization"),
    (lambda: fold(control=np.zeros(3, np.int64)), ValueError, "control: expected"),
    (lambda: native.als_gram(poisoned(factors(5, 3), 0, np.nan)), ValueError, "item_factors: holds NaN"),
    (lambda: native.als_loss(factors(5, 3), factors(5, 3), *ROWS, 0.1), ValueError, "indptr: its rows"),
    (lambda: native.csr_transpose(*ROWS, -1), ValueError, "n_columns"),
    (lambda: native.csr_transpose(*ROWS, 2), ValueError, "indices: holds an index outside"),
    (lambda: native.top_k(factors(2, 3), factors(5, 4), 2), ValueError, "items: expected"),
    (lambda: native.top_k(factors(2, 3), factors(5, 3), 0), ValueError, "k: must be from 1"),
    (
        lambda: native.top_k(factors(2, 3), factors(5, 3), 1, item_bias=factors(1, 4)[0]),
        ValueError,
        "item_bias",
    ),
    (
        lambda: native.top_k(factors(2, 3), factors(5, 3), 1, *ROWS[:2]),
        ValueError,
        "exclude_indptr: its rows",
    ),
    (lambda: count(n_items=4), ValueError, "indices: holds an index outside"),
    (lambda: count(window=-1), ValueError, "window"),
    (lambda: count(decay=1.5), ValueError, "decay"),
    (lambda: count(forward=np.inf), ValueError, "forward"),
    (lambda: count(weight=np.full(6, -1, np.float32)), ValueError, "row_weight: holds a negative"),
    (lambda: count(weight=np.full(6, np.nan, np.float32)), ValueError, "row_weight: holds NaN"),
    (lambda: count(weight=np.ones(5, np.float32)), ValueError, "row_weight: expected"),
    *[
        row
        for call in (rank, skip)
        for row in [
            (partial(call, n_items=4), ValueError, "indices: holds an index outside"),
            (partial(call, n_items=-1), ValueError, "n_items: must be from 0"),
            (
                partial(call, changed(ROWS, "indptr", poisoned(ROWS.indptr, 2, 99))),
                ValueError,
                "indptr: must",
            ),
            (
                partial(call, changed(ROWS, "indices", ROWS.indices.astype(float))),
                TypeError,
                "indices: .* int32",
            ),
            (partial(call, d=0), ValueError, "n_factors: must be from 1 to 512"),
            (partial(call, rate=0.0), ValueError, "learning_rate: must be above 0"),
            (partial(call, rate=np.nan), ValueError, "learning_rate"),
            (partial(call, epochs=-1), ValueError, "n_epochs"),
            (partial(call, seed=-1), ValueError, "random_state"),
            (partial(call, threads=0), ValueError, "n_threads"),
            (partial(call, n_blocks=65), ValueError, "n_blocks: must be from 0"),
            (partial(call, negative_power=1.5), ValueError, "negative_power: must be from 0 to 1"),
            (partial(call, control=np.zeros(3, np.int64)), ValueError, "control: expected"),
        ]
    ],
    (lambda: rank(regularization=-0.1), ValueError, "regularization: must be at least 0"),
    (lambda: rank(regularization=10.0), ValueError, "regularization: .* below 1 / learning_rate"),
    (lambda: skip(window=0), ValueError, "window: must be from 1 to 100"),
    (lambda: skip(negatives=32), ValueError, "n_negatives: must be from 1 to 31"),
    (lambda: native.csr_top_n(*ROWS, 0), ValueError, "n: must be from 1"),
    (
        lambda: native.csr_top_n(*changed(ROWS, "data", poisoned(ROWS.data, 0, np.nan)), 2),
        ValueError,
        "data: holds NaN",
    ),
    (
        lambda: native.sparse_top_product(ROWS, ROWS, 2, n_columns=4),
        ValueError,
        "b_indices: holds an index outside",
    ),
    (
        lambda: native.sparse_top_product(random_csr(3, 9, 0.9), ROWS, 2),
        ValueError,
        "a_indices: holds an index outside",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[f"{row[2]}" for row in BAD])
def test_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_read_only_arrays_are_fine_as_inputs():
    rows = native.Csr(*(part.copy() for part in ROWS))
    for part in rows:
        part.flags.writeable = False
    assert np.array_equal(fit(rows)[0], fit()[0])


def use_everything():
    fit()
    fold()
    count()
    rank()
    skip()
    native.csr_top_n(*ROWS, 2)
    for call, error, _ in BAD:
        with pytest.raises(error):
            call()


def references(arrays):
    gc.collect()  # tracebacks hold frames in cycles
    return [sys.getrefcount(array) for array in arrays]


def test_references_are_stable_after_success_and_after_each_error():
    watched = [*ROWS, *TRANSPOSED, STRIDED]
    use_everything()
    before = references(watched)
    for _ in range(20):
        use_everything()
    assert references(watched) == before  # a leaked view holds one


def test_memory_does_not_grow():
    resource = pytest.importorskip("resource")
    items = factors(2000, 64)
    rows = random_csr(50, 2000, 0.2)
    for _ in range(5):
        native.als_fold_in(items, *rows, 0.1, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        native.als_fold_in(items, *rows, 0.1, 2)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    )  # kilobytes; a leak is 100,000
