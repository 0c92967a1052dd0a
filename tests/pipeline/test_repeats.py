"""Models of given lists know what a user took before; models of all other logs are as they were."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.bundle import read_bundle
from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import BundleError
from samplew_gbm.explain.recommendation import explain_recommendation
from samplew_gbm.export.exporting import export_model
from samplew_gbm.features.repeats import COLUMNS
from samplew_gbm.pipeline import continue_training, evaluate, load_model, recommend, save_model, score, train
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import NEGATIVE
from samplew_gbm.progress import Progress
from tests.pipeline.tiny_logs import DAY, TINY

NAMES = ColumnNames(query_id="query_id", label="label")
ORDERED = pytest.mark.parametrize("order", [Order.CLOCK, Order.FILE], ids=lambda order: order.value)
SET = ("covisited", "covisited_second", "nearest", "linear", "spectral")
FILE = (*SET, "linear_next", "softmax_next", "transition", "covisited_last", "neighbours")
SIMILAR = tuple(f"similarity_{how}" for how in ("attended", "best", "last", "mean"))
TIMES = ("popularity_7d", "popularity_30d", "popularity_180d", "popularity_before", "trend")


def columns_of(sources, *others):
    return (*(f"{source}{part}" for source in sources for part in ("", "_relative", "_rank")), *others)


ORDINARY = {
    Order.NONE: columns_of(SET, *SIMILAR[:2], SIMILAR[3], "popularity", "history_length"),
    Order.FILE: columns_of(FILE, *SIMILAR, "popularity", "history_length"),
    Order.CLOCK: columns_of(
        (*FILE, "session"),
        *SIMILAR,
        "popularity",
        *TIMES,
        "item_age_days",
        "item_idle_days",
        "history_length",
    ),
}
"""Columns of a log without lists and without anything said of items or users."""
N_USERS, N_ITEMS, N_VISITS, N_SHOWN = 24, 20, 12, 6


def pages(first_visit=0, n_visits=N_VISITS, seed=0):
    """Every visit shows a few items; half of the clicks are on one that the user clicked before."""
    rng = np.random.default_rng(seed)
    taken = {user: [] for user in range(N_USERS)}
    rows = []
    for visit in range(n_visits):
        for user in range(N_USERS):
            shown = rng.permutation(N_ITEMS)[:N_SHOWN].tolist()
            again = [item for item in shown if item in taken[user]]
            clicked = again[-1] if again and visit % 2 else shown[0]
            taken[user].append(clicked)
            query, time = (first_visit + visit) * N_USERS + user, (first_visit + visit + user / N_USERS) * DAY
            rows += [(user, item, time, query, int(item == clicked)) for item in shown]
    names = ("user_id", "item_id", "timestamp", "query_id", "label")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def clicks(table):
    """The same log as if no list were known."""
    kept = table.filter(pa.array(table["label"].to_numpy() == 1))
    return kept.select(["user_id", "item_id", "timestamp"])


def log_of(table, order=Order.CLOCK):
    names = NAMES if "label" in table.column_names else ColumnNames()
    return build_interactions(read_log(table, columns=names), order=order)


@cache
def model_of(lists=True, order=Order.CLOCK):
    return train(log_of(pages() if lists else clicks(pages()), order), TINY, gate=False, n_threads=1)


def pairs_of(users):
    users, items = np.repeat(users, N_ITEMS), np.tile(np.arange(N_ITEMS), len(users))
    return pa.table({"user_id": users, "item_id": items})


def histories_before(table):
    """Of every query what its user clicked before it, oldest first: from the table alone."""
    taken, found = {}, {}
    for row in table.to_pylist():
        if row["label"]:
            found[row["query_id"]] = list(taken.setdefault(row["user_id"], []))
            taken[row["user_id"]].append(row["item_id"])
    return found, taken


def repeats_in(history, item):
    return history.count(item), history[::-1].index(item) + 1 if item in history else np.nan


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_only_models_of_ordered_lists_have_the_columns_and_the_others_what_they_had(order):
    ours, plain = (model_of(lists, order).feature_names for lists in (True, False))
    assert not set(COLUMNS) & set(plain)
    assert plain == ORDINARY[order]
    assert ours == (plain if order is Order.NONE else (*plain, *COLUMNS))


def test_a_log_whose_lists_are_empty_has_no_repeats():
    table = pages()
    assert log_of(table).repeats
    assert not log_of(table.filter(pa.array(table["label"].to_numpy() == 1))).repeats
    assert log_of(table).take(np.arange(50)).repeats
    assert log_of(table).compact().repeats


@ORDERED
def test_training_sees_what_was_taken_strictly_before_the_query(order):
    table = pages()
    log, before = log_of(table, order), histories_before(table)[0]
    n_rows = n_again = 0
    for part in cross_fitted_samples(log, TINY, event_times(log), n_threads=1, progress=Progress()):
        places = [part.names.index(name) for name in COLUMNS]
        for start, stop in zip(part.indptr[:-1], part.indptr[1:], strict=True):
            row = part.row[start:stop]
            query = int(log.query[row[row != NEGATIVE][0]])
            shown = sorted(
                table.filter(pa.array(table["query_id"].to_numpy() == query))["item_id"].to_pylist()
            )
            wanted = [repeats_in(before[query], item) for item in shown]
            np.testing.assert_array_equal(part.features[start:stop, places], np.array(wanted, np.float32))
            n_rows += stop - start
            n_again += sum(count > 0 for count, _ in wanted)
    assert n_rows > n_again > 100


@ORDERED
def test_serving_sees_the_same_and_later_interactions_too(order):
    model, taken = model_of(order=order), histories_before(pages())[1]
    later = clicks(pages(N_VISITS, 2, seed=1))
    for user, history in ((3, None), (3, later)):
        more = [] if history is None else history.filter(pa.array(history["user_id"].to_numpy() == user))
        past = taken[user] + ([] if history is None else more["item_id"].to_pylist())
        for item in range(N_ITEMS):
            found = explain_recommendation(model, user, item, history=history, n_threads=1)
            values = {part.feature: part.value for part in found.features}
            np.testing.assert_array_equal([values[name] for name in COLUMNS], repeats_in(past, item))
            assert found.total == pytest.approx(found.score)


def test_what_was_taken_before_is_learned():
    model = model_of()
    assert sum(model.report.feature_gain[name] for name in COLUMNS) > 0
    without = train(replace(log_of(pages()), repeats=False), TINY, gate=False, n_threads=1)
    assert model.ranker.text != without.ranker.text


@pytest.mark.parametrize("lists", [True, False])
def test_pairs_and_what_was_seen_are_scored_alike_by_models_of_both_kinds(lists):
    model, users = model_of(lists), np.array([1, 5])
    scored = score(model, pairs_of(users), n_threads=1)
    wanted = {(row["user_id"], row["item_id"]): row["score"] for row in scored.to_pylist()}
    taken = histories_before(pages())[1]
    for include_seen in (True, False):
        found = recommend(model, users=pa.array(users), k=N_ITEMS, include_seen=include_seen, n_threads=1)
        rows = found.to_pylist()
        assert all(row["score"] == wanted[row["user_id"], row["item_id"]] for row in rows)
        assert any(row["item_id"] in taken[row["user_id"]] for row in rows) == include_seen
    metrics = evaluate(model, clicks(pages(N_VISITS, 2, seed=1)), ks=(5,), n_threads=1).metrics
    assert 0 <= metrics["NDCG@5"] <= 1


@pytest.mark.parametrize("lists", [True, False])
def test_a_model_comes_back_from_its_file_with_its_columns(lists, tmp_path):
    model = model_of(lists)
    save_model(model, tmp_path / "m.swg")
    back = load_model(tmp_path / "m.swg")
    save_model(back, tmp_path / "again.swg")
    assert (tmp_path / "again.swg").read_bytes() == (tmp_path / "m.swg").read_bytes()
    assert back.tables.repeats == lists
    assert ("repeats" in read_bundle(tmp_path / "m.swg").json("header")) == lists
    pairs = pairs_of(np.arange(4))
    assert score(back, pairs, n_threads=1).equals(score(model, pairs, n_threads=1))


def test_a_model_of_lists_from_before_goes_on_without_repeats(tmp_path):
    log = replace(log_of(pages()), repeats=False)
    save_model(train(log, TINY, gate=False, n_threads=1), tmp_path / "old.swg")
    old = load_model(tmp_path / "old.swg")
    new = continue_training(old, log_of(pages(N_VISITS, 3, seed=1)), n_threads=1)
    assert new.feature_names == old.feature_names
    assert not set(COLUMNS) & set(new.feature_names)


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("more_lists", [True, False])
def test_a_model_that_goes_on_keeps_its_columns_whatever_comes(lists, more_lists):
    later = pages(N_VISITS, 4, seed=1)
    old = model_of(lists)
    new = continue_training(old, log_of(later if more_lists else clicks(later)), n_threads=1)
    assert new.feature_names == old.feature_names
    assert new.tables.repeats == lists
    assert len(score(new, pairs_of(np.arange(4)), n_threads=1)) == 4 * N_ITEMS


@pytest.mark.parametrize("lists", [True, False])
def test_a_file_whose_flag_does_not_fit_its_trees_is_refused(lists, tmp_path):
    model = model_of(lists)
    save_model(replace(model, tables=replace(model.tables, repeats=not lists)), tmp_path / "m.swg")
    with pytest.raises(BundleError, match="the features of repeats do not fit"):
        load_model(tmp_path / "m.swg")


def test_an_export_names_the_columns(tmp_path):
    export_model(model_of(), "lightgbm", tmp_path / "out")
    text = "".join(path.read_text() for path in sorted((tmp_path / "out").iterdir()))
    assert all(name in text for name in COLUMNS)
