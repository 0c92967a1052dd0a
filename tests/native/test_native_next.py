"""The softmax model of what comes next of the C core, against its naive twin and a known answer."""

import os
import threading

import numpy as np
import pytest

from samplew_gbm import native
from samplew_gbm.errors import NativeError
from tests.native.logs import histories_csr, random_csr
from tests.reference import next_item as naive

LOG = random_csr(300, 200, 0.05)


def fit(rows=LOG, n_items=200, d=20, lags=5, rate=0.1, negatives=30, epochs=2, seed=1, threads=1, **options):
    return native.next_fit(*rows[:2], n_items, d, lags, rate, negatives, epochs, seed, threads, **options)


@pytest.mark.parametrize(
    ("d", "lags", "negatives", "batch"), [(9, 4, 20, 16), (16, 1, 0, 64), (70, 3, 5, 40), (3, 9, 7, 1)]
)
def test_takes_the_steps_of_its_twin(d, lags, negatives, batch):
    rows = random_csr(40, 30, 0.15)
    got = fit(rows, 30, d, lags, negatives=negatives, batch=batch)
    expected = naive.fit(*rows[:2], 30, d, lags, 0.1, negatives, 2, 1, batch)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


def cycles(n_items=12):
    """Users who walk round a circle of items, each from a place of his own."""
    rng = np.random.default_rng(0)
    return histories_csr([[(at + k) % n_items for k in range(8)] for at in rng.integers(0, n_items, 300)])


def test_the_item_that_follows_comes_first():
    items, following, bias, lags = fit(cycles(), 12, d=16, epochs=40)
    for place in range(12):
        history = [(place - k) % 12 for k in range(5)]
        shares = naive.softmax(lags.astype(float))
        scores = (shares @ items[history]) @ following.T + bias
        scores[history] = -np.inf
        assert scores.argmax() == (place + 1) % 12


def test_the_lag_that_tells_weighs_most():
    """What comes next is told by the item before the last; the last one is drawn."""
    rng = np.random.default_rng(1)
    told = [[x for _ in range(6) for x in (user % 7, 7 + rng.integers(40))] for user in range(400)]
    _, _, _, lags = fit(histories_csr(told), 47, d=16, lags=4, epochs=20)
    assert lags.argmax() == 1


def test_bits_do_not_depend_on_threads_but_on_the_seed():
    one = fit()
    for threads in (1, 2, 7):
        for left, right in zip(one, fit(threads=threads), strict=True):
            np.testing.assert_array_equal(left, right)
    assert not np.array_equal(one[0], fit(seed=2)[0])
    assert np.isfinite(fit(seed=2**64 - 1)[0]).all()


def test_no_epoch_no_row_and_nothing_to_learn():
    start = fit(epochs=0)
    assert np.abs(start[0]).max() <= 0.035
    np.testing.assert_array_equal(start[0], start[1])
    assert not start[2].any()
    empty = native.Csr(np.zeros(4, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    for rows, n_items in ((empty, 6), (empty, 0), (native.Csr(np.zeros(1, np.int64), *empty[1:]), 3)):
        assert all(np.isfinite(part).all() for part in fit(rows, n_items))
    alone = fit(histories_csr([[0], [1], [2]]), 200)
    np.testing.assert_array_equal(alone[0], start[0])


def test_an_item_that_never_occurs_keeps_its_start():
    items, _, bias, _ = fit(cycles(), 15)
    np.testing.assert_array_equal(items[12:], fit(cycles(), 15, epochs=0)[0][12:])
    assert not bias[12:].any()


def test_progress_counts_every_place_that_is_told():
    seen, control = [], np.zeros(2, np.int64)
    fit(epochs=3, threads=2, progress=seen.append, control=control)
    places = len(LOG.indices) - np.count_nonzero(np.diff(LOG.indptr))
    assert seen[-1] == control[0] == 3 * places


def test_cancel_from_another_thread():
    control = np.zeros(2, np.int64)
    timer = threading.Timer(0.2, lambda: control.__setitem__(1, 1))
    timer.start()
    with pytest.raises(NativeError, match="cancelled"):
        fit(epochs=10**6, threads=2, control=control)
    timer.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_gets_the_bits_of_its_parent():
    expected = fit(threads=4)[0]
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(fit(threads=4)[0], expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d": 0}, "n_factors: must be from 1 to 512"),
        ({"lags": 65}, "n_lags: must be from 1 to 64"),
        ({"rate": 0.0}, "learning_rate"),
        ({"negatives": -1}, "n_negatives: must be from 0 to 16384"),
        ({"batch": 0}, "batch: must be from 1 to 16384"),
        ({"epochs": -1}, "n_epochs: must be at least 0"),
        ({"threads": 0}, "n_threads"),
        ({"seed": -1}, "random_state: must be from 0"),
        ({"n_items": 3}, "indices: holds an index outside"),
    ],
)
def test_bad_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        fit(**change)
