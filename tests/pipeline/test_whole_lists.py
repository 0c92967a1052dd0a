"""Whole candidate lists: every candidate of the queries that a gate asks, and of whom it asks."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.candidates import union
from samplew_gbm.data.crossfit import plan_folds
from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import prepare, whole_lists
from samplew_gbm.pipeline.asked import asked_of
from samplew_gbm.pipeline.assembling import assemble, assemble_whole
from samplew_gbm.pipeline.whole_lists import rows_to_ask
from tests.pipeline.tiny_logs import TINY, random_log

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
SAMPLED = msgspec.structs.replace(TINY, n_negatives=2)


def everything(log):
    return np.ones(len(log), bool)


def asked_queries(part):
    return np.concatenate([block.asked for block in part.whole])


@ORDERS
def test_they_are_what_a_training_query_is_sampled_from(order):
    """``TINY`` keeps every candidate, so its training rows are whole lists; sampled ones are part of them."""
    log = random_log(order)
    sampled = prepare(log, SAMPLED, ask=everything(log), n_threads=1).samples
    whole = assemble_whole(sampled, np.arange(log.n_users))
    full = assemble(prepare(log, TINY, n_threads=1).samples)
    for name in ("query", "user_index", "indptr", "row", "label", "affinity", "features"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(full, name))
    assert sum(len(part.row) for part in sampled) < len(whole.row)
    for part in sampled:
        np.testing.assert_array_equal(asked_queries(part), np.arange(part.n_queries))


def test_blocks_of_a_few_queries_give_the_same(monkeypatch):
    log, everyone = random_log(), np.arange(30)
    one = prepare(log, SAMPLED, ask=everything(log), n_threads=1).samples
    monkeypatch.setattr(union, "BLOCK_BYTES", 10_000)
    few = prepare(log, SAMPLED, ask=everything(log), n_threads=2).samples
    assert len(few[0].whole) > 3 > len(one[0].whole)
    whole, expected = assemble_whole(few, everyone), assemble_whole(one, everyone)
    for name in ("query", "user_index", "indptr", "row", "features"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(expected, name))


def test_of_some_users_they_are_those_of_all_that_are_theirs():
    log = random_log()
    samples = prepare(log, SAMPLED, ask=everything(log), n_threads=1).samples
    whole, some = assemble_whole(samples, np.arange(log.n_users)), np.arange(3, 30, 4)
    ours = whole.take(np.flatnonzero(np.isin(whole.user_index, some)))
    found = assemble_whole(samples, some)
    for name in ("query", "user_index", "indptr", "row", "features"):
        np.testing.assert_array_equal(getattr(found, name), getattr(ours, name))


@ORDERS
def test_they_change_nothing_of_what_is_learned_from(order):
    log = random_log(order)
    with_lists = prepare(log, SAMPLED, ask=everything(log), n_threads=1).samples
    for one, other in zip(with_lists, prepare(log, SAMPLED, n_threads=1).samples, strict=True):
        assert other.whole is None
        for name in ("features", "row", "indptr", "judged_features", "loss", "chance_item"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@ORDERS
def test_only_queries_that_hold_a_row_to_ask_have_one(order):
    log = random_log(order)
    ask = np.random.default_rng(1).random(len(log)) < 0.2
    for part in prepare(log, SAMPLED, ask=ask, n_threads=1).samples:
        holds = np.logical_or.reduceat(ask[part.judged_rows], part.judged_indptr[:-1])
        np.testing.assert_array_equal(asked_queries(part), np.flatnonzero(holds))
        found = np.concatenate([block.query for block in part.whole])
        np.testing.assert_array_equal(found, np.intersect1d(part.query, np.flatnonzero(holds)))


@ORDERS
def test_of_a_few_rows_as_many_users_as_can_be_are_asked(order):
    """Everybody has had his turn before anybody has another."""
    log = random_log(order)
    folds = plan_folds(log, TINY)
    judged = np.concatenate([fold.judge for fold in folds])
    ask = np.random.default_rng(2).random(len(log)) < 0.7
    may = np.bincount(log.user_index[judged[ask[judged]]], minlength=log.n_users)
    for n_queries in (0, 40, 200, 400, 10_000):
        chosen = np.flatnonzero(rows_to_ask(log, folds, ask, n_queries, 0))
        assert len(chosen) == min(n_queries // 4, may.sum())
        assert ask[chosen].all()
        assert np.isin(chosen, judged).all()
        times = np.bincount(log.user_index[chosen], minlength=log.n_users)
        most = times.max()
        assert (times >= np.minimum(may, most - 1)).all()


def test_no_more_rows_are_asked_than_there_is_room_for(monkeypatch):
    log = random_log()
    monkeypatch.setattr(whole_lists, "N_ASKED", 7)
    assert rows_to_ask(log, plan_folds(log, TINY), everything(log), 1000, 0).sum() == 7


def test_another_seed_asks_others():
    log = random_log()
    folds = plan_folds(log, TINY)
    one, two = (rows_to_ask(log, folds, everything(log), 60, seed) for seed in (0, 1))
    assert (one != two).any()


def test_a_gate_counts_the_queries_that_are_asked_and_no_others():
    log = random_log()
    ask = np.random.default_rng(3).random(len(log)) < 0.3
    samples = prepare(log, SAMPLED, ask=ask, n_threads=1).samples
    asked = asked_of(log, samples)
    begins = np.cumsum([0, *(part.n_queries for part in samples)])
    places = [asked_queries(part) + begin for part, begin in zip(samples, begins, strict=False)]
    np.testing.assert_array_equal(np.flatnonzero(asked.ideal), np.concatenate(places))
    assert np.isin(assemble_whole(samples, np.arange(log.n_users)).query, np.concatenate(places)).all()


def test_a_gate_without_lists_is_refused():
    log = random_log()
    samples = prepare(log, SAMPLED, n_threads=1).samples
    with pytest.raises(ValueError, match="give prepare the rows to ask"):
        asked_of(log, samples)
    with pytest.raises(ValueError, match="give prepare the rows to ask"):
        assemble_whole(samples, np.arange(log.n_users))
