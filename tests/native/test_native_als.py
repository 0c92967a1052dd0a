import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from tests.native.logs import factors, random_csr
from tests.reference import als as naive


def fit(rows, n_columns, d=8, epochs=3, seed=1, threads=1, regularization=0.1, **options):
    transposed = native.csr_transpose(*rows, n_columns)
    return native.als_fit(*rows, *transposed, d, regularization, epochs, seed, threads, **options)


@settings(max_examples=25, deadline=None)
@given(
    n_rows=st.integers(1, 30),
    n_columns=st.integers(1, 40),
    d=st.integers(1, 70),
    seed=st.integers(0, 99),
    scale=st.sampled_from([0.0, 1.0, 40.0, 1000.0]),
)
def test_fold_in_solves_the_textbook_equations(n_rows, n_columns, d, seed, scale):
    rows = random_csr(n_rows, n_columns, 0.4, seed, scale)
    items = factors(n_columns, d, seed)
    got = native.als_fold_in(items, *rows, 0.5, 1)
    expected = naive.fold_in(items, *rows, 0.5)
    np.testing.assert_allclose(got, expected, atol=3e-3 * max(1e-6, np.abs(expected).max()))


def test_transpose_is_the_transpose():
    rows = random_csr(20, 30, 0.2)
    back = native.csr_transpose(*native.csr_transpose(*rows, 30), 20)
    for left, right in zip(rows, back, strict=True):
        np.testing.assert_array_equal(left, right)


def test_loss_is_the_sum_over_all_pairs():
    rows = random_csr(50, 30, 0.2)
    users, items = factors(50, 9, 1), factors(30, 9, 2)
    expected = naive.loss(users, items, *rows, 0.3)
    assert native.als_loss(users, items, *rows, 0.3) == pytest.approx(expected, rel=1e-6)


def test_a_sweep_is_two_half_sweeps_and_lowers_the_loss():
    rows = random_csr(80, 60, 0.2)
    users, items = fit(rows, 60, epochs=4)
    transposed = native.csr_transpose(*rows, 60)
    expected = naive.fold_in(users, *transposed, 0.1)
    np.testing.assert_allclose(items, expected, atol=5e-3 * np.abs(expected).max())
    losses = [native.als_loss(*fit(rows, 60, epochs=n), *rows, 0.1) for n in range(1, 6)]
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))


def test_bits_do_not_depend_on_threads_or_repetition():
    rows = random_csr(700, 400, 0.05)
    one = fit(rows, 400, d=33)
    for threads in (1, 2, 7):
        for left, right in zip(one, fit(rows, 400, d=33, threads=threads), strict=True):
            np.testing.assert_array_equal(left, right)


def test_the_seed_and_only_the_seed_changes_the_start():
    rows = random_csr(30, 20, 0.3)
    assert not np.array_equal(fit(rows, 20, seed=1)[0], fit(rows, 20, seed=2)[0])
    assert np.isfinite(fit(rows, 20, seed=2**64 - 1)[0]).all()


@pytest.mark.parametrize("d", [1, 512])
def test_smallest_and_largest_number_of_factors(d):
    rows = random_csr(20, 30, 0.3)
    users, items = fit(rows, 30, d=d, epochs=1)
    assert users.shape == (20, d)
    assert items.shape == (30, d)
    assert np.isfinite(items).all()


def test_rows_without_entries_are_zero():
    users, _ = fit(random_csr(5, 9, 0.9), 9)
    assert not users[0].any()
    empty = native.Csr(np.zeros(4, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    users, items = fit(empty, 6)
    assert not users.any()
    assert not items.any()


def test_folding_in_one_row_gives_the_bits_of_the_batch():
    rows, items = random_csr(200, 30, 0.5), factors(30, 20)
    gram = native.als_gram(items)
    batch = native.als_fold_in(items, *rows, 0.2, 2, gram=gram)
    for row in (0, 5, 199):
        own = slice(rows.indptr[row], rows.indptr[row + 1])
        one = np.array([0, own.stop - own.start])
        got = native.als_fold_in(items, one, rows.indices[own], rows.data[own], 0.2, 1, gram=gram)
        np.testing.assert_array_equal(got[0], batch[row])


def test_gram_is_the_product():
    items = factors(3000, 21)
    expected = items.astype(np.float64).T @ items
    np.testing.assert_allclose(native.als_gram(items, 3), expected, rtol=1e-5, atol=1e-3)
    np.testing.assert_array_equal(native.als_gram(items, 3), native.als_gram(items, 1))
