"""AttentionImportance: what its importance is, and that no pair is judged by what it has taught."""

import numpy as np
import pandas as pd
import pytest

from samplew_gbm import AttentionImportance
from samplew_gbm.importance.attention import importance_of

LARGE = 400


def log(n_users=60, n_items=40, n_taken=12, *, accident=0.0, seed=0):
    """Users of two tastes that take items of their own kind; of ``accident`` rows, any item."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(n_users), n_taken)
    item = 2 * rng.integers(0, n_items // 2, len(user)) + user % 2
    slip = rng.random(len(user)) < accident
    item[slip] = rng.integers(0, n_items, slip.sum())
    return np.stack([user, item], axis=1)


def step(**changes):
    return AttentionImportance(n_threads=1, **changes)


def test_importance_is_that_of_the_cross_fitted_affinity():
    rows = log()
    found = step().fit(rows)
    affinity = found.tables_.affinity(*rows.T)
    known = ~np.isnan(affinity)
    expected = importance_of(
        affinity[known].astype(np.float32), rows[known, 0].astype(np.int32), temperature=2.0, n_threads=1
    )
    importance, weight = found.transform(rows).T
    np.testing.assert_allclose(importance[known], expected, rtol=1e-4)
    assert importance.std() > 0.1
    for user in range(60):
        assert importance[known & (rows[:, 0] == user)].mean() == pytest.approx(1, abs=1e-9)
    assert weight.mean() == pytest.approx(1, abs=1e-9)


def test_what_was_fitted_is_transformed_alike_in_any_part_and_order():
    rows = log()
    whole = step().fit_transform(rows)
    again = step().fit(rows)
    np.testing.assert_array_equal(whole, again.transform(rows))
    np.testing.assert_array_equal(whole[5:9], again.transform(rows[5:9]))
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(whole[order], step().fit_transform(rows[order]))


def test_no_pair_is_judged_by_what_it_has_taught():
    """Of rows that follow no taste nothing can be known: taken pairs suit no better than others.

    Embeddings that have seen a pair give it away.
    """
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(0, 80, 1500), rng.integers(0, 60, 1500)], axis=1)
    others = np.stack([rng.integers(0, 80, 4000), rng.integers(0, 60, 4000)], axis=1)
    tables = step(n_factors=32).fit(rows).tables_
    taken = set(map(tuple, rows))
    others = others[[tuple(pair) not in taken for pair in others]]
    spread = np.nanstd(tables.affinity(*others.T))
    seen = np.einsum("nd,nd->n", tables.users[0][rows[:, 0]], tables.items[0][rows[:, 1]])
    own = tables.fold[np.searchsorted(tables.key, rows[:, 0] * tables.n_items + rows[:, 1])] == 0
    unseen_gap = abs(np.nanmean(tables.affinity(*rows.T)) - np.nanmean(tables.affinity(*others.T)))
    assert unseen_gap < 0.3 * spread
    assert seen[~own].mean() - seen[own].mean() > 2 * spread  # the judge that is not asked


def test_accidents_get_less():
    rows = log(accident=0.2, n_users=150)
    importance = step().fit_transform(rows)[:, 0]
    accident = rows[:, 1] % 2 != rows[:, 0] % 2
    assert importance[accident].mean() < 0.75 * importance[~accident].mean()


def test_who_is_not_known_has_importance_one():
    found = step().fit(log())
    strange = np.array([[LARGE, 3], [5, LARGE], [5, 3]])
    importance = found.transform(strange)[:, 0]
    assert importance[:2].tolist() == [1, 1]
    assert importance[2] != 1


def test_labels_say_what_was_taken():
    rows = log()
    shown = np.random.default_rng(1).integers(0, 40, len(rows))
    table = pd.DataFrame(
        {
            "price": 1.0,
            "item_id": np.append(rows[:, 1], shown),
            "user_id": np.append(rows[:, 0], rows[:, 0]),
            "label": np.repeat([1, 0], len(rows)),
        }
    )
    labelled = step().fit_transform(table)
    assert (labelled[len(rows) :, 0] == 1).all()
    np.testing.assert_array_equal(labelled[: len(rows)], step().fit_transform(rows))
    target = step().fit(table.drop(columns="label"), table["label"])
    np.testing.assert_array_equal(
        labelled[: len(rows)], target.transform(table.drop(columns="label"))[: len(rows)]
    )
    places = step(user=2, item="item_id", label=3).fit(table)
    np.testing.assert_array_equal(labelled, places.transform(table))


def test_ids_of_any_kind_give_the_same():
    rows = log()
    text = np.array([[f"u{user:03d}", f"i{item:03d}"] for user, item in rows])
    np.testing.assert_array_equal(step().fit_transform(rows), step().fit_transform(text))
    np.testing.assert_array_equal(step().fit_transform(rows), step().fit_transform(rows.tolist()))


def test_any_number_of_threads_gives_the_same_bits():
    rows = log()
    first, second = (AttentionImportance(n_threads=n).fit_transform(rows) for n in (1, 3))
    np.testing.assert_array_equal(first, second)
    assert (step(random_state=1).fit_transform(rows) != first).any()
