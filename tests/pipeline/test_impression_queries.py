"""Training queries that are lists that were shown: their rows, what they know, and what they never see."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.crossfit import Fold, judged_queries, plan_folds
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import Interactions, Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import event_log, impression_log
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.pipeline import train, weigh
from samplew_gbm.pipeline.assembling import assemble
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import NEGATIVE, samples_of
from samplew_gbm.progress import Progress
from tests.pipeline.learned import tables_of
from tests.pipeline.scheme_logs import settings_of
from tests.pipeline.tiny_logs import TINY

NAMES = ColumnNames(query_id="query_id", position="position", label="label")
ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


def table():
    return impression_log(simulate_shop(60, 60, 900, noise=0.2, random_state=4, keep_pages=True))


def log_of(given, order=Order.CLOCK) -> Interactions:
    return build_interactions(read_log(given, columns=NAMES), order=order)


def samples_in(log, settings=TINY):
    return cross_fitted_samples(log, settings, event_times(log), n_threads=1, progress=Progress())


@pytest.fixture(scope="module")
def shown() -> pa.Table:
    return table()


@ORDERS
def test_the_rows_of_a_query_are_what_it_showed(shown, order):
    log = log_of(shown, order)
    pages = {}
    for query, item in zip(shown["query_id"].to_pylist(), shown["item_id"].to_pylist(), strict=True):
        pages.setdefault(query, set()).add(item)
    n_queries = 0
    for fold in plan_folds(log, TINY):
        judged = judged_queries(log, fold)
        items = log.items.decode(judged.shown.items).to_pylist()
        for place, row in enumerate(judged.rows.tolist()):
            begin, end = judged.shown.indptr[place : place + 2]
            page = pages[int(log.query[row])]
            assert set(items[begin:end]) == page
            assert log.items.decode([log.item_index[row]])[0].as_py() in page
        n_queries += len(judged.queries)
    assert n_queries > 100


@ORDERS
def test_training_learns_from_exactly_these_rows(shown, order):
    log = log_of(shown, order)
    parts = samples_in(log)
    for part in parts:
        taken = part.row[part.row != NEGATIVE]
        assert (np.diff(part.indptr) >= 2).all()
        assert set(taken.tolist()) == set(part.judged_rows.tolist())
        sizes = log.impressions.lists.sizes[log.query[taken]]
        assert sorted(np.diff(part.indptr).tolist()) == sorted(sizes.tolist())
    model = train(log, TINY, gate=False, n_threads=1)
    assert model.report.candidate_recall == 1


@ORDERS
def test_a_list_stays_whole_where_items_are_described(shown, order):
    """Items of it that nobody took were shown all the same; ones that no list holds join the catalogue."""
    log = log_of(shown, order)
    seldom = np.flatnonzero(np.bincount(log.item_index, minlength=log.n_items) < 10)
    log = log.take(~np.isin(log.item_index, seldom))
    ids = ["0 unseen", *log.items.ids.to_pylist()]
    items = pa.table({"item_id": ids, "kind": [f"kind {len(name) % 3}" for name in ids]})
    described = describe_items(log, items)
    assert described.n_items == log.n_items + 1
    plain, ours = samples_in(log), samples_in(described)
    n_rows = 0
    for one, other in zip(plain, ours, strict=True):
        np.testing.assert_array_equal(one.row, other.row)
        np.testing.assert_array_equal(one.indptr, other.indptr)
        n_rows += len(one.row)
    assert n_rows > 1000


def test_a_position_is_never_a_feature(shown):
    """Where positions do not weigh, other positions train the same model to the last byte."""
    log = log_of(shown)
    chance = np.random.default_rng(0)
    moved = replace(
        log,
        position=chance.permutation(log.position),
        impressions=replace(log.impressions, position=chance.permutation(log.impressions.position)),
    )
    ours, theirs = (train(each, TINY, gate=False, n_threads=1) for each in (log, moved))
    assert ours.ranker.text == theirs.ranker.text
    assert not any("position" in name for name in ours.ranker.names)
    for ours, theirs in zip(samples_in(log), samples_in(moved), strict=True):
        np.testing.assert_array_equal(ours.features, theirs.features)


def test_later_rows_change_nothing_of_a_listed_query(shown):
    log = log_of(shown)
    fold = plan_folds(log, TINY)[0]
    last = log.timestamp[fold.judge].max()
    before = read_log(shown, columns=NAMES)
    earlier = before.filter(pa.array(before["timestamp"].to_numpy() <= last))
    short = replace(build_interactions(earlier), users=log.users, items=log.items)
    users, items = (np.asarray(known.encode(own.ids)) for known, own in _vocabularies(log, earlier))
    short = replace(
        short,
        user_index=users[short.user_index],
        item_index=items[short.item_index],
        impressions=short.impressions.renumbered(items),
    )
    rows = dict(zip(short.row.tolist(), range(len(short)), strict=True))
    moved = Fold(*(np.array([rows[row] for row in log.row[part]]) for part in (fold.learn, fold.judge)))
    ours, theirs = (
        samples_of(
            judged_queries(*pair), tables_of(pair[0], pair[1].learn), TINY, n_threads=1, advance=len_of
        )
        for pair in ((log, fold), (short, moved))
    )
    np.testing.assert_array_equal(ours.features, theirs.features)
    np.testing.assert_array_equal(ours.affinity, theirs.affinity)


def _vocabularies(log, earlier):
    short = build_interactions(earlier)
    return (log.users, short.users), (log.items, short.items)


def len_of(_):
    return None


def test_lists_that_teach_nothing_are_passed_over(shown):
    """A list of nothing but negatives is no query, one of a single row no choice; training goes on."""
    names = shown.column_names
    columns = {name: shown[name].to_pylist() for name in names}
    last = 1e6 + max(columns["timestamp"])
    user, item = columns["user_id"][0], columns["item_id"][0]
    alone = {"query_id": 10**6, "label": 1, "position": 1}
    unread = {"query_id": 10**6 + 1, "label": 0, "position": 1}
    for extra in (alone, unread):
        row = {"user_id": user, "item_id": item, "timestamp": last} | extra
        columns = {name: [*columns[name], row[name]] for name in names}
    log = log_of(columns)
    assert log.impressions.lists.sizes[-2:].tolist() == [0, 1]
    parts = samples_in(log)
    judged = sum(len(part.judged_rows) for part in parts)
    assert judged == 1 + sum(len(part.judged_rows) for part in samples_in(log_of(shown)))
    model = train(log, TINY, gate=False, n_threads=1)
    assert model.report.n_trees > 0


def test_a_log_whose_lists_hold_only_what_was_taken_cannot_teach(shown):
    one = {name: shown[name].to_pylist() for name in shown.column_names}
    kept = [row for row, label in enumerate(one["label"]) if label]
    one = {name: [values[row] for row in kept] for name, values in one.items()}
    log = log_of(one)
    assert log.impressions.lists.sizes.sum() == 0
    assert all(part.names for part in samples_in(log))  # their candidates are retrieved


def test_clicks_outside_the_list_are_learned_from_and_no_positives(shown):
    log = log_of(shown)
    other = (log.item_index + 1) % log.n_items
    inside = np.isin(
        log.query * log.n_items + other,
        log.impressions.lists.owner * log.n_items + log.impressions.lists.items,
    )
    rows = np.flatnonzero(~inside & (np.arange(len(log)) % 2 == 0))
    moved = log.item_index.copy()
    moved[rows] = other[rows]
    strayed = replace(log, item_index=moved)
    parts = samples_in(strayed)
    taken = np.concatenate([part.row[part.row != NEGATIVE] for part in parts])
    judged = np.concatenate([part.judged_rows for part in parts])
    assert not np.isin(taken, rows).any()
    assert np.isin(rows, judged).any()


def test_queries_without_a_list_get_retrieved_candidates_beside_those_with_one(shown):
    given = {name: shown[name].to_pylist() for name in shown.column_names}
    rows = list(zip(given["query_id"], given["label"], strict=True))
    kept = [row for row, (query, label) in enumerate(rows) if label or query % 2]
    mixed = log_of({name: [values[row] for row in kept] for name, values in given.items()})
    parts = samples_in(mixed)
    assert len(parts) == 2 * len(plan_folds(mixed, TINY))
    rows = assemble(parts)
    assert len(rows.label) == sum(len(part.row) for part in parts)
    weights = weigh(mixed, TINY, n_threads=1)
    assert np.isfinite(weights.sample_weight).all()
    assert train(mixed, TINY, gate=False, n_threads=1).report.n_trees > 0


@ORDERS
def test_rows_of_no_query_are_history_only(shown, order):
    log = log_of(shown, order)
    half = log.query % 2 == 0
    partly = replace(log, query=np.where(half, log.query, -1).astype(np.int32))
    folds = plan_folds(partly, TINY)
    judged = np.concatenate([fold.judge for fold in folds])
    assert half[judged].all()
    assert not half[np.concatenate([fold.learn for fold in folds])].all()


@ORDERS
def test_a_taken_row_from_a_low_place_weighs_more(shown, order):
    log = log_of(shown, order)
    factor = weigh(log, settings_of("attention", position_power=0.5), n_threads=1).factors["propensity"]
    low, high = factor[log.position == 16], factor[log.position == 1]
    assert np.ptp(low) < 1e-12
    assert low[0] / high[0] == pytest.approx(4)
    assert factor.mean() == pytest.approx(1)
    found = weigh(log, settings_of("attention", position_power=-1), n_threads=1).factors["propensity"]
    assert 0.5 < np.log(found[log.position == 4][0] / found[log.position == 1][0]) / np.log(4) < 1.5


def test_a_log_without_places_has_no_propensity_by_place(shown):
    log = log_of(shown)
    with pytest.raises(SettingsError, match="no positions are read from the log; name their column with"):
        weigh(replace(log, position=None), settings_of("attention", position_power=1), n_threads=1)
    with pytest.raises(SettingsError, match="position_power is -1, but the log does not say what was only"):
        weigh(replace(log, impressions=None), settings_of("attention", position_power=-1), n_threads=1)
    with pytest.raises(SettingsError, match=r"position_power is -0\.5; give one from 0 on, or -1 to find it"):
        settings_of("attention", position_power=-0.5)


@pytest.mark.parametrize("weighting", ["row", "pair"])
@pytest.mark.parametrize("order", [Order.CLOCK, Order.NONE], ids=lambda order: order.value)
def test_grades_are_the_labels_of_the_ranker(order, weighting):
    shop = simulate_shop(60, 60, 900, noise=0.1, random_state=5)
    log = build_interactions(read_log(event_log(shop)), order=order)
    settings = settings_of("attention", grades="view=1,cart=2,purchase=3", weighting=weighting)
    model = train(log, settings, gate=False, n_threads=1)
    plain = train(log, settings_of("attention", weighting=weighting), gate=False, n_threads=1)
    assert model.ranker.text != plain.ranker.text
    assert 0 < model.report.validation.get("NDCG@10", 0.5) <= 1
    again = train(log, settings, gate=False, n_threads=2)
    assert model.ranker.text == again.ranker.text
    assert len(weigh(log, settings, n_threads=1).importance) == len(log)


def test_labels_of_training_rows_are_the_grades_of_the_log(shown):
    log = log_of(shown)
    graded = replace(log, grade=(1 + np.arange(len(log)) % 3).astype(np.int32))
    rows = assemble(samples_in(graded), graded.grade)
    taken = rows.row != NEGATIVE
    assert rows.label[taken].tolist() == graded.grade[rows.row[taken]].tolist()
    assert not rows.label[~taken].any()
    part = rows.take(np.array([3, 1]))
    assert part.label.max() <= 3
    with pytest.raises(DataError, match="too small"):
        assemble([replace(each, user_index=each.user_index[:0]) for each in samples_in(log)])
