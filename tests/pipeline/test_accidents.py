"""Rows judged by topics beside a background: by what has not seen them, alike for any order of work."""

from dataclasses import replace

import numpy as np
import pytest

from samplew_gbm.data.crossfit import judged_queries
from samplew_gbm.data.interactions import Order
from samplew_gbm.embeddings.topics import learn_topics
from samplew_gbm.importance.taste import accident_share
from samplew_gbm.pipeline import accidents
from samplew_gbm.pipeline.accidents import BACKGROUNDS, MEMBERS, judge_rows
from tests.pipeline.learned import folds_of
from tests.pipeline.tiny_logs import encoded, random_log, random_table

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


@ORDERS
def test_log_odds_are_those_of_the_members_one_by_one(order):
    log = random_log(order)
    folds = folds_of(log)
    found = judge_rows(log, folds, 3, n_threads=2)
    background = BACKGROUNDS[found.background]
    expected = []
    for number, fold in enumerate(folds):
        learned, judged = log.take(fold.learn), judged_queries(log, fold)
        chances = [
            learn_topics(learned, background(learned), (3, number, member)).chance(
                judged.queries.histories, judged.positives
            )
            for member in range(MEMBERS)
        ]
        accident = background(learned)[judged.positives.items]
        expected += np.log(np.mean(chances, axis=0) / accident).tolist()
    np.testing.assert_allclose(found.log_odds, expected, atol=1e-5)
    assert found.share == accident_share(found.log_odds)


@ORDERS
def test_any_number_of_threads_and_of_queries_at_once_gives_the_same_bits(order, monkeypatch):
    log = random_log(order)
    whole = judge_rows(log, folds_of(log), 0, n_threads=1)
    monkeypatch.setattr(accidents, "BLOCK", 7)
    np.testing.assert_array_equal(judge_rows(log, folds_of(log), 0, n_threads=2).log_odds, whole.log_odds)
    one, three = (judge_rows(log, folds_of(log), 0, n_threads=n) for n in (1, 3))
    assert one.background == three.background
    np.testing.assert_array_equal(one.log_odds, three.log_odds)


def test_later_rows_do_not_change_what_earlier_ones_are_judged_by(monkeypatch):
    monkeypatch.delitem(BACKGROUNDS, "uniform")  # which fits better is asked of all folds
    table = random_table(3)
    log, longer = encoded(table.slice(0, 300)), encoded(table)
    fold = folds_of(log)[0]
    same = [np.flatnonzero(np.isin(longer.row, log.row[rows])) for rows in (fold.learn, fold.judge)]
    ours = judge_rows(log, [fold], 0, n_threads=1)
    theirs = judge_rows(longer, [type(fold)(*same)], 0, n_threads=1)
    np.testing.assert_array_equal(ours.log_odds, theirs.log_odds)


def test_a_row_judged_says_nothing_of_itself():
    log = random_log(Order.NONE)
    fold = folds_of(log)[0]
    moved = log.item_index.copy()
    moved[fold.judge] = np.roll(moved[fold.judge], 1)
    other = replace(log, item_index=moved)
    same = moved[fold.judge] == log.item_index[fold.judge]
    before, after = (judge_rows(each, [fold], 0, n_threads=1).log_odds for each in (log, other))
    assert 0 < same.sum() < len(same)
    np.testing.assert_array_equal(before[same], after[same])
