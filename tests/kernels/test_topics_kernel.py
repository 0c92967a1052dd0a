"""The step of topics beside a background, against loops."""

from itertools import pairwise

import numpy as np
import pytest

from samplew_gbm.kernels.topics import mixture_step
from tests.reference.topics import mixture_step as naive

WIDTH, N_OTHERS = 5, 7


def case(seed, n_own=9):
    rng = np.random.default_rng(seed)
    rows = [rng.integers(0, N_OTHERS, rng.integers(0, 6)).tolist() for _ in range(n_own)]
    noise = [rng.random(len(row)).astype(np.float32) for row in rows]
    of_others = rng.random((N_OTHERS, WIDTH)).astype(np.float32)
    return rows, noise, of_others, rng.random((n_own, WIDTH)).astype(np.float32)


def found(rows, noise, of_others, own, prior=0.3, n_steps=1, normalised=True, parts=1):
    """``own`` after the steps, made in ``parts`` ranges one by one."""
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    others = np.array([other for row in rows for other in row], np.int32)
    beside = np.concatenate([*noise, np.empty(0, np.float32)])
    own = own.copy()
    for first, last in pairwise(np.linspace(0, len(rows), parts + 1).astype(int)):
        mixture_step(
            indptr, others, of_others, beside, np.float32(prior), n_steps, normalised, first, last, own
        )
    return own


@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_naive_twin_for_any_ranges(seed, normalised):
    rows, noise, of_others, own = case(seed)
    expected = naive(rows, of_others, noise, np.float32(0.3), normalised, own)
    whole = found(rows, noise, of_others, own, normalised=normalised)
    np.testing.assert_allclose(whole, expected, rtol=1e-5)
    np.testing.assert_array_equal(found(rows, noise, of_others, own, normalised=normalised, parts=4), whole)


def test_several_steps_are_one_after_another():
    rows, noise, of_others, own = case(5)
    once = own
    for _ in range(3):
        once = found(rows, noise, of_others, once)
    np.testing.assert_array_equal(found(rows, noise, of_others, own, n_steps=3), once)


def test_without_rows_the_prior_alone_is_left():
    own = np.array([[0.1, 0.2, 0.3, 0.2, 0.2]], np.float32)
    np.testing.assert_allclose(found([[]], [[]], np.ones((1, WIDTH), np.float32), own), [[0.2] * WIDTH])


def test_a_row_without_any_chance_says_nothing():
    rows, of_others = [[0, 1]], np.zeros((2, WIDTH), np.float32)
    of_others[1, 2] = 1
    own = np.full((1, WIDTH), 0.2, np.float32)
    beside = [np.zeros(2, np.float32)]
    after = found(rows, beside, of_others, own, prior=0.0)
    np.testing.assert_allclose(after, [[0, 0, 1, 0, 0]], atol=1e-7)
    nothing = found([[0]], [np.zeros(1, np.float32)], of_others, own, prior=0.0)
    np.testing.assert_array_equal(nothing, [[0] * WIDTH])
