"""Users who arrive after training with a vector but no history: ranked by what those nearest to them took."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
from samplew_gbm.data.simulate import Shop, simulate_shop
from samplew_gbm.data.vectors import VectorTable, read_vectors
from samplew_gbm.errors import DataError, SchemaError
from samplew_gbm.explain.recommendation import explain_recommendation
from samplew_gbm.pipeline import (
    evaluate_users,
    load_model,
    recommend,
    save_model,
    score,
    train,
    with_new_users,
)
from samplew_gbm.pipeline.integrity import check_model
from samplew_gbm.pipeline.near_users import NEIGHBOURS, PRIOR
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY, checkerboard, log_table

N_USERS, N_ITEMS = 40, 30
EVEN, ODD, BARE = (
    7,
    41,
    33,
)  # new users: their tastes, and one whose vector is zeros; those of the log are even


def own_vectors(ids, width=4) -> VectorTable:
    """A direction by taste, and a little noise that is the user's own."""
    rows = [np.random.default_rng(user).normal(size=width) * 0.2 for user in ids]
    for row, user in zip(rows, ids, strict=True):
        row[0] += {EVEN: 1, ODD: -1}.get(user, 1 - 2 * (user // 2 % 2))
        row *= user != BARE
    return read_vectors((np.array(ids), np.array(rows)), key="user_id")


def grown(**rest) -> dict[str, VectorTable]:
    return {"text": own_vectors([*range(0, 2 * N_USERS, 2), EVEN, ODD, BARE], **rest)}


@cache
def trained():
    table = checkerboard(N_USERS, N_ITEMS)
    doubled = pa.array([2 * user for user in table["user_id"].to_pylist()])
    log = build_interactions(table.set_column(0, "user_id", doubled))
    items = np.random.default_rng(0).normal(size=(N_ITEMS, 4))
    log = join_item_vectors(log, {"text": read_vectors((np.arange(N_ITEMS), items))})
    return train(
        join_user_vectors(log, {"text": own_vectors(range(0, 2 * N_USERS, 2))}), TINY, gate=False, n_threads=1
    )


def served():
    return with_new_users(trained(), grown())


def naive_counts(model, user: int) -> np.ndarray:
    """The definition, user by user."""
    unit = model.tables.side.user_vectors[0].unit.astype(np.float64)
    own = unit[model.users.find(user)]
    histories = [set(model.histories.slice(u, u + 1).items.tolist()) for u in range(len(model.users))]
    likeness = sorted(((own @ unit[u], u) for u in range(len(unit)) if histories[u]), reverse=True)
    near = [(weight, u) for weight, u in likeness[:NEIGHBOURS] if weight > 0]
    n_users = sum(map(bool, histories))
    counts = np.zeros(len(model.items))
    for item in range(len(counts)):
        share = sum(item in took for took in histories) / n_users
        taken = sum(weight for weight, u in near if item in histories[u])
        counts[item] = n_users * (taken + PRIOR * share) / (sum(weight for weight, _ in near) + PRIOR)
    return counts


@pytest.mark.parametrize(("user", "parity"), [(EVEN, 0), (ODD, 1)])
def test_a_new_user_gets_what_those_like_him_took(user, parity):
    top = recommend(served(), users=pa.array([user]), k=N_ITEMS // 2, n_threads=1)
    assert {item % 2 for item in top["item_id"].to_pylist()} == {parity}
    counts = naive_counts(served(), user)
    pairs = pa.table({"user_id": [user] * N_ITEMS, "item_id": range(N_ITEMS)})
    found = score(served(), pairs, n_threads=1)["score"].to_numpy()
    np.testing.assert_allclose(found + 1000, np.log1p(counts), rtol=1e-5)
    assert top["item_id"].to_pylist() == np.lexsort((np.arange(N_ITEMS), -found))[: N_ITEMS // 2].tolist()


def test_who_has_no_vector_gets_what_is_popular():
    stranger, bare = (
        recommend(served(), users=pa.array([user]), k=5, n_threads=1).drop_columns("user_id")
        for user in (1001, BARE)
    )
    assert stranger.equals(bare)


def test_users_with_a_history_are_ranked_as_before():
    known = trained().users.ids
    assert recommend(served(), users=known, k=5, n_threads=1).equals(recommend(trained(), k=5, n_threads=1))
    everybody = recommend(served(), k=5, n_threads=1)
    assert everybody["user_id"].unique().to_pylist() == served().users.ids.to_pylist()
    later = log_table([EVEN] * 3, [0, 2, 4], [100, 101, 102])
    visited = recommend(served(), users=pa.array([EVEN]), history=later, k=5, n_threads=1)
    assert min(visited["score"].to_pylist()) > -900  # by the ranker
    assert not {0, 2, 4} & {*visited["item_id"].to_pylist()}


def test_a_grown_model_is_whole_and_any_number_of_threads_serves_it_alike(tmp_path):
    check_model(served())
    save_model(served(), tmp_path / "m.swg")
    loaded = load_model(tmp_path / "m.swg")
    tables = [recommend(model, k=7, n_threads=n) for model, n in ((served(), 1), (loaded, 3))]
    assert tables[0].equals(tables[1])
    assert with_new_users(trained(), {"text": own_vectors([0, 2])}) is trained()


def test_an_explanation_says_so_and_agrees():
    top = recommend(served(), users=pa.array([ODD]), k=3, n_threads=1).to_pylist()
    for row in top:
        found = explain_recommendation(served(), ODD, row["item_id"], n_threads=1)
        assert (found.score, found.rank) == (row["score"], row["rank"])
        assert found.total == pytest.approx(found.score)
        assert "nearest by their vectors" in found.notes[0]


def test_vectors_that_training_had_not():
    for tables, error, words in (
        ({"image": grown()["text"]}, DataError, r"'image' of width 4 .* trained with: text \(4\)"),
        (grown(width=5), DataError, "'text' of width 5"),
        ({"text": read_vectors({"a": [1.0] * 4})}, SchemaError, "user ids are text, but numbers"),
    ):
        with pytest.raises(error, match=words):
            with_new_users(trained(), tables)


def of_new_users(shop: Shop, new: np.ndarray, table: pa.Table) -> pa.Table:
    names = set(shop.user_ids.filter(pa.array(new)).to_pylist())
    return table.filter(pa.array([user in names for user in table["user_id"].to_pylist()]))


def test_newcomers_of_a_shop_are_served_better_than_by_popularity():
    shop = simulate_shop(n_users=700, n_items=300, n_interactions=9000, random_state=3)
    new = np.random.default_rng(0).random(700) < 0.3
    log = build_interactions(shop.log.filter(pa.array(~new[shop.user_index])))
    log = join_item_vectors(log, {"taste": read_vectors((shop.item_ids, shop.item_factors))})
    noise = np.random.default_rng(1).normal(size=shop.first_user_factors.shape)
    for likeness, better in ((shop.first_user_factors + 0.1 * noise, True), (noise, False)):
        told = {"taste": read_vectors((shop.user_ids, likeness), key="user_id")}  # from before the log
        joined = join_user_vectors(log, told)
        model = train(joined, Settings(n_trees=2, n_queries=100, n_epochs=2), gate=False, n_threads=1)
        truth = of_new_users(shop, new, shop.truth)
        popular, near = (
            evaluate_users(each, truth, n_threads=1).per_user["NDCG@10"].mean()
            for each in (model, with_new_users(model, told))
        )
        assert near > (1.3 if better else 0.85) * popular
