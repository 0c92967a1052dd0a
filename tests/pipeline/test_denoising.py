"""Rows that tables are not learned from: chosen as a loop would, from nothing but the rows themselves."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.splitting import random_folds
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.errors import SettingsError
from samplew_gbm.importance.measured.closeness import DAMPING, JUDGED_DAMPING
from samplew_gbm.pipeline import prepare
from samplew_gbm.pipeline.denoising import FOLDS, LEAST_CLOSE, denoised, fitness
from samplew_gbm.settings import Settings
from tests.pipeline.learned import folds_of, tables_of
from tests.pipeline.tiny_logs import TINY, encoded, random_log, random_table

DENOISED = msgspec.structs.replace(TINY, denoise=0.3)


def by_loops(log):
    """``fitness`` of every row, one row after the other."""
    fold = random_folds(replace(log, order=Order.NONE, timestamp=None), n_folds=FOLDS, random_state=0)
    close = []
    for row, (user, item) in enumerate(zip(log.user_index, log.item_index, strict=True)):
        others = fold != fold[row]
        takers = [set(log.user_index[others & (log.item_index == each)]) for each in range(log.n_items)]
        history = set(log.item_index[others & (log.user_index == user)]) - {item}
        total = sum(
            len(takers[item] & takers[other])
            / (max(1, len(takers[other])) ** DAMPING * max(1, len(takers[item])) ** JUDGED_DAMPING)
            for other in history
        )
        close.append(total / max(1, len(history)))
    counts = np.bincount(log.item_index, minlength=log.n_items)[log.item_index]
    popularity = np.log1p(counts).astype(np.float32).astype(float)
    logs = np.log(np.maximum(np.float32(close), LEAST_CLOSE))
    beyond = logs - np.polynomial.Polynomial.fit(popularity, logs, 3)(popularity)
    return beyond - np.array([beyond[log.user_index == user].mean() for user in log.user_index])


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_fitness_is_that_of_loops_in_any_order(order):
    log = random_log(order)
    found = fitness(log, 0, n_threads=2)
    np.testing.assert_allclose(found, by_loops(log), atol=2e-4)
    assert np.ptp(found) > 0


def test_the_share_of_the_least_fitting_is_left_out():
    log = random_log(Order.CLOCK)
    kept = denoised(log, DENOISED, n_threads=1)
    fit = fitness(log, 0, n_threads=1)
    out = ~np.isin(log.row, kept.row)
    assert out.sum() == int(0.3 * len(log))
    assert fit[out].max() <= fit[~out].min()
    assert denoised(log, TINY, n_threads=1) is log


def test_tables_are_those_of_the_rows_left():
    log = random_log(Order.CLOCK)
    whole = np.arange(len(log))
    ours = tables_of(log, whole, DENOISED)
    kept = np.flatnonzero(np.isin(log.row, denoised(log, DENOISED, n_threads=1).row))
    theirs = tables_of(log, kept, TINY)
    assert ours.counts.sum() == len(kept) < len(log)
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    np.testing.assert_array_equal(ours.embeddings.items, theirs.embeddings.items)


def test_training_judges_and_keeps_every_row():
    log = random_log(Order.CLOCK)
    plain, prepared = prepare(log, TINY), prepare(log, DENOISED)
    for one, other in zip(plain.samples, prepared.samples, strict=True):
        np.testing.assert_array_equal(one.judged_rows, other.judged_rows)
    assert prepared.tables.counts.sum() < plain.tables.counts.sum()
    assert prepared.interactions is log


def test_later_rows_do_not_change_what_a_fold_is_learned_from():
    table = random_table(3)
    log, longer = encoded(table.slice(0, 300)), encoded(table)
    learn = folds_of(log)[0].learn
    same = np.flatnonzero(np.isin(longer.row, log.row[learn]))
    ours, theirs = tables_of(log, learn, DENOISED), tables_of(longer, same, DENOISED)
    assert 0 < ours.counts.sum() < len(learn)
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    np.testing.assert_array_equal(ours.embeddings.items, theirs.embeddings.items)


def test_popular_accidents_fit_less():
    shop = simulate_shop(300, 400, 12_000, 0.2, random_state=2)
    log, _ = clean(build_interactions(shop.log))
    accidental = shop.accidental[log.row]
    fit = fitness(log, 0, n_threads=1)
    assert rank_auc(-fit, accidental) > 0.65
    assert rank_auc(-np.random.default_rng(0).permutation(fit), accidental) < 0.55
    kept = denoised(log, DENOISED, n_threads=1)
    assert shop.accidental[kept.row].mean() < 0.85 * accidental.mean()


@pytest.mark.parametrize("share", [-0.1, 0.95, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(SettingsError, match="denoise"):
        Settings(denoise=share)
