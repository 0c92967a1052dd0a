"""Item embeddings by gradient steps, and users folded into them."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm import native, settings
from samplew_gbm.candidates.nearest import fold_in
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings import directions as module
from samplew_gbm.embeddings.learner import LEARNERS, embedding_units, learn_embeddings
from samplew_gbm.errors import SettingsError
from tests.pipeline.tiny_logs import TINY, encoded, log_table, random_log

STEPS = [msgspec.structs.replace(TINY, embeddings=name) for name in ("bpr", "item2vec")]
BY_STEPS = pytest.mark.parametrize("tiny", STEPS, ids=["bpr", "item2vec"])


def communities(**options):
    """Users who each take eight of the ten items of their half."""
    rng = np.random.default_rng(0)
    items = [10 * (user % 2) + rng.permutation(10)[:8] for user in range(60)]
    users = np.repeat(np.arange(60), 8)
    return encoded(log_table(users, np.concatenate(items), np.arange(480)), n_users=60, n_items=20, **options)


def test_every_learner_has_a_name_in_the_settings():
    assert tuple(LEARNERS) == settings.EMBEDDINGS
    with pytest.raises(SettingsError, match="embeddings is 'svd'; give one of als, bpr, item2vec"):
        msgspec.structs.replace(TINY, embeddings="svd")


@BY_STEPS
def test_vectors_have_length_one_and_items_without_a_row_none(tiny):
    log = encoded(log_table([0, 0, 1, 1], [0, 1, 1, 2], [1, 2, 3, 4]))
    table = learn_embeddings(log, tiny, n_threads=1)
    assert table.items.shape == (log.n_items, tiny.n_factors)
    assert table.items.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(table.items[:3], axis=1), 1, rtol=1e-5)
    assert not table.items[3:].any()


@BY_STEPS
@pytest.mark.parametrize("order", [Order.CLOCK, Order.NONE])
def test_a_folded_in_user_is_nearest_to_his_community(tiny, order):
    log = communities(order=order)
    long = msgspec.structs.replace(tiny, n_epochs=20)
    table = learn_embeddings(log, long, n_threads=1)
    users = fold_in(table, Lists(log.indptr, log.item_index), native.als_gram(table.items))
    scores = users @ table.items.T
    own = np.equal.outer(np.arange(60) % 2, np.arange(20) // 10)
    right = [(scores[u, own[u]][:, None] > scores[u, ~own[u]]).mean() for u in range(60)]
    assert np.mean(right) > 0.98


@BY_STEPS
def test_progress_reaches_its_units(tiny):
    log, seen = random_log(), []
    learn_embeddings(log, tiny, n_threads=2, progress=seen.append)
    assert 0 < seen[-1] <= embedding_units(log, tiny)


@BY_STEPS
def test_threads_change_no_bit_and_the_seed_does(tiny):
    log = random_log()
    one = learn_embeddings(log, tiny, n_threads=1).items
    for n_threads in (2, 7):
        np.testing.assert_array_equal(one, learn_embeddings(log, tiny, n_threads=n_threads).items)
    other = msgspec.structs.replace(tiny, random_state=1)
    assert not np.array_equal(one, learn_embeddings(log, other, n_threads=1).items)


def test_a_user_held_back_is_near_the_sum_of_his_items():
    log = communities()
    items = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    table = module.directions(items, log, TINY)
    held = replace(table, regularization=1e6)
    histories = Lists(log.indptr, log.item_index)
    users = fold_in(held, histories, native.als_gram(held.items))
    sums = np.add.reduceat(held.items[log.item_index], log.indptr[:-1])
    cosine = (users * sums).sum(axis=1) / np.linalg.norm(users, axis=1) / np.linalg.norm(sums, axis=1)
    assert cosine.min() > 0.9999
