"""The axis: what the importance of a sample is compared within."""

from dataclasses import replace

import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.errors import SettingsError
from samplew_gbm.explain.weight import explain
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline import prepare, weigh
from samplew_gbm.pipeline.signals import segments_of
from samplew_gbm.settings import AXES, Settings
from tests.pipeline.learned import folds_of
from tests.pipeline.scheme_logs import settings_of, with_extras
from tests.pipeline.test_signals import samples
from tests.pipeline.tiny_logs import random_log

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


def by_hand(log, axis, folds):
    """The key of each judged row."""
    keys = []
    for number, fold in enumerate(folds):
        for row in fold.judge.tolist():
            user, item = int(log.user_index[row]), int(log.item_index[row])
            query = (number, user) if log.order is Order.NONE else row
            if log.query is not None:
                query = int(log.query[row])
            keys.append({"user": user, "item": item, "query": query}[axis])
    return keys


def in_pairs(log):
    """The log with two rows of a user, one after the other, in each query."""
    place = np.arange(len(log)) - log.indptr[log.user_index]
    pair = log.user_index.astype(np.int64) * len(log) + place // 2
    return replace(log, query=np.unique(pair, return_inverse=True)[1].astype(np.int32))


@ORDERS
@pytest.mark.parametrize("axis", AXES)
def test_a_segment_is_the_user_the_item_or_the_query(order, axis):
    log = random_log(order)
    found = segments_of(log, samples(log), axis).tolist()
    keys = by_hand(log, axis, folds_of(log))
    assert len(set(zip(found, keys, strict=True))) == len(set(found)) == len(set(keys))


@ORDERS
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_has_mean_one_over_each_segment(order, axis, name):
    log = with_extras(random_log(order))
    if axis == "query" and order is not Order.NONE:
        log = in_pairs(log)
    importance = weigh(log, settings_of(name, axis=axis), n_threads=1).importance
    rows = np.concatenate([fold.judge for fold in folds_of(log)])
    keys = by_hand(log, axis, folds_of(log))
    if SCHEMES[name].whole_log:
        assert importance[rows].mean() == pytest.approx(1, abs=1e-4)
        return
    assert len(set(keys)) < len(keys)
    for key in set(keys):
        own = rows[[other == key for other in keys]]
        assert importance[own].mean() == pytest.approx(1, abs=1e-4)


def test_rows_of_one_query_of_the_log_are_one_segment():
    asked = in_pairs(random_log())
    parts = samples(asked)
    rows = np.concatenate([part.judged_rows for part in parts])
    found = segments_of(asked, parts, "query")
    pairs = set(zip(found.tolist(), asked.query[rows].tolist(), strict=True))
    assert len(pairs) == len(set(found.tolist())) < len(rows)


@pytest.mark.parametrize("order", [Order.CLOCK, Order.FILE], ids=lambda order: order.value)
@pytest.mark.parametrize("run", [weigh, prepare, lambda log, settings: explain(log, [0], settings)])
def test_rows_that_are_alone_in_their_queries_are_not_compared(order, run):
    with pytest.raises(SettingsError, match="axis is 'query', but the log names no queries") as error:
        run(random_log(order), settings_of("attention", axis="query"))
    assert "--query-column" in str(error.value)
    assert ("--set queries=visits" in str(error.value)) == (order is Order.CLOCK)


def test_visits_are_queries_to_compare_within():
    log = random_log()
    log = replace(log, timestamp=log.timestamp + np.repeat(np.arange(len(log) // 2), 2) * 1e9)
    found = weigh(log, settings_of("attention", axis="query", queries="visits"), n_threads=1)
    assert found.importance.std() > 0


def test_an_axis_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="axis is 'row'; give one of user, item, query"):
        Settings(axis="row")


def test_an_explanation_counts_among_the_samples_of_the_axis():
    log = random_log()
    row = int(folds_of(log)[-1].judge[0])
    rows = np.concatenate([fold.judge for fold in folds_of(log)])
    (found,) = explain(log, [row], settings_of("attention", axis="item"), n_threads=1).rows
    assert found.judgement is not None
    assert found.judgement.axis == "item"
    assert found.judgement.n_samples == np.count_nonzero(log.item_index[rows] == log.item_index[row])
