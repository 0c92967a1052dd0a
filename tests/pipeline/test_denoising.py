"""Rows that tables are not learned from: chosen as a loop would, from nothing but the rows themselves."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import denoising, prepare
from samplew_gbm.pipeline.accidents import TasteOdds
from samplew_gbm.pipeline.denoising import accident_share_of, denoised, judge_as_set
from samplew_gbm.settings import Settings
from tests.pipeline.learned import folds_of, tables_of
from tests.pipeline.tiny_logs import TINY, encoded, random_log, random_table

DENOISED = msgspec.structs.replace(TINY, denoise=0.3)


def test_the_share_likeliest_to_be_accidents_is_left_out():
    log = random_log(Order.CLOCK)
    kept = denoised(log, DENOISED, n_threads=1)
    odds = judge_as_set(log, 0, n_threads=1).log_odds
    out = ~np.isin(log.row, kept.row)
    assert out.sum() == int(0.3 * len(log))
    assert odds[out].max() <= odds[~out].min()
    assert denoised(log, TINY, n_threads=1) is log


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_rows_are_judged_as_a_set_whatever_their_order(order):
    log = random_log(order)
    unordered = replace(log, order=Order.NONE, timestamp=None)
    found = judge_as_set(log, 0, n_threads=2)
    assert np.ptp(found.log_odds) > 0
    np.testing.assert_array_equal(found.log_odds, judge_as_set(unordered, 0, n_threads=1).log_odds)


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


def shop_of(noise, accidents="popular"):
    shop = simulate_shop(300, 400, 12_000, noise, random_state=2, accidents=accidents)
    log, _ = clean(build_interactions(shop.log))
    return log, shop.accidental[log.row]


@pytest.mark.parametrize(
    ("noise", "accidents", "background"), [(0.3, "popular", "popular"), (0.6, "uniform", "uniform")]
)
def test_accidents_are_found_and_what_they_hit(noise, accidents, background):
    log, accidental = shop_of(noise, accidents)
    judged = judge_as_set(log, 0, n_threads=1)
    assert judged.background == background
    assert rank_auc(-judged.log_odds, accidental) > 0.7
    assert rank_auc(-np.random.default_rng(0).permutation(judged.log_odds), accidental) < 0.55
    kept = denoised(log, DENOISED, n_threads=1)
    assert accidental[~np.isin(log.row, kept.row)].mean() > accidental.mean() + 0.15


def test_the_share_is_found_from_the_log():
    find = msgspec.structs.replace(TINY, denoise=-1.0)
    dropped = [
        1 - len(denoised(log, find, n_threads=2)) / len(log) for log, _ in map(shop_of, (0.0, 0.2, 0.5))
    ]
    assert dropped[0] < 0.05 < dropped[1] < dropped[2] < 0.6


def test_of_a_long_log_whole_users_tell_the_share(monkeypatch):
    log, _ = shop_of(0.3)
    whole = accident_share_of(log, 0, n_threads=2)
    assert whole == judge_as_set(log, 0, n_threads=2).share
    asked = []
    monkeypatch.setattr(denoising, "ENOUGH", 2000)
    monkeypatch.setattr(
        denoising, "judge_as_set", lambda some, *_, **__: asked.append(some) or TasteOdds([], "", 0.5)
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


@pytest.mark.parametrize("share", [-0.1, -2, 0.95, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(SettingsError, match="denoise"):
        Settings(denoise=share)
