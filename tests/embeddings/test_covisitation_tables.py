"""Co-visitation and transition tables against pairs counted one by one."""

import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.embeddings import covisitation as module
from tests.pipeline.tiny_logs import encoded, log_table, random_log
from tests.reference import covisit as naive

ORDERED = [Order.CLOCK, Order.FILE]


def counts_of(log):
    return np.bincount(log.item_index, minlength=log.n_items).astype(np.float32)


def dense(table):
    return naive.dense(table.indptr, table.indices, table.data, table.n_items)


def counted(log, window, decay, backward):
    histories = [log.item_index[log.indptr[u] : log.indptr[u + 1]].tolist() for u in range(log.n_users)]
    out = np.zeros((log.n_items, log.n_items))
    for pair, value in naive.count(histories, window, decay, 1.0, backward).items():
        out[pair] = value
    return out


def damped(raw, counts, row_power, column_power):
    return raw * (counts[:, None] + 1.0) ** -row_power * (counts + 1.0) ** -column_power


@pytest.mark.parametrize("order", ORDERED)
def test_ordered_pairs_decay_and_count_less_backwards(order):
    log = random_log(order)
    first, second = module.learn_covisitation(log, counts_of(log), n_threads=1)
    raw = counted(log, module.WINDOW, module.DECAY, module.BACKWARD)
    np.testing.assert_allclose(dense(first), damped(raw, counts_of(log), 0, module.DAMPING), rtol=1e-4)
    near = damped(raw, counts_of(log), module.COSINE, module.COSINE)
    product = near @ near
    np.fill_diagonal(product, 0)
    np.testing.assert_allclose(dense(second), product, rtol=1e-4)


def test_pairs_of_a_set_count_alike_both_ways():
    log = random_log(Order.NONE)
    first, _ = module.learn_covisitation(log, counts_of(log), n_threads=1)
    raw = counted(log, 0, 1.0, 1.0)
    np.testing.assert_allclose(
        dense(first), damped(raw, counts_of(log), module.COSINE, module.COSINE), rtol=1e-4
    )
    np.testing.assert_allclose(dense(first), dense(first).T, rtol=1e-5)


def test_the_row_is_the_item_of_the_history_and_the_column_what_followed():
    log = encoded(log_table([0, 0], [3, 8], [1, 2]))
    counts = counts_of(log)
    first = dense(module.learn_covisitation(log, counts, n_threads=1)[0])
    assert first[3, 8] > first[8, 3] > 0
    transitions = dense(module.learn_transitions(log, counts, n_threads=1))
    assert np.argwhere(transitions).tolist() == [[3, 8]]


@pytest.mark.parametrize("order", ORDERED)
def test_transitions_are_a_share_of_the_items_users(order):
    log = random_log(order)
    counts = counts_of(log)
    table = module.learn_transitions(log, counts, n_threads=1)
    raw = counted(log, 1, 1.0, 0.0)
    np.testing.assert_allclose(dense(table), raw / (counts[:, None] + module.RARE), rtol=1e-5)


def test_a_set_has_no_transitions():
    log = random_log(Order.NONE)
    assert module.learn_transitions(log, counts_of(log), n_threads=1) is None


def test_rows_keep_the_largest(monkeypatch):
    log = random_log()
    whole = dense(module.learn_covisitation(log, counts_of(log), n_threads=1)[0])
    monkeypatch.setattr(module, "NEIGHBOURS", 3)
    cut = dense(module.learn_covisitation(log, counts_of(log), n_threads=1)[0])
    for kept, row in zip(cut, whole, strict=True):
        np.testing.assert_array_equal(np.sort(kept)[-3:], np.sort(row)[-3:])
        assert np.count_nonzero(kept) <= 3


@pytest.mark.parametrize("order", list(Order))
def test_threads_change_no_bit_of_any_table(order):
    log = random_log(order)
    one = module.learn_covisitation(log, counts_of(log), n_threads=1)
    for n_threads in (2, 7):
        for left, right in zip(
            one, module.learn_covisitation(log, counts_of(log), n_threads=n_threads), strict=True
        ):
            np.testing.assert_array_equal(left.indptr, right.indptr)
            np.testing.assert_array_equal(left.indices, right.indices)
            np.testing.assert_array_equal(left.data, right.data)
