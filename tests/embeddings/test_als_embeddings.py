"""Item embeddings by ALS, and users folded in: against the textbook's equations."""

import numpy as np

from samplew_gbm import native
from samplew_gbm.candidates.nearest import fold_in
from samplew_gbm.data.crossfit import judged_queries
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.als import learn_als
from samplew_gbm.settings import Settings
from tests.pipeline.learned import folds_of
from tests.pipeline.tiny_logs import TINY, encoded, log_table, random_log
from tests.reference import als as naive

LONG = Settings(n_factors=6, n_epochs=40)


def pairs_of(log, alpha):
    counted = Lists(log.indptr, log.item_index).distinct(log.n_items)
    return counted.lists.indptr, counted.lists.items, (alpha * counted.counts).astype(np.float32)


def folded(table, histories):
    return fold_in(table, histories, native.als_gram(table.items))


def test_folded_in_users_solve_the_textbook_system():
    log = random_log()
    table = learn_als(log, TINY, n_threads=1)
    assert table.items.shape == (log.n_items, TINY.n_factors)
    assert table.items.dtype == np.float32
    users = folded(table, Lists(log.indptr, log.item_index))
    expected = naive.fold_in(table.items, *pairs_of(log, TINY.alpha), TINY.regularization)
    assert np.linalg.norm(users - expected) < 1e-3 * np.linalg.norm(expected)


def test_folding_in_a_user_of_the_log_gives_back_the_fitted_vector():
    log = random_log()
    table = learn_als(log, LONG, n_threads=1)
    pairs = pairs_of(log, LONG.alpha)
    fitted, items = native.als_fit(
        *pairs, *native.csr_transpose(*pairs, log.n_items), 6, LONG.regularization, 40, 0, 1
    )
    np.testing.assert_array_equal(items, table.items)
    users = folded(table, Lists(log.indptr, log.item_index))
    assert np.linalg.norm(users - fitted) < 0.1 * np.linalg.norm(fitted)


def test_items_without_a_row_say_nothing():
    log = encoded(log_table([0, 0, 1, 1], [0, 1, 1, 2], [1, 2, 3, 4]))
    table = learn_als(log, TINY, n_threads=1)
    assert not table.items[3:].any()
    assert table.items[:3].any(axis=1).all()


def test_more_factors_than_items_are_cut():
    log = encoded(log_table([0, 0, 1, 1], [0, 1, 1, 2], [1, 2, 3, 4]), n_items=3)
    assert learn_als(log, TINY, n_threads=1).items.shape == (3, 3)


def test_a_user_folds_in_alike_alone_and_among_others():
    log = random_log()
    table = learn_als(log, TINY, n_threads=1)
    histories = judged_queries(log, folds_of(log)[0]).queries.histories
    whole = folded(table, histories)
    np.testing.assert_array_equal(whole[3:4], folded(table, histories.slice(3, 4)))
    assert not folded(table, Lists(np.zeros(2, np.int64), np.empty(0, np.int32))).any()


def test_threads_change_no_bit():
    log = random_log()
    one = learn_als(log, TINY, n_threads=1).items
    for n_threads in (2, 7):
        np.testing.assert_array_equal(one, learn_als(log, TINY, n_threads=n_threads).items)
