"""Rows judged by topics beside a background: by what has not seen them, alike for any order of work."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Order
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.embeddings import topics
from samplew_gbm.embeddings.topics import MEMBERS, learn_topics
from samplew_gbm.importance.taste import accident_share
from samplew_gbm.pipeline import accidents, weigh
from samplew_gbm.pipeline.accidents import (
    BACKGROUNDS,
    TasteOdds,
    accident_share_of,
    judge_as_set,
    judge_rows,
    taste_signal,
)
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.progress import Progress
from tests.pipeline.accidental_log import accidental_log
from tests.pipeline.learned import folds_of
from tests.pipeline.tiny_logs import TINY, encoded, random_log, random_table

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
    monkeypatch.setattr(topics, "BLOCK", 7)
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


@ORDERS
def test_rows_are_judged_as_a_set_whatever_their_order(order):
    log = random_log(order)
    unordered = replace(log, order=Order.NONE, timestamp=None)
    found = judge_as_set(log, 0, n_threads=2)
    assert np.ptp(found.log_odds) > 0
    np.testing.assert_array_equal(found.log_odds, judge_as_set(unordered, 0, n_threads=1).log_odds)


def test_of_a_long_log_whole_users_tell_the_share(monkeypatch):
    log, _ = accidental_log(0.3)
    whole = accident_share_of(log, 0, n_threads=2)
    assert whole == judge_as_set(log, 0, n_threads=2).share
    asked = []
    monkeypatch.setattr(accidents, "ENOUGH", 2000)
    monkeypatch.setattr(
        accidents, "judge_as_set", lambda some, *_, **__: asked.append(some) or TasteOdds([], "", 0.5)
    )
    assert accident_share_of(log, 0, n_threads=2) == 0.5
    rows = np.bincount(asked[0].user_index, minlength=log.n_users)
    assert 2000 <= rows.sum() < 2000 + rows.max()
    np.testing.assert_array_equal(rows[rows > 0], np.diff(log.indptr)[rows > 0])


@pytest.mark.parametrize("n_rows", [1, 2, 7])
def test_a_log_of_few_rows_is_judged_too(n_rows):
    log = encoded(random_table().slice(0, n_rows))
    found = judge_as_set(log, 0, n_threads=2)
    assert len(found.log_odds) == n_rows
    assert np.isfinite(found.log_odds).all()


def test_the_signal_is_the_odds_by_the_past_and_the_share_by_the_set():
    log, accidental = accidental_log(0.3)
    samples = cross_fitted_samples(log, TINY, event_times(log), n_threads=2, progress=Progress())
    folds = [Fold(part.learned_rows, part.judged_rows) for part in samples]
    share = accident_share_of(log, TINY.random_state, n_threads=1)
    odds = judge_rows(log, folds, TINY.random_state, n_threads=1).log_odds.astype(np.float64)
    found = taste_signal(log, samples, TINY, n_threads=2)
    np.testing.assert_allclose(found, odds + np.log((1 - share) / share), rtol=1e-6)
    judged = np.concatenate([part.judged_rows for part in samples])
    assert rank_auc(-found, accidental[judged]) > 0.7


def test_rows_of_a_shop_without_accidents_weigh_alike():
    """Few early rows tell of some; the set does not, and its word counts."""
    log, _ = accidental_log(0.0)
    settings = msgspec.structs.replace(TINY, importance="taste", effective_sample=0.7)
    weights = weigh(log, settings, n_threads=2)
    np.testing.assert_array_equal(weights.sample_weight, 1)
