"""Ready vectors in candidates, importance and recommendations: also of items that nobody has taken."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from samplew_gbm.candidates.vectors import UserVectors, Vectors
from samplew_gbm.data.crossfit import judged_queries
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.joining import join_item_vectors
from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.errors import BundleError, DataError
from samplew_gbm.importance.measured.vector_cosine import vector_cosines
from samplew_gbm.kernels.scoring import LEAST_WEIGHT
from samplew_gbm.pipeline import load_model, recommend, save_model, score, train, weigh
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.newcomers import MOST, hidden_items, offered_items, without_events, without_items
from tests.candidates.source_checks import scores_of
from tests.pipeline.learned import folds_of, learned
from tests.pipeline.scheme_logs import settings_of
from tests.pipeline.tiny_logs import TINY, checkerboard, random_log
from tests.reference import vectors as naive

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
NEW = 4  # items of each taste that the checkerboard lacks


def tastes(n_items=30):
    """Items of the checkerboard and new ones, whose vectors tell the two tastes apart."""
    ids = np.arange(n_items + 2 * NEW)
    noise = np.random.default_rng(0).normal(size=(len(ids), 6)) * 0.3
    noise[:, 0] += np.where(ids % 2, 1, -1)
    return read_vectors((ids, noise))


def board(order=Order.CLOCK):
    return join_item_vectors(build_interactions(checkerboard(), order=order), {"text": tastes()})


@ORDERS
@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_a_source_is_the_cosine_of_item_and_decayed_history(order, decay):
    case = learned(order)
    vectors = case.tables.side.item_vectors[1]
    scores = scores_of(Vectors(vectors, decay), case.judged.queries, case.log.n_items)
    lists = case.judged.queries.histories
    for query in range(0, len(lists), 7):
        history = lists.items[slice(*lists.indptr[query : query + 2])]
        profile = naive.profile(history, decay, vectors.unit, LEAST_WEIGHT)
        expected = [naive.cosine(profile, row) for row in vectors.unit]
        np.testing.assert_allclose(scores[query], np.nan_to_num(expected), atol=1e-5)


def test_a_users_own_vector_scores_for_that_user_and_strangers_get_nothing():
    case = learned(Order.CLOCK)
    users, items = case.tables.side.user_vectors[0], case.tables.side.item_vectors[0]
    asked = replace(case.judged.queries.slice(0, 3), user_index=np.array([4, -1, 9], np.int32))
    scores = scores_of(UserVectors(users, items), asked, case.log.n_items)
    np.testing.assert_allclose(scores[[0, 2]], users.unit[[4, 9]] @ items.unit.T, atol=1e-6)
    assert not scores[1].any()


@ORDERS
def test_the_signal_is_the_cosine_to_the_other_items_and_neutral_where_unknown(order):
    log = random_log(order)
    judged = judged_queries(log, folds_of(log)[0])
    histories, taken = judged.queries.histories, judged.positives
    image = log.side.item_vectors[1]
    found = vector_cosines([image], histories, taken, judged.user_index)
    expected = np.array(
        [
            naive.closeness(image.unit, histories.items[slice(*histories.indptr[query : query + 2])], item)
            for query, item in zip(taken.owner, taken.items, strict=True)
        ]
    )
    users = judged.user_index[taken.owner]
    for user in np.unique(users):
        own = expected[users == user]
        expected[(users == user) & np.isnan(expected)] = np.nanmean(own) if not np.isnan(own).all() else 0.0
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.isnan(expected).sum() == 0


def test_importance_by_vectors_alone_finds_the_rows_that_do_not_belong():
    table = checkerboard()
    items = table["item_id"].to_numpy().copy()
    wrong = np.random.default_rng(1).random(len(items)) < 0.1
    items[wrong] += 1 - 2 * (items[wrong] % 2)
    noisy = table.set_column(1, "item_id", pa.array(items))
    log = join_item_vectors(build_interactions(noisy), {"text": tastes()})
    importance = weigh(log, settings_of("vectors"), n_threads=1).importance
    judged = importance != 1
    assert roc_auc_score(~wrong[log.row][judged], importance[judged]) > 0.9
    with pytest.raises(DataError, match=r"'vectors' needs ready vectors of the items.*--item-vectors"):
        weigh(build_interactions(noisy), settings_of("vectors"), n_threads=1)


@ORDERS
def test_items_that_nobody_has_taken_are_recommended_and_scored_to_whom_they_suit(order, tmp_path):
    log = board(order)
    model = train(log, settings_of("none", n_trees=40), n_threads=1)
    save_model(model, tmp_path / "m.swg")
    model = load_model(tmp_path / "m.swg")
    assert len(model.items) == 30 + 2 * NEW
    new = np.arange(30, 30 + 2 * NEW)
    users = model.users.ids.to_numpy()
    pairs = pa.table({"user_id": np.repeat(users, len(new)), "item_id": np.tile(new, len(users))})
    scores = score(model, pairs, n_threads=1)["score"].to_numpy().reshape(len(users), -1)
    suits = users[:, None] % 2 == new % 2
    assert np.mean(scores[suits].mean() > scores[~suits]) > 0.9
    top = recommend(model, k=12, n_threads=1)
    chosen = top["item_id"].to_numpy()
    cold = chosen >= 30
    assert cold.any()
    assert np.mean(chosen[cold] % 2 == top["user_id"].to_numpy()[cold] % 2) > 0.9


def test_folds_hide_a_share_of_items_only_where_some_are_new():
    log = board()
    hidden = hidden_items(log, 0, 1)
    assert 0 < hidden.sum() < 30 * 2 * MOST
    assert not hidden[30:].any()
    assert not np.array_equal(hidden, hidden_items(log, 0, 2))
    np.testing.assert_array_equal(hidden, hidden_items(log, 0, 1))
    assert not hidden[without_items(log, hidden).item_index].any()
    events = without_events(event_times(log), hidden)
    sizes, before = np.diff(events.indptr), np.diff(event_times(log).indptr)
    np.testing.assert_array_equal(sizes, np.where(hidden, 0, before))
    assert len(events.time) == sizes.sum()
    plain = build_interactions(checkerboard())
    assert not hidden_items(plain, 0, 1).any()
    assert offered_items(plain, folds_of(plain)[0]) is None


def test_what_nobody_took_by_the_end_of_a_fold_is_not_offered_in_it():
    log = board()
    for fold in folds_of(log):
        rows = np.concatenate([fold.learn, fold.judge])
        np.testing.assert_array_equal(
            np.flatnonzero(offered_items(log, fold)), np.unique(log.item_index[rows])
        )


def with_unit(change):
    def damage(side):
        (vectors,) = side.item_vectors
        return replace(side, item_vectors=(replace(vectors, unit=change(vectors.unit)),))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        with_unit(lambda unit: unit[1:]),
        with_unit(lambda unit: unit * np.float32(np.nan)),
        with_unit(lambda unit: unit.astype(np.float64)),
        with_unit(lambda unit: unit[:, :0]),
        lambda side: replace(side, item_vectors=(), user_vectors=side.item_vectors),
    ],
)
def test_side_tables_that_do_not_fit_are_refused(damage, tmp_path):
    model = train(board(), TINY, gate=False, n_threads=1)
    tables = replace(model.tables, side=damage(model.tables.side))
    save_model(replace(model, tables=tables), tmp_path / "m.swg")
    with pytest.raises(BundleError, match="do not fit together"):
        load_model(tmp_path / "m.swg")
