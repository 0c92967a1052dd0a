"""Training on a feature matrix: the order of its rows, who judges them, what the gate leaves."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.pipeline.matrix import own_rankers, train_matrix
from samplew_gbm.pipeline.matrix_affinity import affinity_of
from samplew_gbm.pipeline.matrix_gating import judge_matrix
from samplew_gbm.pipeline.matrix_rows import MatrixRows, canonical_order
from samplew_gbm.pipeline.matrix_weighing import weigh_matrix
from samplew_gbm.pipeline.proving import LEAST_ASKED
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

SMALL = Settings(n_trees=20, n_rankers=1, n_folds=3, n_factors=2)
SIZE = 8


def rows_of(n_queries=150, *, ids=False, seed=0, accident=0.0, taste=1.0):
    """Grades 0 to 2 by the first column, but for ``accident`` of them; with ``ids`` users of two tastes."""
    rng = np.random.default_rng(seed)
    n = n_queries * SIZE
    features = rng.normal(size=(n, 3)).astype(np.float32)
    query = np.repeat(np.arange(n_queries), SIZE)
    item = rng.integers(0, 30, n).astype(np.int32)
    user = (query // 3).astype(np.int32)
    score = features[:, 0] + taste * (item % 2 == user % 2) + 0.4 * rng.normal(size=n)
    label = np.clip(np.round(score), 0, 2).astype(np.int32)
    slip = rng.random(n) < accident
    label[slip] = rng.integers(0, 3, slip.sum())
    rows = MatrixRows(
        ("a", "b", "c"), (), features, label, np.arange(n_queries + 1) * SIZE, np.arange(n_queries)
    )
    return replace(rows, user=user, item=item, owner=np.arange(n_queries) // 3) if ids else rows


def with_single_queries(rows):
    return replace(rows, user=rows.query.astype(np.int32))


def vectors():
    """Of each item its kind, as a ready embedding."""
    return np.eye(2, dtype=np.float32)[np.arange(30) % 2] * 3


LEARNER = own_rankers(None, n_threads=1, progress=Progress())


def affinity(rows, settings=SMALL):
    return affinity_of(rows, settings, LEARNER, n_threads=1)


JUDGES = {
    "score": lambda: rows_of(),
    "embeddings": lambda: rows_of(300, ids=True, taste=2.0),
    "ready": lambda: replace(rows_of(ids=True), vectors=vectors()),
    "one query a user": lambda: with_single_queries(rows_of(ids=True)),
}


@pytest.mark.parametrize("name", ["score", "embeddings", "ready"])
def test_labels_of_a_query_do_not_reach_its_own_affinity(name):
    rows = JUDGES[name]()
    before = affinity(rows)
    own = rows.query == 11
    label = rows.label.copy()
    label[own] = np.where(label[own] > 0, 3 - label[own], 0)
    swapped = affinity(replace(rows, label=label))
    np.testing.assert_array_equal(before[own], swapped[own])
    label[own & (label > 0)] = 0
    taken = affinity(replace(rows, label=label))
    if name == "score":
        np.testing.assert_array_equal(before[own], taken[own])
    assert (before != taken)[~own & ~np.isnan(before)].any()  # others do learn from them


def test_a_pair_taken_twice_does_not_vouch_for_itself():
    rows = rows_of(ids=True)
    alone = rows.query == 0
    rare = np.flatnonzero(alone & (rows.label > 0))[0]
    again = np.flatnonzero((rows.query == 1) & (rows.label > 0))[0]
    item = rows.item.copy()
    item[[rare, again]] = 30  # nobody else takes it
    found = affinity(replace(rows, item=item))
    assert np.isnan(found[[rare, again]]).all()


@pytest.mark.parametrize("name", JUDGES)
def test_affinity_knows_what_suits(name):
    rows = JUDGES[name]()
    found = affinity(rows)
    known = ~np.isnan(found)
    assert known.mean() > 0.85
    if name == "score":
        assert np.corrcoef(found, rows.features[:, 0])[0, 1] > 0.8
    elif name != "one query a user":
        suits = rows.item % 2 == rows.user % 2
        assert found[known & suits].mean() > found[known & ~suits].mean() + 0.2 * found[known].std()


def test_too_few_queries_judge_nobody():
    rows = rows_of(n_queries=19)
    assert np.isnan(affinity(rows)).all()
    weights = weigh_matrix(rows, affinity(rows), SMALL, n_threads=1)
    assert (weights.weight == 1).all()


def test_a_grade_is_worth_the_same_with_and_without_weights():
    rows = rows_of()
    weights = weigh_matrix(rows, affinity(rows), SMALL, n_threads=1)
    assert (weights.weight[rows.label == 0] == 1).all()
    assert weights.weight[rows.label > 0].mean() == pytest.approx(1)
    for query in range(5):
        for grade in (1, 2):
            segment = (rows.query == query) & (rows.label == grade)
            if segment.any():
                assert weights.importance[segment].mean() == pytest.approx(1, abs=1e-5)
    soft = msgspec.structs.replace(SMALL, negatives="softened")
    negatives = weigh_matrix(rows, affinity(rows), soft, n_threads=1).weight[rows.label == 0]
    assert negatives.mean() == pytest.approx(1)
    assert negatives.std() > 0.05


def test_clicks_further_down_count_more():
    rows = rows_of()
    position = np.tile(np.arange(1, SIZE + 1), 150)
    exposed = replace(rows, exposure=position / 4)
    even = msgspec.structs.replace(SMALL, importance="uniform", weight_high=1.5)
    weight = weigh_matrix(exposed, affinity(rows), even, n_threads=1).weight
    positive = rows.label > 0
    expected = np.minimum(position[positive] / 4, 1.5)
    np.testing.assert_allclose(weight[positive], expected / expected.mean())
    assert (weight[~positive] == 1).all()


def judged(rows, settings=SMALL, **options):
    given = {"trusted": True, "search": False, "pairs": True, **options}
    return judge_matrix(rows, settings, LEARNER, **given, n_threads=1, progress=Progress())


def test_weights_of_the_wrong_sign_are_refused_and_leave_the_twin():
    rows = rows_of(n_queries=300, accident=0.5)
    wrong = msgspec.structs.replace(SMALL, importance="wrong_sign", temperature=0.02)
    model = train_matrix(rows, wrong, LEARNER, n_threads=1)
    twin = train_matrix(rows, msgspec.structs.replace(SMALL, importance="none"), LEARNER, n_threads=1)
    assert not model.verdict.kept
    assert model.verdict.low < 0
    assert model.ranker.text == twin.ranker.text
    assert model.weight is None
    assert "queries kept out" in model.verdict.words()


def test_weights_that_do_nothing_are_not_kept():
    settings, verdict = judged(rows_of(), msgspec.structs.replace(SMALL, importance="uniform"))
    assert not verdict.kept
    assert verdict.change == verdict.low == verdict.high == 0
    assert settings.importance == "none"


def test_a_search_tries_the_forms_that_the_matrix_can_have():
    few = msgspec.structs.replace(SMALL, n_trees=3)
    plain, with_items = (judged(rows_of(ids=ids), few, search=True)[1] for ids in (False, True))
    assert plain.n_settings == 7
    assert plain.unit == "queries"
    assert set(plain.controls) == {"placebo", "wrong_sign"}
    assert judged(rows_of(), few, search=True, pairs=False)[1].n_settings == 5
    assert with_items.n_users < LEAST_ASKED  # 50 users: too few to tell
    assert with_items.unit == "users"


def test_no_owner_is_on_both_sides(monkeypatch):
    seen = []

    def learner(rows, weight, settings):
        seen.append(set(rows.owner.tolist()))
        return LEARNER(rows, weight, settings)

    rows = replace(rows_of(n_queries=200), owner=np.arange(200) // 2)
    judge_matrix(
        rows,
        msgspec.structs.replace(SMALL, n_trees=2),
        learner,
        trusted=True,
        search=False,
        pairs=True,
        n_threads=1,
        progress=Progress(),
    )
    whole = [owners for owners in seen if len(owners) == 50]
    sides = {frozenset(owners) for owners in whole}
    assert len(sides) == 2
    assert frozenset.intersection(*sides) == frozenset()
    # Whatever judges the rows of a half has seen nothing of the other half either.
    assert all(any(owners <= side for side in sides) for owners in seen)


def test_the_order_of_rows_is_that_of_their_content():
    rng = np.random.default_rng(0)
    features = rng.integers(0, 3, (500, 2)).astype(np.float32)
    features[::7, 0] = np.nan
    features[1::7, 0] = -0.0
    query, label = rng.integers(0, 5, 500), rng.integers(0, 2, 500)
    order = canonical_order(query, features, label)
    shuffle = rng.permutation(500)
    again = shuffle[canonical_order(query[shuffle], features[shuffle], label[shuffle])]
    for values in (query, label, features):
        np.testing.assert_array_equal(values[order], values[again])
    assert (np.diff(query[order]) >= 0).all()
    first = label[order][query[order] == 0]
    assert (
        abs(first[: len(first) // 2].mean() - first[len(first) // 2 :].mean()) < 0.25
    )  # no answer in the order
