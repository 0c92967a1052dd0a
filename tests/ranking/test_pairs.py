"""Pair weights: LightGBM's own trees at weights of 1, the weights in every pair, the same bits always."""

import functools
import re
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.ranking.joining import join_rankers
from samplew_gbm.ranking.pairs import FACTORS, pair_objective
from samplew_gbm.ranking.ranker import RankerData, train_ranker
from samplew_gbm.settings import OBJECTIVES, WEIGHTINGS, Settings

NAMES = tuple("abcdefgh")


def graded(n_queries=400, seed=0, most_label=4):
    """Queries of 0 to 79 rows, some without a positive; rounded features, so that scores tie."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 80, n_queries)
    sizes[:20] = 1
    features = rng.normal(size=(sizes.sum(), len(NAMES))).round(1).astype(np.float32)
    worth = features[:, 0] + rng.normal(size=len(features))
    label = np.clip(np.round(worth), 0, most_label).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    label[indptr[30] : indptr[60]] = 0
    return RankerData(features, label, indptr)


DATA = graded()
WEIGHT = np.random.default_rng(5).gamma(2.0, 0.5, len(DATA.label))
WEIGHTED = replace(DATA, weight=WEIGHT)


def trained(data=DATA, weighting="pair", valid=None, metric=None, n_trees=40, seed=3, n_threads=1, **options):
    settings = Settings(weighting=weighting, n_trees=n_trees)
    common = {"seed": seed, "names": NAMES, "n_threads": n_threads, "advance": lambda _: None}
    return train_ranker(data, valid, metric, settings, **common, **options)


def fields(ranker, name):
    """The values of one field, tree by tree."""
    return [line.split() for line in re.findall(rf"^{name}=(.*)$", ranker.text, re.MULTILINE)]


@functools.cache
def with_lightgbms_own(most_label):
    """Rows, and what LightGBM's own objective makes of them."""
    data = graded(most_label=most_label)
    return data, trained(data, "row", n_trees=100)


@pytest.mark.parametrize("weighting", FACTORS)
@pytest.mark.parametrize("most_label", [1, 4])
@pytest.mark.parametrize("ones", [False, True])
def test_at_weights_of_one_the_trees_are_lightgbms_own(weighting, most_label, ones):
    data, own = with_lightgbms_own(most_label)
    ours = trained(replace(data, weight=np.ones(len(data.label))) if ones else data, weighting, n_trees=100)
    assert "\nobjective=lambdarank\n" in own.text
    assert ours.n_trees == own.n_trees == 100
    assert fields(ours, "split_feature") == fields(own, "split_feature")
    assert fields(ours, "threshold") == fields(own, "threshold")
    for found, expected in zip(fields(ours, "leaf_value"), fields(own, "leaf_value"), strict=True):
        np.testing.assert_allclose(np.float64(found), np.float64(expected), rtol=0, atol=1e-6)


def test_monotone_columns_and_early_stopping_end_as_with_lightgbms_own():
    valid = graded(n_queries=60, seed=1)

    def metric(scores):
        return float(np.corrcoef(scores, valid.label)[0, 1])

    options = {"valid": valid, "metric": metric, "n_trees": 400, "monotone": {"a": 1, "c": -1}}
    own, ours = trained(weighting="row", **options), trained(**options)
    assert ours.n_trees == own.n_trees < 400
    np.testing.assert_array_equal(ours.scorer(1)(valid.features), own.scorer(1)(valid.features))


def test_each_weighting_grows_trees_of_its_own():
    texts = {weighting: trained(WEIGHTED, weighting).text for weighting in WEIGHTINGS}
    assert len(set(texts.values())) == len(WEIGHTINGS)
    assert trained().text not in texts.values()


@pytest.mark.parametrize("weighting", FACTORS)
def test_threads_change_no_byte(weighting):
    text = trained(WEIGHTED, weighting, n_trees=5).text
    for n_threads in (1, 2, 7):
        assert trained(WEIGHTED, weighting, n_trees=5, n_threads=n_threads).text == text


@pytest.mark.parametrize("weighting", ["pair_winner", "pair_mean"])
def test_where_a_querys_rows_weigh_the_same_rows_and_pairs_agree(weighting):
    queries = np.random.default_rng(2).gamma(2.0, 0.5, len(DATA.indptr) - 1)
    weight = np.repeat(queries, np.diff(DATA.indptr))
    scores = np.random.default_rng(3).normal(size=len(weight))
    options = {"weighting": weighting, "truncation": 20, "n_threads": 1}
    plain, _ = pair_objective(DATA.label, DATA.indptr, None, **options)(scores, None)
    paired, _ = pair_objective(DATA.label, DATA.indptr, weight, **options)(scores, None)
    np.testing.assert_allclose(paired, plain * weight, rtol=1e-4, atol=1e-5 * np.abs(paired).max())


def test_lightgbm_leaves_the_gradients_of_another_objective_alone():
    """Were its Dataset's weight multiplied in as well, the weights would count twice."""
    objective = pair_objective(DATA.label, DATA.indptr, None, weighting="pair", truncation=20, n_threads=1)
    parameters = {"objective": objective, "metric": "None", "num_threads": 1, "verbosity": -1}
    texts = [
        lgb.train(parameters, lgb.Dataset(DATA.features, DATA.label, weight=weight), 5).model_to_string()
        for weight in (None, WEIGHT)
    ]
    assert texts[0] == texts[1]


def test_rankers_join_and_load_though_their_text_names_no_objective():
    rankers = [trained(WEIGHTED, seed=seed, n_trees=n) for seed, n in ((1, 5), (2, 9))]
    joined = join_rankers(rankers)
    assert "\nobjective=" not in joined.text
    assert joined.n_trees == 14
    expected = sum(ranker.scorer(1)(DATA.features) for ranker in rankers)
    np.testing.assert_allclose(joined.scorer(2)(DATA.features), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_weights_that_cannot_be_are_refused_by_row(bad):
    weight = WEIGHT.copy()
    weight[4] = bad
    with pytest.raises(DataError, match="sample weight of row 4"):
        trained(replace(DATA, weight=weight))


@pytest.mark.parametrize("weighting", FACTORS)
@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name != "lambdarank"])
def test_another_objective_has_no_pairs_to_weigh(weighting, objective):
    message = f"weighting is '{weighting}', which needs objective lambdarank; objective is '{objective}'"
    with pytest.raises(SettingsError, match=message):
        Settings(weighting=weighting, objective=objective)
    assert Settings(objective=objective).weighting == "row"


def test_an_unknown_weighting_is_refused():
    with pytest.raises(SettingsError, match="weighting is 'both'; give one of row, pair, pair_winner"):
        Settings(weighting="both")
