"""Test rows that their users' histories hold already are counted; what is taken again later is not."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import evaluate, evaluate_users, train
from samplew_gbm.pipeline.known_rows import known_words
from samplew_gbm.pipeline.popular import evaluate_popular
from tests.pipeline.tiny_logs import DAY, TINY, encoded, random_table

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


@cache
def trained(order=Order.CLOCK):
    return train(encoded(random_table(), order), TINY, gate=False, n_threads=1)


def counted(test, order=Order.CLOCK, **options):
    return evaluate(trained(order), test, ks=(5,), n_threads=1, **options).n_known_rows


def without_times(table):
    return table.drop_columns(["timestamp"])


@ORDERS
def test_the_log_itself_is_known_to_its_last_row(order):
    log = random_table()
    test = log if order is Order.CLOCK else without_times(log)
    found = evaluate(trained(order), test, ks=(5,), n_threads=1)
    assert found.n_known_rows == log.num_rows
    assert set(found.metrics.values()) == {0.0}


def test_rows_are_known_up_to_the_last_of_their_user():
    rng = np.random.default_rng(3)
    users, items, days = (rng.integers(0, n, 400) for n in (32, 27, 300))
    test = pa.table({"user_id": users, "item_id": items, "timestamp": days * DAY})
    log, last, taken = random_table().to_pydict(), {}, set()
    for user, item, time in zip(log["user_id"], log["item_id"], log["timestamp"], strict=True):
        taken.add((user, item))
        last[user] = max(time, last.get(user, 0.0))
    pairs = [(user, item) in taken for user, item in zip(users.tolist(), items.tolist(), strict=True)]
    times = (days * DAY).tolist()
    early = [time <= last.get(user, -1.0) for user, time in zip(users.tolist(), times, strict=True)]
    expected = np.count_nonzero(np.array(pairs) & np.array(early))
    assert 0 < expected < np.count_nonzero(pairs)
    assert counted(test) == expected
    assert counted(without_times(test)) == np.count_nonzero(pairs)


def test_what_a_later_history_holds_is_known_too():
    test = pa.table({"user_id": [1, 99], "item_id": [3, 3], "timestamp": [400.0 * DAY, 400.0 * DAY]})
    assert counted(test) == 0
    assert counted(test, history=test) == 2


def test_a_bare_list_counts_as_the_model_does():
    test = random_table(seed=1)
    ours = evaluate_users(trained(), test, ks=(5,), n_threads=1).n_known_rows
    assert 0 < ours == evaluate_popular(trained(), test, ks=(5,)).n_known_rows


def test_the_count_is_put_in_words():
    assert known_words(1).startswith("1 test row is in")
    assert known_words(1200).startswith("1,200 test rows are in")
