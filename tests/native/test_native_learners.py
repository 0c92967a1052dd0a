"""Bayesian personalised ranking and item2vec of the C core, against their naive twins and a known answer."""

import os
import threading

import numpy as np
import pytest

from samplew_gbm import native
from samplew_gbm.errors import NativeError
from tests.native.logs import histories_csr, random_csr
from tests.reference import bpr as naive_bpr
from tests.reference import item2vec as naive_item2vec

LOG = random_csr(700, 600, 0.05)  # four blocks of each side
SIZES = [(60, 50, 0), (60, 50, 3), (300, 270, 0)]


def fit_bpr(rows=LOG, n_items=600, d=20, epochs=2, seed=1, threads=1, **options):
    return native.bpr_fit(*rows[:2], n_items, d, 0.05, 0.01, epochs, seed, threads, **options)


def fit_item2vec(rows=LOG, n_items=600, d=20, epochs=2, seed=1, threads=1, window=3, **options):
    return native.item2vec_fit(*rows[:2], n_items, d, 0.05, window, 5, epochs, seed, threads, **options)


FITS = pytest.mark.parametrize("fit", [fit_bpr, fit_item2vec])


@pytest.mark.parametrize(("n_users", "n_items", "n_blocks"), SIZES)
@pytest.mark.parametrize("power", [0.0, 0.75])
def test_bpr_takes_the_steps_of_its_twin(n_users, n_items, n_blocks, power):
    rows = random_csr(n_users, n_items, 0.05)
    options = {"negative_power": power, "n_blocks": n_blocks}
    got = fit_bpr(rows, n_items, d=9, **options)
    expected = naive_bpr.fit(*rows[:2], n_items, 9, 0.05, 0.01, 2, 1, **options)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)


@pytest.mark.parametrize(("n_users", "n_items", "n_blocks"), SIZES)
@pytest.mark.parametrize("shuffle", [False, True])
def test_item2vec_takes_the_steps_of_its_twin(n_users, n_items, n_blocks, shuffle):
    rows = random_csr(n_users, n_items, 0.02)
    got = fit_item2vec(rows, n_items, d=9, shuffle=shuffle, n_blocks=n_blocks)
    expected = naive_item2vec.fit(*rows[:2], n_items, 9, 0.05, 3, 5, 2, 1, shuffle=shuffle, n_blocks=n_blocks)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)


def communities():
    """Users who each take eight of the 20 items of their half."""
    rng = np.random.default_rng(0)
    return histories_csr([list(rng.permutation(20)[:8] + 20 * (user % 2)) for user in range(80)])


def test_bpr_ranks_the_items_of_the_own_community_first():
    users, items, bias = fit_bpr(communities(), 40, d=8, epochs=60)
    scores = users @ items.T + bias
    own = np.arange(40)[None, :] // 20 == np.arange(80)[:, None] % 2
    right = [(scores[u, own[u]][:, None] > scores[u, ~own[u]]).mean() for u in range(80)]
    assert np.mean(right) > 0.99


@pytest.mark.parametrize("shuffle", [False, True])
def test_item2vec_puts_communities_apart(shuffle):
    items, _ = fit_item2vec(communities(), 40, d=8, epochs=100, shuffle=shuffle)
    unit = items / np.linalg.norm(items, axis=1, keepdims=True)
    cosine, same = unit @ unit.T, np.equal.outer(np.arange(40) // 20, np.arange(40) // 20)
    assert cosine[same].min() > cosine[~same].max()


@FITS
def test_bits_do_not_depend_on_threads_but_on_the_seed(fit):
    one = fit()
    for threads in (1, 2, 7):
        for left, right in zip(one, fit(threads=threads), strict=True):
            np.testing.assert_array_equal(left, right)
    assert not np.array_equal(one[0], fit(seed=2)[0])
    assert np.isfinite(fit(seed=2**64 - 1)[0]).all()


@FITS
def test_no_epoch_and_no_row(fit):
    assert np.abs(fit(epochs=0)[0]).max() <= 1 / 20
    empty = native.Csr(np.zeros(4, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    for rows, n_items in ((empty, 6), (empty, 0), (native.Csr(np.zeros(1, np.int64), *empty[1:]), 3)):
        assert all(np.isfinite(part).all() for part in fit(rows, n_items))


def test_a_user_who_took_everything_teaches_nothing():
    rows = histories_csr([list(range(12)), list(range(12))])
    before, after = fit_bpr(rows, 12, epochs=0), fit_bpr(rows, 12, epochs=3)
    np.testing.assert_array_equal(before[0], after[0])
    assert not after[2].any()


def test_an_item_repeated_is_no_context_of_itself():
    items, contexts = fit_item2vec(histories_csr([[3, 3, 3, 3]]), 5, epochs=3)
    np.testing.assert_array_equal(items, fit_item2vec(histories_csr([[3, 3, 3, 3]]), 5, epochs=0)[0])
    assert not contexts.any()


@FITS
def test_progress_counts_every_entry(fit):
    seen, control = [], np.zeros(2, np.int64)
    fit(epochs=3, threads=2, progress=seen.append, control=control)
    assert seen[-1] == control[0] == 3 * len(LOG.indices)


@FITS
def test_cancel_from_another_thread(fit):
    control = np.zeros(2, np.int64)
    timer = threading.Timer(0.2, lambda: control.__setitem__(1, 1))
    timer.start()
    with pytest.raises(NativeError, match="cancelled"):
        fit(epochs=10**6, threads=2, control=control)
    timer.join()


@FITS
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_gets_the_bits_of_its_parent(fit):
    expected = fit(threads=4)[0]
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(fit(threads=4)[0], expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


@FITS
def test_steps_that_diverge_are_an_error(fit):
    rows = histories_csr([[0, 1, 2], [2, 3, 4], [4, 5, 0]] * 20)
    call = native.bpr_fit if fit is fit_bpr else native.item2vec_fit
    own = (1e3, 0.0) if fit is fit_bpr else (1e3, 3, 5)
    with pytest.raises(ValueError, match=r"learning_rate \(the steps diverged\)"):
        call(*rows, 6, 8, *own, 400, 0, 1)
