"""Folds put nothing on the wrong side, and a query knows only what came before it."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.crossfit import judged_queries, plan_folds
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import log_table, random_log

ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 9)), min_size=4, max_size=60
).filter(lambda rows: len({row[0] for row in rows}) > 1 and len({row[1] for row in rows}) > 1)
ORDERS = st.sampled_from(list(Order))


def log_of(rows, order):
    return build_interactions(log_table(*zip(*rows, strict=True)), order=order)


def folds_of(log, n_folds=3, n_queries=1000, folds="auto"):
    return plan_folds(log, Settings(n_folds=n_folds, n_queries=n_queries, folds=folds))


def plain(lists):
    return [lists.items[start:stop].tolist() for start, stop in itertools.pairwise(lists.indptr)]


@settings(max_examples=80, deadline=None)
@given(ROWS, ORDERS, st.integers(2, 4))
def test_no_row_is_learned_from_and_judged_or_judged_twice(rows, order, n_folds):
    log = log_of(rows, order)
    judged = []
    for fold in folds_of(log, n_folds):
        assert len(fold.learn) > 0
        assert len(fold.judge) > 0
        assert not set(fold.learn.tolist()) & set(fold.judge.tolist())
        assert np.all(np.diff(fold.learn) > 0)
        assert np.all(np.diff(fold.judge) > 0)
        judged += fold.judge.tolist()
    assert len(judged) == len(set(judged))
    assert order is not Order.NONE or sorted(judged) == list(range(len(log)))


@settings(max_examples=80, deadline=None)
@given(ROWS, st.integers(2, 4))
def test_by_the_clock_all_that_is_learned_is_older_than_all_that_is_judged(rows, n_folds):
    log = log_of(rows, Order.CLOCK)
    ends = -np.inf
    for fold in folds_of(log, n_folds):
        assert log.timestamp[fold.learn].max() < log.timestamp[fold.judge].min()
        assert ends < log.timestamp[fold.judge].min()
        ends = log.timestamp[fold.judge].max()
        begin = log.timestamp[fold.judge].min()
        left_out = np.setdiff1d(np.arange(len(log)), fold.learn)
        assert log.timestamp[left_out].min() <= begin  # nothing older than the fold is wasted


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_by_the_file_each_users_last_rows_are_judged_but_never_most_of_them(rows):
    log = log_of(rows, Order.FILE)
    for fold in folds_of(log):
        assert sorted([*fold.learn, *fold.judge]) == list(range(len(log)))
        for user in range(log.n_users):
            own = fold.judge[log.user_index[fold.judge] == user]
            length = log.indptr[user + 1] - log.indptr[user]
            assert own.tolist() == list(range(log.indptr[user + 1] - len(own), log.indptr[user + 1]))
            assert len(own) <= length / 2


@settings(max_examples=80, deadline=None)
@given(ROWS, st.sampled_from([Order.CLOCK, Order.FILE]))
def test_a_judged_row_is_a_query_after_the_users_earlier_rows(rows, order):
    log = log_of(rows, order)
    for fold in folds_of(log):
        judged = judged_queries(log, fold)
        assert judged.rows.tolist() == fold.judge.tolist()
        assert judged.user_index.tolist() == log.user_index[fold.judge].tolist()
        assert plain(judged.positives) == [[item] for item in log.item_index[fold.judge]]
        for query, row in enumerate(fold.judge):
            before = np.arange(log.indptr[log.user_index[row]], row)
            assert plain(judged.queries.histories)[query] == log.item_index[before].tolist()
            assert len(before) > 0
            if order is Order.CLOCK:
                assert judged.queries.time[query] == log.timestamp[before].max() <= log.timestamp[row]
        assert (judged.queries.time is None) == (order is Order.FILE)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_of_a_set_the_learned_rows_are_the_history_and_the_judged_ones_are_taken(rows):
    log = log_of(rows, Order.NONE)
    for fold in folds_of(log):
        judged = judged_queries(log, fold)
        assert judged.queries.time is None
        assert judged.user_index.tolist() == sorted({int(user) for user in log.user_index[fold.judge]})
        np.testing.assert_array_equal(judged.positives.items, log.item_index[judged.rows])
        for query, user in enumerate(judged.user_index):
            learn, judge = (
                log.item_index[part[log.user_index[part] == user]].tolist()
                for part in (fold.learn, fold.judge)
            )
            assert plain(judged.queries.histories)[query] == learn
            assert plain(judged.positives)[query] == judge


@pytest.mark.parametrize("order", [Order.CLOCK, Order.FILE])
def test_with_few_queries_the_latest_rows_are_judged(order):
    log = random_log(order)
    few, many = folds_of(log, n_queries=40), folds_of(log)
    n_few, n_many = (sum(len(fold.judge) for fold in folds) for folds in (few, many))
    assert 20 <= n_few <= 60 < n_many
    latest = {int(row) for fold in few for row in fold.judge}
    assert latest <= {int(row) for fold in many for row in fold.judge}
    assert len(few[0].learn) > len(many[0].learn)


def test_a_log_of_one_instant_has_nothing_to_judge_by_the_clock():
    log = build_interactions(log_table([0, 0, 1, 1], [0, 1, 1, 0], [5, 5, 5, 5]))
    assert folds_of(log) == []


def test_the_seed_deals_the_rows_of_a_set():
    log = random_log(Order.NONE)
    first, again, other = (
        plan_folds(log, Settings(n_folds=3, n_queries=9, random_state=seed))[0].judge.tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_times_in_the_file_are_passed_over_where_its_order_counts():
    table = log_table([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [9, 5, 1, 3, 3])
    log = build_interactions(table, order=Order.FILE)
    assert log.items.decode(log.item_index[:3]).equals(pa.array([0, 1, 2]))
    assert judged_queries(log, folds_of(log)[0]).queries.time is None


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_asked_for_last_rows_a_clocked_log_is_cut_as_one_that_only_has_an_order(rows):
    clocked = log_of(rows, Order.CLOCK)
    in_order = sorted(rows, key=lambda row: row[2])
    ours, theirs = folds_of(clocked, folds="last"), folds_of(log_of(in_order, Order.FILE))
    assert len(ours) == len(theirs)
    for fold, other in zip(ours, theirs, strict=True):
        assert fold.learn.tolist() == other.learn.tolist()
        assert fold.judge.tolist() == other.judge.tolist()


@settings(max_examples=40, deadline=None)
@given(ROWS, st.data())
def test_nothing_later_of_a_user_is_learned_from_where_only_some_rows_are_judged(rows, data):
    log = log_of(rows, Order.FILE)
    only = np.array(data.draw(st.lists(st.booleans(), min_size=len(log), max_size=len(log))))
    for fold in plan_folds(log, Settings(), only):
        assert only[fold.judge].all()
        for user in np.unique(log.user_index[fold.judge]):
            own = [rows[log.user_index[rows] == user] for rows in (fold.learn, fold.judge)]
            assert own[0].max(initial=-1) < own[1].min()


def test_a_set_has_no_last_rows():
    with pytest.raises(SettingsError, match="folds=last needs an order"):
        folds_of(random_log(Order.NONE), folds="last")
