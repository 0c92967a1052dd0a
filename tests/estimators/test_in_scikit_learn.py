"""Inside scikit-learn's own tools, and with the tables that people have."""

import lightgbm as lgb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, HalvingGridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from samplew_gbm import AttentionImportance
from samplew_gbm.pipeline.matrix_rows import canonical_order
from tests.estimators.matrices import ranker, search

ROWS = search(n_queries=60)


@pytest.fixture
def routed():
    with sklearn.config_context(enable_metadata_routing=True):
        yield (
            ranker()
            .set_fit_request(query_id=True, user_id=True, item_id=True)
            .set_score_request(query_id=True)
        )


@pytest.mark.parametrize(("search_cv", "n_jobs"), [(GridSearchCV, 2), (HalvingGridSearchCV, None)])
def test_a_search_over_parameters_with_queries_kept_whole(routed, search_cv, n_jobs):
    grid = {"importance": ["none", "attention"], "n_leaves": [4, 8]}
    found = search_cv(routed, grid, cv=GroupKFold(2), n_jobs=n_jobs, error_score="raise")
    found.fit(ROWS.X, ROWS.y, groups=ROWS.query_id, **ROWS.ids)
    assert found.best_params_["n_leaves"] in (4, 8)
    assert found.best_score_ > 0.7
    assert found.predict(ROWS.X).shape == ROWS.y.shape


def test_cross_validation_hands_each_row_its_query(routed):
    params = {"groups": ROWS.query_id, **ROWS.ids}
    found = cross_validate(routed, ROWS.X, ROWS.y, cv=GroupKFold(3), params=params, return_estimator=True)
    assert len(found["estimator"]) == 3
    held = next(GroupKFold(3).split(ROWS.X, ROWS.y, ROWS.query_id))[1]
    own = found["estimator"][0].score(ROWS.X[held], ROWS.y[held], query_id=ROWS.query_id[held])
    assert found["test_score"][0] == pytest.approx(own, rel=1e-12)


def test_a_pipeline_hands_on_the_ids(routed):
    pipeline = make_pipeline(StandardScaler(), routed)
    pipeline.fit(ROWS.X, ROWS.y, **ROWS.ids)
    assert pipeline.score(ROWS.X, ROWS.y, query_id=ROWS.query_id) > 0.75


def shop(kind):
    """The same rows as each kind of table: numbers with gaps, text, categories."""
    rng = np.random.default_rng(0)
    size = ROWS.X[:, 0].copy()
    size[::11] = np.nan
    colour = np.array(["red", "blue", "green"])[rng.integers(0, 3, len(size))]
    brand = [
        None if place % 13 == 0 else str(name) for place, name in enumerate(rng.integers(0, 5, len(size)))
    ]
    frame = pd.DataFrame(
        {"size": size, "colour": colour, "brand": pd.Categorical(brand), "new": ROWS.y * 0 == 0}
    )
    if kind == "pandas":
        return frame
    if kind == "polars":
        columns = {"size": pl.Series(size, nan_to_null=True), "colour": list(colour)}
        return pl.DataFrame(
            {**columns, "brand": pl.Series(brand, dtype=pl.Categorical), "new": [True] * len(size)}
        )
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_every_kind_of_table_gives_the_same_trees():
    found = {kind: ranker().fit(shop(kind), ROWS.y, **ROWS.ids) for kind in ("pandas", "polars", "pyarrow")}
    assert len({each.ranker_.text for each in found.values()}) == 1
    assert "cat_threshold" in found["pandas"].ranker_.text
    for kind, each in found.items():
        assert each.feature_names_in_.tolist() == ["size", "colour", "brand", "new"]
        assert each.n_features_in_ == len(each.feature_importances_) == 4
        np.testing.assert_array_equal(each.predict(shop(kind)), found["pandas"].predict(shop("pandas")))


def test_columns_that_lightgbm_cannot_name():
    frame = pd.DataFrame({'a"b': ROWS.X[:, 0], "c:d": ROWS.X[:, 1]})
    found = ranker().fit(frame, ROWS.y, query_id=ROWS.query_id)
    assert found.feature_names_in_.tolist() == ['a"b', "c:d"]
    assert found.ranker_.names == ("Column_0", "Column_1")


def test_a_ranker_of_ones_own_is_left_alone():
    own = lgb.LGBMRanker(n_estimators=12, min_child_samples=5, random_state=3, verbosity=-1, n_jobs=1)
    found = ranker(estimator=own, importance="none", n_threads=None).fit(
        ROWS.X, ROWS.y, query_id=ROWS.query_id
    )
    assert not hasattr(own, "booster_")
    assert found.estimator_.get_params() == own.get_params()
    X = ROWS.X.astype(np.float32)
    order = canonical_order(ROWS.query_id, X, ROWS.y)
    plain = own.fit(X[order], ROWS.y[order], group=np.bincount(ROWS.query_id))
    np.testing.assert_array_equal(found.predict(X), plain.predict(X))


def test_a_search_reaches_into_a_ranker_of_ones_own(routed):
    own = lgb.LGBMRanker(n_estimators=12, min_child_samples=5, verbosity=-1, n_jobs=1)
    grid = {"estimator__num_leaves": [3, 7]}
    found = GridSearchCV(routed.set_params(estimator=own), grid, cv=GroupKFold(2), error_score="raise")
    found.fit(ROWS.X, ROWS.y, groups=ROWS.query_id, **ROWS.ids)
    assert found.best_estimator_.estimator_.num_leaves in (3, 7)


def test_rows_to_stop_on():
    held = search(n_queries=30, seed=5)
    long = ranker(n_trees=300, learning_rate=0.3)
    found = long.fit(ROWS.X, ROWS.y, query_id=ROWS.query_id, eval_set=(held.X, held.y, held.query_id))
    assert found.ranker_.n_trees < 300


def pairs():
    return pd.DataFrame(
        {"user_id": ROWS.user_id, "item_id": [f"i{item}" for item in ROWS.item_id], "price": 1.0}
    )


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_importance_comes_out_as_a_table(kind):
    step = AttentionImportance(n_threads=1).set_output(transform=kind)
    found = step.fit_transform(pairs(), ROWS.y)
    assert list(found.columns) == ["importance", "sample_weight"]


def test_importance_beside_other_columns_and_for_another_learner():
    columns = make_column_transformer(
        (AttentionImportance(n_threads=1), ["user_id", "item_id"]), remainder="passthrough"
    )
    assert columns.fit_transform(pairs(), ROWS.y).shape == (len(ROWS.y), 3)
    weight = AttentionImportance(n_threads=1).fit_transform(pairs(), ROWS.y)[:, 1]
    assert LogisticRegression().fit(ROWS.X, ROWS.y > 0, sample_weight=weight).score(ROWS.X, ROWS.y > 0) > 0.6
