"""Grades: the strongest event of an item in a query, against a loop."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.behaviours import graded
from samplew_gbm.data.crossfit import judged_queries, plan_folds
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.visits import VISIT_GAP, visits
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY, encoded, random_table

GRADES = "view=1,cart=2,purchase=4"
NUMBERS = {"view": 1, "cart": 2, "purchase": 4, None: 1}


def with_events(order=Order.CLOCK, seed=0):
    """Visits of a few rows, which often take an item again."""
    rng = np.random.default_rng(seed)
    table = random_table(seed, n_items=6)
    time = np.sort(rng.integers(0, 60, table.num_rows)) * VISIT_GAP * 0.7
    log = encoded(table.set_column(2, "timestamp", pa.array(time)), order)
    events = np.array(["view", "cart", "purchase", None], object)[rng.integers(0, 4, len(log))]
    return replace(log, event=pa.array(events.tolist(), pa.string()))


def queries_by_hand(log):
    """A key for each row: of a set its user, else its user and visit."""
    keys, visit = [], 0
    for row, user in enumerate(log.user_index.tolist()):
        if row and log.order is Order.CLOCK and log.timestamp[row] - log.timestamp[row - 1] > VISIT_GAP:
            visit += 1
        keys.append((user, visit))
    return keys


@pytest.mark.parametrize("order", [Order.CLOCK, Order.NONE], ids=lambda order: order.value)
@pytest.mark.parametrize("seed", range(3))
def test_the_strongest_event_of_an_item_in_a_query_is_its_grade(order, seed):
    log = with_events(order, seed)
    found = graded(log, GRADES)
    strongest = {}
    keys = [(*query, item) for query, item in zip(queries_by_hand(log), log.item_index.tolist(), strict=True)]
    for key, event in zip(keys, log.event.to_pylist(), strict=True):
        strongest[key] = max(strongest.get(key, 0), NUMBERS[event])
    assert found.grade.tolist() == [strongest[key] for key in keys]
    assert [NUMBERS[event] for event in found.event.to_pylist()] == found.grade.tolist()
    assert found.item_index is log.item_index
    assert len(strongest) < len(log)


@pytest.mark.parametrize("order", [Order.CLOCK, Order.NONE], ids=lambda order: order.value)
def test_an_item_is_judged_once_in_a_query_from_what_lies_before_the_query(order):
    log = graded(with_events(order), GRADES)
    keys = [(*query, item) for query, item in zip(queries_by_hand(log), log.item_index.tolist(), strict=True)]
    for fold in plan_folds(log, TINY):
        judged = judged_queries(log, fold)
        own = [keys[row] for row in judged.rows.tolist()]
        assert len(set(own)) == len(own)
        assert not {*own} & {keys[row] for row in fold.learn.tolist()}
        for place, items in enumerate(np.split(judged.rows, judged.positives.indptr[1:-1])):
            assert len({keys[row][:2] for row in items.tolist()}) == 1
            history = judged.queries.histories.slice(place, place + 1).items.tolist()
            before = [row for row in range(len(log)) if log.user_index[row] == judged.user_index[place]]
            if order is Order.NONE:
                before = [row for row in before if row in set(fold.learn.tolist())]
            else:
                before = [row for row in before if keys[row][:2] < keys[items[0]][:2]]
            assert history == log.item_index[before].tolist()


def test_queries_of_the_log_are_kept():
    log = with_events()
    named = replace(log, query=np.arange(len(log), dtype=np.int32))
    found = graded(named, GRADES)
    assert found.query is named.query
    assert found.grade.tolist() == [NUMBERS[event] for event in log.event.to_pylist()]


def test_visits_begin_after_a_gap_and_with_a_user():
    log = with_events()
    expected = queries_by_hand(log)
    places = {key: place for place, key in enumerate(dict.fromkeys(expected))}
    assert visits(log).tolist() == [places[key] for key in expected]


def test_no_grades_change_nothing():
    log = with_events()
    assert graded(log, "") is log


@pytest.mark.parametrize("text", ["view", "view=0", "view=1.5", "view=11", "=2", "view=1,view=2", "view=x"])
def test_what_is_no_grade_is_refused(text):
    with pytest.raises(SettingsError, match="grades is"):
        Settings(grades=text)


def test_a_log_that_has_no_grades_is_refused():
    log = with_events()
    with pytest.raises(DataError, match="grades names 'buy', which the log's events never are; give some of"):
        graded(log, "buy=2")
    with pytest.raises(SettingsError, match="the log has no events; name their column with --event-column"):
        graded(replace(log, event=None), GRADES)
    with pytest.raises(SettingsError, match=r"the order of the file does not tell .* --query-column"):
        graded(replace(log, order=Order.FILE, timestamp=None), GRADES)
