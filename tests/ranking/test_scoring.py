"""Our scores are LightGBM's to the bit, for whatever it can train; damaged text is one clear error."""

import re
from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np
import pytest

from samplew_gbm.errors import DataError
from samplew_gbm.ranking.scoring import scorer_of
from samplew_gbm.ranking.trees import rounded_down, trees_of
from tests.reference.forest import forest_scores

NAMES = ("a", "b", "category", "sparse", "dull")


def rows(n: int = 3000, seed: int = 0) -> np.ndarray:
    """Numbers, numbers with NaN, categories with unknown ones, mostly zeros, a constant."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(NAMES))).astype(np.float32)
    values[rng.random(n) < 0.2, 1] = np.nan
    values[:, 2] = rng.integers(0, 70, n)
    values[rng.random(n) < 0.7, 3] = 0
    values[:, 4] = 1
    return values


def booster(n_trees: int = 30, **parameters) -> lgb.Booster:
    features = rows()
    rng = np.random.default_rng(1)
    wanted = (
        np.nan_to_num(features[:, 1], nan=1.5) + (features[:, 2] % 3 == 1) + features[:, 3] * features[:, 0]
    )
    label = np.clip(np.round(wanted + rng.normal(size=len(wanted))), 0, 4).astype(int)
    parameters = {
        "objective": "lambdarank",
        "verbosity": -1,
        "num_threads": 1,
        "min_data_in_leaf": 5,
    } | parameters
    if parameters["objective"] in ("binary", "cross_entropy"):
        label = (label > 1).astype(int)
    data = lgb.Dataset(
        features, label, group=[50] * 60, feature_name=list(NAMES), categorical_feature=["category"]
    )
    return lgb.train(parameters, data, n_trees)


def strange(text: str) -> np.ndarray:
    """New rows, each threshold and its neighbours, NaN everywhere, unknown and impossible categories."""
    rng = np.random.default_rng(2)
    trees, found = trees_of(text), rows(4000, seed=3)
    for feature, threshold in zip(trees.feature, trees.threshold, strict=True):
        near = np.float32(threshold)
        place = rng.integers(len(found), size=3)
        found[place, feature] = near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))
    found[rng.random(found.shape) < 0.1] = np.nan
    found[:200] = rng.choice(
        np.float32([0, -0.0, 1e-36, -1e-35, 999, -1, -0.5, 3e9, 31.9]), (200, len(NAMES))
    )
    return found


KINDS = {
    "small trees": {"num_leaves": 16},
    "trees as wide as a mask": {"num_leaves": 32},
    "trees that are walked": {"num_leaves": 200, "min_data_in_leaf": 1},
    "stumps": {"num_leaves": 2},
    "zero is missing": {"zero_as_missing": True},
    "NaN counts as zero": {"use_missing": False},
    "another objective": {"objective": "rank_xendcg"},
    "dart": {"boosting": "dart", "num_leaves": 7},
    "nothing can be split": {"min_data_in_leaf": 10_000},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_scores_are_lightgbms_to_the_bit(kind: str, n_threads: int) -> None:
    own = booster(**KINDS[kind])
    text = own.model_to_string()
    found = scorer_of(text, NAMES, n_threads=n_threads, raw=False)(strange(text))
    np.testing.assert_array_equal(found, own.predict(strange(text)))
    assert len(np.unique(found)) > (20 if kind != "nothing can be split" else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_and_those_of_the_naive_walk(kind: str) -> None:
    text = booster(n_trees=6, **KINDS[kind]).model_to_string()
    found = scorer_of(text, NAMES, n_threads=1, raw=True)(strange(text)[:500])
    np.testing.assert_array_equal(found, forest_scores(trees_of(text), strange(text)[:500]))


@pytest.mark.parametrize("sigmoid", [1.0, 0.7])
def test_a_probability_is_lightgbms_up_to_the_last_bit(sigmoid: float) -> None:
    own = booster(objective="binary", sigmoid=sigmoid)
    text = own.model_to_string()
    found = scorer_of(text, NAMES, n_threads=1, raw=False)(strange(text))
    np.testing.assert_allclose(found, own.predict(strange(text)), rtol=1e-15)
    raw = scorer_of(text, NAMES, n_threads=1, raw=True)(strange(text))
    np.testing.assert_array_equal(raw, own.predict(strange(text), raw_score=True))


@pytest.mark.parametrize(
    "parameters",
    [
        {"objective": "regression", "linear_tree": True},
        {"objective": "cross_entropy"},
        {"objective": "poisson"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5, "objective": "regression"},
    ],
)
def test_what_only_lightgbm_knows_it_scores_itself(parameters) -> None:
    own = booster(**parameters)
    text = own.model_to_string()
    for raw in (False, True):
        found = scorer_of(text, NAMES, n_threads=1, raw=raw)(rows(100, seed=4))
        np.testing.assert_array_equal(found, own.predict(rows(100, seed=4), raw_score=raw))


def test_one_scorer_serves_many_threads() -> None:
    text = booster().model_to_string()
    score, asked = scorer_of(text, NAMES, n_threads=1, raw=False), strange(text)
    expected = score(asked)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: score(asked), range(12)):
            np.testing.assert_array_equal(found, expected)


def test_rows_of_another_width_are_refused() -> None:
    score = scorer_of(booster().model_to_string(), NAMES, n_threads=1, raw=False)
    with pytest.raises(DataError, match="rows have 4 columns; the ranker was trained on 5"):
        score(rows(10)[:, :4])
    assert len(score(rows(10)[:0])) == 0


DAMAGE = [
    (r"^left_child=\S+", "left_child=0", "tree 0: its children do not make one tree"),
    (r"^left_child=\S+", "left_child=99999999999", "left_child of the model's trees cannot be read"),
    (r"^split_feature=\S+", "split_feature=5", "tree 0: a feature"),
    (r"^split_feature=\S+", "split_feature=x", "split_feature of the model's trees cannot be read"),
    (
        r"^split_feature=\S+ ",
        "split_feature=",
        "tree 0 of the model has 29 values of split_feature, 31 leaves",
    ),
    (r"^threshold=\S+", "threshold=nan", "tree 0: a threshold or leaf is not a number|by categories"),
    (r"^leaf_value=\S+", "leaf_value=inf", "tree 0: a threshold or leaf is not a number"),
    (r"^leaf_value=.*$", "leaf_value=", "tree 0 of the model has 30 values of split_feature, 0 leaves"),
    (r"^cat_threshold=\S+", "cat_threshold=-1", "cat_threshold of the model's trees cannot be read"),
    (r"^cat_boundaries=0 \d+", "cat_boundaries=0 77", "set_indptr"),
    (r"^cat_boundaries=.*$", "cat_boundaries=", "tree 1 of the model splits by categories that it does not"),
    (r"^end of trees$", "", "has no line"),
]


@pytest.mark.parametrize(("what", "by", "match"), DAMAGE)
def test_damaged_text_is_one_clear_error(what: str, by: str, match: str) -> None:
    text = booster(n_trees=3).model_to_string()
    damaged = re.sub(what, by, text, count=1, flags=re.MULTILINE)
    assert damaged != text
    with pytest.raises(DataError, match=match):
        scorer_of(damaged, NAMES, n_threads=1, raw=False)


def test_a_threshold_rounded_down_parts_float32_numbers_as_before() -> None:
    rng = np.random.default_rng(1)
    thresholds = np.concatenate([rng.normal(size=1000), [0.0, 1.0, -1.0, 1e-35, 0.1, -0.1]])
    near = thresholds.astype(np.float32)
    down = rounded_down(thresholds)
    for x in (near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))):
        np.testing.assert_array_equal(x <= down, x.astype(np.float64) <= thresholds)
