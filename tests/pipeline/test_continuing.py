"""Continue training: what stays, what is learned anew, and that it helps in a shop that drifts."""

from dataclasses import replace
from functools import partial

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.appending import append_interactions
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.errors import DataError
from samplew_gbm.pipeline import (
    continue_training,
    evaluate,
    load_model,
    prepare,
    rankers,
    recommend,
    save_model,
    train,
)
from samplew_gbm.pipeline.continuing import interactions_of
from samplew_gbm.pipeline.learning import event_times, learn_tables
from samplew_gbm.pipeline.samples import NEGATIVE
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import RankerData
from tests.pipeline.tiny_logs import TINY, checkerboard, described, log_table, random_table

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
N_OLD = 240


def parts(order=Order.CLOCK):
    """The first two thirds of a log and the rest, with a new user and a new item."""
    table = checkerboard()
    later = table.slice(N_OLD).to_pydict()
    more = log_table([*later["user_id"], 99, 99], [*later["item_id"], 77, 0], None)
    more = more.append_column("timestamp", [[*later["timestamp"], 9e6, 9e6 + 60]])
    return build_interactions(table.slice(0, N_OLD), order=order), build_interactions(more, order=order)


def trees_of(text):
    return text[text.index("Tree=0") : text.index("end of trees")].split("Tree=")[1:]


def without_number(tree):
    return tree.partition("\n")[2].strip()


@ORDERS
def test_old_trees_stay_tables_are_those_of_both_and_newcomers_are_known(order):
    earlier, later = parts(order)
    old = train(earlier, TINY, n_threads=1)
    new = continue_training(old, later, n_threads=1)
    n_old = old.ranker.n_trees
    assert new.ranker.n_trees >= n_old
    pairs = zip(trees_of(old.ranker.text), trees_of(new.ranker.text)[:n_old], strict=True)
    assert all(without_number(a) == without_number(b) for a, b in pairs)
    log = append_interactions(earlier, later).interactions
    tables = learn_tables(log, TINY, events=event_times(log), n_threads=1, progress=Progress(), label="both")
    np.testing.assert_array_equal(new.tables.counts, tables.counts)
    np.testing.assert_array_equal(new.tables.embeddings.items, tables.embeddings.items)
    np.testing.assert_array_equal(new.histories.items, log.item_index)
    assert new.items.find(77) >= 0
    assert new.users.find(99) >= 0
    assert (old.report.n_continued, new.report.n_continued) == (0, 1)
    assert new.settings == old.settings


@ORDERS
def test_samples_are_made_of_later_rows_only_from_tables_of_rows_before(order):
    earlier, later = parts(order)
    appended = append_interactions(earlier, later)
    log = appended.interactions
    found = prepare(log, TINY, only=appended.is_new, n_threads=1).samples
    assert found
    for part in found:
        assert appended.is_new[part.judged_rows].all()
        assert appended.is_new[part.row[part.row != NEGATIVE]].all()
        assert not np.isin(part.judged_rows, part.learned_rows).any()
        if order is Order.CLOCK:
            assert log.timestamp[part.learned_rows].max() < log.timestamp[part.judged_rows].min()
    judged = np.concatenate([part.judged_rows for part in found])
    assert len(judged) == len(np.unique(judged))


def judged_by(*tables):
    """An NDCG that gives one array of the queries after the other, the last for ever."""
    left = list(tables)

    def ndcg(scores, label, indptr, k):
        values = left.pop(0) if len(left) > 1 else left[0]
        return np.resize(values, len(indptr) - 1).astype(np.float64)

    return ndcg


def test_rankers_that_do_not_help_do_not_join(monkeypatch):
    earlier, later = parts()
    old = train(earlier, TINY, n_threads=1)
    monkeypatch.setattr(rankers, "LEAST_VALID", 0)
    monkeypatch.setattr(rankers, "binary_ndcg", judged_by([0.5]))
    new = continue_training(old, later, n_threads=1)
    assert new.ranker.text == old.ranker.text
    assert new.report.validation == {"NDCG@10": 0.5}


@pytest.mark.parametrize(("gains", "joins"), [([0.1, 0.1], True), ([0.5, -0.4], False)])
def test_rankers_join_that_are_ahead_by_more_than_a_standard_error(monkeypatch, gains, joins):
    """Both gain .05 in the mean or more; of the second kind a few queries may be the luck of these."""
    valid = stopping_rows()
    monkeypatch.setattr(rankers, "binary_ndcg", judged_by([0.5, 0.5], np.add(0.5, gains)))
    ranker, metric = rankers._stopped_on(valid, valid, lambda *_: FlatRanker(), 1)
    assert (ranker is not None) == joins
    assert metric == pytest.approx(0.5 + np.mean(gains) * joins)


def test_nothing_is_added_where_too_few_users_could_judge_it():
    """Whose log is new, and small, gets all trees instead."""
    data = stopping_rows()
    held = np.array([True, False])

    def train_one(learn, valid, metric):
        assert valid is None
        return FlatRanker()

    assert rankers._train_and_stop(data, held, train_one, 1) == (None, None)
    ranker, metric = rankers._train_and_stop(replace(data, base=None), held, train_one, 1)
    assert isinstance(ranker, FlatRanker)
    assert metric is None


class FlatRanker:
    """Adds nothing to any score."""

    def scorer(self, n_threads, raw=False):
        return lambda features: np.zeros(len(features))


def stopping_rows():
    """Two queries with the scores of a ranker to go on from."""
    label = np.array([1, 0, 1, 0], np.int32)
    return RankerData(np.zeros((4, 1), np.float32), label, np.array([0, 2, 4]), base=np.zeros(4))


@ORDERS
def test_the_same_bits_for_any_number_of_threads_and_after_a_file(order, tmp_path):
    earlier, later = parts(order)
    old = train(earlier, TINY, n_threads=1)
    save_model(old, tmp_path / "old.swg")
    for name, start, threads in (("a", old, 1), ("b", load_model(tmp_path / "old.swg"), 2)):
        model = continue_training(start, later, n_threads=threads)
        assert (load_again := _saved(model, tmp_path / f"{name}.swg")).report.n_continued == 1
        assert recommend(load_again, k=5).equals(recommend(model, k=5))
    a, b = (load_model(tmp_path / f"{name}.swg") for name in "ab")
    assert a.ranker.text == b.ranker.text
    assert recommend(a, k=5).equals(recommend(b, k=5))


def _saved(model, path):
    save_model(model, path)
    return load_model(path)


def test_the_rows_of_a_model_are_those_that_it_was_trained_on():
    earlier, _ = parts()
    rows = interactions_of(train(earlier, TINY, n_threads=1))
    for name in ("user_index", "item_index", "timestamp", "indptr"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(earlier, name))


def test_a_log_that_is_known_already_is_refused():
    earlier, _ = parts()
    with pytest.raises(DataError, match=rf"no row later .*{N_OLD} rows are already in the model"):
        continue_training(train(earlier, TINY, n_threads=1), earlier, n_threads=1)


def test_other_columns_are_refused():
    earlier, later = parts()
    old = train(describe_items(earlier, described(30)), TINY, n_threads=1)
    assert continue_training(old, later, n_threads=1).feature_names == old.feature_names
    plain = train(earlier, TINY, n_threads=1)
    with pytest.raises(DataError, match="more: content, "):
        continue_training(plain, later, describe=partial(describe_items, table=described(30)), n_threads=1)


def test_another_order_is_refused():
    old = train(parts()[0], TINY, n_threads=1)
    with pytest.raises(DataError, match="ordered by time"):
        continue_training(old, build_interactions(random_table(), order=Order.NONE), n_threads=1)


def test_it_helps_a_model_of_few_rows_where_tastes_drift():
    """Against the old model that is told the same later rows as histories."""
    log = simulate_shop(120, 150, 4800, random_state=3, drift=0.2).log
    old_log, later, test = log.slice(0, 1200), log.slice(1200, 2800), log.slice(4000)
    settings = msgspec.structs.replace(TINY, n_trees=40, n_rankers=1)
    old = train(build_interactions(old_log), settings, gate=False, n_threads=2)
    new = continue_training(old, build_interactions(later), n_threads=2)
    before = evaluate(old, test, history=later, ks=(10,), n_threads=2).metrics["NDCG@10"]
    after = evaluate(new, test, ks=(10,), n_threads=2).metrics["NDCG@10"]
    assert after > 1.01 * before
