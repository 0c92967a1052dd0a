"""The signals that schemes get of a log: of folds that have not seen the row, only where required."""

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from samplew_gbm.ablation import HeldOut, ablate
from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Order, build_interactions, pairs_table
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline import row_weights, train, weigh
from samplew_gbm.pipeline import signals as module
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import samples_of
from samplew_gbm.pipeline.signals import signals_of
from samplew_gbm.progress import Progress
from samplew_gbm.settings import IMPORTANCE_SCHEMES, Settings
from tests.pipeline.learned import folds_of, tables_of
from tests.pipeline.scheme_logs import settings_of, with_extras
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded, log_table, random_log, random_table
from tests.reference import schemes as naive

SIGNALS = (
    "affinity",
    "loss",
    "cosine",
    "vector_cosine",
    "mainstream",
    "popularity",
    "purchase_rate",
    "value",
)
ALL = replace(SCHEMES["uniform"], requires=SIGNALS)


def samples(log, folds=None):
    return [
        samples_of(
            judged_queries(log, fold), tables_of(log, fold.learn), TINY, n_threads=1, advance=lambda _: None
        )
        for fold in (folds or folds_of(log))
    ]


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_every_judged_row_has_every_signal(order):
    log = with_extras(random_log(order))
    parts = samples(log)
    found = signals_of(log, parts, ALL, n_threads=1)
    rows = np.concatenate([part.judged_rows for part in parts])
    assert found.item.tolist() == log.item_index[rows].tolist()
    for name in SIGNALS:
        values = getattr(found, name)
        assert values.dtype == (np.float64 if name == "value" else np.float32)
        assert len(values) == len(rows) == len(found.segment)
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0
    assert (found.loss >= 0).all()
    assert (found.cosine >= 0).all()


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_the_cosine_is_that_of_what_the_user_took_before_by_rows_learned_from(order):
    log = random_log(order)
    parts = samples(log)
    found = signals_of(log, parts, SCHEMES["consensus"], n_threads=2)
    at = 0
    for fold in folds_of(log):
        users = [set() for _ in range(log.n_users)]
        for row in fold.learn:
            users[log.user_index[row]].add(log.item_index[row])
        for row in fold.judge:
            user = log.user_index[row]
            before = log.item_index[log.indptr[user] : row] if order is not Order.NONE else users[user]
            expected = naive.closeness(users, before, log.item_index[row])
            assert found.cosine[at] == pytest.approx(expected, rel=1e-5)
            at += 1


def test_what_is_not_required_is_not_measured(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("measured for nothing")

    monkeypatch.setattr(module, "closeness", refuse)
    monkeypatch.setattr(module, "OF_ITEMS", dict.fromkeys(module.OF_ITEMS, refuse))
    log = with_extras(random_log())
    found = signals_of(log, samples(log), SCHEMES["attention"], n_threads=1)
    assert (
        found.cosine
        is found.vector_cosine
        is found.mainstream
        is found.popularity
        is found.purchase_rate
        is None
    )


def test_by_the_clock_later_rows_change_no_signal():
    table = random_table(3)
    later = log_table(*np.random.default_rng(0).integers(0, 25, (2, 60)).tolist(), np.arange(201, 261))
    log, other = (with_extras(encoded(part)) for part in (table, pa.concat_tables([table, later])))
    event, value = (
        dict(zip(log.row.tolist(), column, strict=True)) for column in (log.event.to_pylist(), log.value)
    )
    other = replace(
        other,
        event=pa.array([event.get(row, "purchase") for row in other.row.tolist()]),
        value=np.array([value.get(row, 9.0) for row in other.row.tolist()]),
    )
    folds = folds_of(log)
    moved = [
        Fold(*(np.flatnonzero(np.isin(other.row, log.row[part])) for part in (fold.learn, fold.judge)))
        for fold in folds
    ]
    ours, theirs = (
        signals_of(own, samples(own, parts), ALL, n_threads=1)
        for own, parts in ((log, folds), (other, moved))
    )
    for name in ("item", "segment", *SIGNALS):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


def test_of_a_set_no_signal_sees_which_items_were_judged():
    """Two users swap the items of their judged rows: what is said of an item stays what it was."""
    log = with_extras(random_log(Order.NONE))
    fold = folds_of(log)[0]
    one, two = fold.judge[0], fold.judge[-1]
    items = log.item_index.copy()
    items[[one, two]] = items[[two, one]]
    assert items[one] != items[two]
    ours, theirs = (
        signals_of(own, samples(own, [fold]), ALL, n_threads=1)
        for own in (log, replace(log, item_index=items))
    )
    for name in ("mainstream", "popularity", "purchase_rate"):
        assert getattr(ours, name)[0] == getattr(theirs, name)[-1]


@pytest.mark.parametrize("name", IMPORTANCE_SCHEMES)
@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_every_scheme_weighs_every_kind_of_log(name, order):
    log = with_extras(random_log(order))
    found = weigh(log, settings_of(name), n_threads=1)
    for values in (found.importance, found.sample_weight):
        assert np.isfinite(values).all()
        assert values.mean() == pytest.approx(1, abs=0.01)


def test_uniform_weights_grow_the_trees_of_no_weights():
    log = encoded(checkerboard(), n_users=40, n_items=30)
    for weighting in ("row", "pair"):
        none, uniform = (
            train(log, settings_of(name, weighting=weighting), gate=False, n_threads=1)
            for name in ("none", "uniform")
        )
        assert none.ranker.text == uniform.ranker.text


def test_an_ablation_of_schemes_that_need_different_signals():
    log = encoded(checkerboard(), n_users=40, n_items=30)
    part = np.arange(len(log)) % 9 < 8
    held = HeldOut(log.take(part), pairs_table(log.take(~part)), None, "")
    found = ablate(held, TINY, schemes=["consensus", "loss_rank", "uniform"], n_seeds=1, n_threads=1)
    assert [arm.name for arm in found.arms] == ["none", "consensus", "loss_rank", "uniform"]
    assert found.arms[-1].differences["NDCG@10"].mean == 0


def test_popular_accidents_are_found_beside_popularity_only():
    shop = simulate_shop(300, 600, 9000, noise=0.3, random_state=1)
    log = build_interactions(shop.log)
    settings = Settings(n_queries=4500)
    samples = cross_fitted_samples(log, settings, event_times(log), n_threads=1, progress=Progress())
    rows = np.concatenate([part.judged_rows for part in samples])
    meant = ~shop.accidental[log.row[rows]]
    auc = {}
    for name in ("attention", "centred", "taste"):
        own = msgspec.structs.replace(settings, importance=name)
        importance = row_weights(log, samples, own, n_threads=1).importance[rows]
        auc[name] = roc_auc_score(meant, importance)
    assert auc["attention"] < 0.5 < auc["centred"] - 0.05 < auc["taste"] - 0.1
