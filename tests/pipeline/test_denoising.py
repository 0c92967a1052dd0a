"""Rows that tables are not learned from: chosen as a loop would, from nothing but the rows themselves."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.demonstration import rank_auc
from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import load_model, prepare, recommend, save_model, train
from samplew_gbm.pipeline.accidents import judge_as_set
from samplew_gbm.pipeline.denoising import MOST, denoised
from samplew_gbm.pipeline.requests import requests_of
from samplew_gbm.settings import Settings
from tests.pipeline.accidental_log import accidental_log
from tests.pipeline.learned import folds_of, tables_of
from tests.pipeline.no_leak_kit import compare, facts_of, moved
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded, random_log, random_table

DENOISED = msgspec.structs.replace(TINY, denoise=0.3)


def test_the_share_likeliest_to_be_accidents_is_left_out():
    log = random_log(Order.CLOCK)
    kept = denoised(log, DENOISED, n_threads=1).rows
    odds = judge_as_set(log, 0, n_threads=1).log_odds
    out = ~np.isin(log.row, kept.row)
    assert out.sum() == int(0.3 * len(log))
    assert odds[out].max() <= odds[~out].min()
    untouched = denoised(log, TINY, n_threads=1)
    assert untouched.rows is log
    assert untouched.taste is None


def test_tables_are_those_of_the_rows_left():
    log = random_log(Order.CLOCK)
    whole = np.arange(len(log))
    ours = tables_of(log, whole, DENOISED)
    kept = np.flatnonzero(np.isin(log.row, denoised(log, DENOISED, n_threads=1).rows.row))
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


def test_later_rows_do_not_change_what_histories_tell():
    table = random_table(3)
    log, longer = encoded(table.slice(0, 300)), encoded(table)
    fold = folds_of(log)[0]
    facts = facts_of(log, fold, settings=DENOISED)
    compare(facts, facts_of(longer, moved(fold, log, longer), settings=DENOISED))
    whole = facts_of(log, fold)
    assert any(
        whole[key][name].tobytes() != facts[key][name].tobytes() for key in facts for name in facts[key]
    )


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_what_a_user_has_is_never_recommended_though_it_was_no_taste(order, tmp_path):
    log = encoded(checkerboard(n_taken=14), order, n_users=40, n_items=30)
    model = train(log, DENOISED, gate=False, n_threads=1)
    queries = requests_of(model, None, None).queries
    assert 0 < len(queries.meant.items) < len(queries.histories.items)
    found = recommend(model, k=30)
    own = set(zip(log.user_index.tolist(), log.item_index.tolist(), strict=True))
    assert not own & set(zip(found["user_id"].to_pylist(), found["item_id"].to_pylist(), strict=True))
    save_model(model, tmp_path / "m.swg")
    assert recommend(load_model(tmp_path / "m.swg"), k=30).equals(found)


@pytest.mark.parametrize(
    ("noise", "accidents", "background"), [(0.3, "popular", "popular"), (0.6, "uniform", "uniform")]
)
def test_accidents_are_found_and_what_they_hit(noise, accidents, background):
    log, accidental = accidental_log(noise, accidents)
    judged = judge_as_set(log, 0, n_threads=1)
    assert judged.background == background
    assert rank_auc(-judged.log_odds, accidental) > 0.7
    assert rank_auc(-np.random.default_rng(0).permutation(judged.log_odds), accidental) < 0.55
    kept = denoised(log, DENOISED, n_threads=1).rows
    assert accidental[~np.isin(log.row, kept.row)].mean() > accidental.mean() + 0.15


def test_the_share_is_found_from_the_log():
    find = msgspec.structs.replace(TINY, denoise=-1.0)
    dropped = [
        1 - len(denoised(log, find, n_threads=2).rows) / len(log)
        for log, _ in map(accidental_log, (0.0, 0.2, 0.5))
    ]
    assert dropped[0] < 0.05 < dropped[1] < dropped[2] < 0.6


def test_rows_that_follow_no_taste_at_all_are_not_all_left_out():
    log = random_log(Order.CLOCK)
    assert judge_as_set(log, 0, n_threads=1).share > MOST
    kept = denoised(log, msgspec.structs.replace(TINY, denoise=-1.0), n_threads=1).rows
    assert len(kept) == len(log) - int(MOST * len(log))
    prepare(log, msgspec.structs.replace(TINY, denoise=-1.0), n_threads=1)


@pytest.mark.parametrize("share", [-0.1, -2, 0.95, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(SettingsError, match="denoise"):
        Settings(denoise=share)
