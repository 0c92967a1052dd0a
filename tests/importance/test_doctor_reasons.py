"""The doctor's reasons, shown by LightGBM itself: where it changes its ways a rule loses its ground."""

import re
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from samplew_gbm.importance.doctor import Evidence, examine, leaf_counts_in, parameters_in
from samplew_gbm.importance.doctor.parameters import MAIN_NAME, RANKING_OBJECTIVES

QUIET = {"verbosity": -1, "num_threads": 1}
RANKING = {"objective": "lambdarank", "num_leaves": 31, "min_data_in_leaf": 20, **QUIET}
SIZE, N_QUERIES = 20, 200
ROWS = SIZE * N_QUERIES


def features(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ROWS, 5))


def noisy_labels(x: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=len(x))
    return (x[:, 0] + 1.5 * noise > 2.5).astype(int)


def dataset(x: np.ndarray, label: Any, **more: Any) -> lgb.Dataset:
    group = [SIZE] * (len(x) // SIZE)
    return lgb.Dataset(x, label, group=group, params=QUIET, free_raw_data=False, **more)


def own_ndcg(data: lgb.Dataset, **more: Any) -> float:
    record: dict[str, Any] = {}
    parameters = {**RANKING, "metric": "ndcg", "eval_at": [10], **more}
    lgb.train(parameters, data, 1, valid_sets=[data], callbacks=[lgb.record_evaluation(record)])
    return float(record["training"]["ndcg@10"][-1])


def severity(rule: str, evidence: Evidence) -> str:
    return next(finding.severity for finding in examine(evidence) if finding.rule == rule)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_weights_that_are_none_are_taken_in_silence(bad: float) -> None:
    x, weight = features(), np.ones(ROWS)
    weight[7] = bad
    assert lgb.train(RANKING, dataset(x, noisy_labels(x), weight=weight), 2).num_trees() == 2
    assert severity("weights are numbers", Evidence(weight=weight)) == "error"


def test_sharp_weights_make_leaves_of_few_rows() -> None:
    x = features()
    label = noisy_labels(x)
    chance = np.exp(2 * np.random.default_rng(2).normal(size=ROWS))
    sharp = np.where(label > 0, chance / chance[label > 0].mean(), 1.0)
    found = {}
    for name, weight in (("equal", np.ones(ROWS)), ("sharp", sharp)):
        text = lgb.train(RANKING, dataset(x, label, weight=weight), 20).model_to_string()
        assert parameters_in(text)["min_data_in_leaf"] == "20"
        found[name] = leaf_counts_in(text)
    few, many = (np.mean(found[name] <= 2) for name in ("equal", "sharp"))
    assert found["sharp"].min() == 1
    assert many > 2 * few
    assert severity("rows per leaf", Evidence(leaf_counts=found["equal"])) != "warning"
    assert severity("rows per leaf", Evidence(leaf_counts=found["sharp"])) == "warning"


def test_leaf_counts_are_those_of_lightgbm() -> None:
    x = features()
    booster = lgb.train(RANKING, dataset(x, noisy_labels(x)), 3)
    leaf = booster.predict(x, pred_leaf=True).astype(int)
    counted = np.concatenate([np.bincount(tree) for tree in leaf.T])
    assert leaf_counts_in(booster.model_to_string()).tolist() == counted.tolist()


def test_the_scale_of_weights_changes_the_model() -> None:
    x = features()
    label = noisy_labels(x)
    parameters = {**RANKING, "lambda_l2": 1.0}
    one, small = (
        lgb.train(parameters, dataset(x, label, weight=np.full(ROWS, scale)), 5).predict(x)
        for scale in (1.0, 0.01)
    )
    assert not np.allclose(one, small)


def test_a_query_without_a_positive_breaks_the_own_ndcg_under_weights() -> None:
    x, label = features(), np.zeros(ROWS)
    label[::SIZE] = 1
    label[: ROWS // 4] = 0
    assert own_ndcg(dataset(x, label)) <= 1
    assert own_ndcg(dataset(x, label, weight=np.full(ROWS, 0.1))) > 1
    stopping = {"objective": "lambdarank", "early_stopping_round": 5}
    assert severity("early stopping", Evidence(parameters=stopping, evaluation_weighted=True)) == "warning"


def test_a_model_that_knows_nothing_is_praised_for_positives_that_come_first() -> None:
    nothing, first, anywhere = np.zeros((ROWS, 1)), np.zeros(ROWS), np.zeros((N_QUERIES, SIZE))
    first[::SIZE] = 1
    anywhere[:, 0] = 1
    shuffled = np.random.default_rng(3).permuted(anywhere, axis=1).ravel()
    indptr = np.arange(0, ROWS + 1, SIZE)
    for label, low, high, expected in ((first, 1.0, 1.0, "warning"), (shuffled, 0.1, 0.4, "ok")):
        assert low <= own_ndcg(dataset(nothing, label)) <= high
        assert severity("best rows first", Evidence(label=label, indptr=indptr)) == expected


def test_positions_are_lost_by_a_subset() -> None:
    x = features()
    position = np.tile(np.arange(1, SIZE + 1), N_QUERIES)
    whole = dataset(x, noisy_labels(x), position=position).construct()
    assert whole.get_position() is not None
    assert whole.subset(np.arange(10 * SIZE)).construct().get_position() is None


def test_positions_matter_to_lambdarank_only() -> None:
    x = features()
    label, position = noisy_labels(x), np.tile(np.arange(1, SIZE + 1), N_QUERIES)
    for objective, matters in (("lambdarank", True), ("rank_xendcg", False)):
        parameters = {**RANKING, "objective": objective}
        without, with_places = (
            lgb.train(parameters, dataset(x, label, **more), 5).predict(x)
            for more in ({}, {"position": position})
        )
        assert np.array_equal(without, with_places) is not matters


def test_queries_of_too_many_rows_and_odd_labels_are_refused() -> None:
    n = 10_001
    large = lgb.Dataset(np.zeros((n, 1)), [1] + [0] * (n - 1), group=[n], params=QUIET)
    with pytest.raises(lgb.basic.LightGBMError, match="upper limit of 10000"):
        lgb.train(RANKING, large, 1)
    for bad, message in ((0.5, "int type"), (-1, "non-negative"), (31, "number of label mappings")):
        label = np.zeros(ROWS)
        label[3] = bad
        with pytest.raises(lgb.basic.LightGBMError, match=message):
            lgb.train(RANKING, dataset(features(), label), 1)


def test_all_other_names_of_the_parameters_are_known() -> None:
    for name in set(MAIN_NAME.values()):
        own = {alias for alias, main in MAIN_NAME.items() if main == name}
        assert own == set(lgb.basic._ConfigAliases.get(name)), name


def test_all_names_of_the_ranking_objectives_are_known() -> None:
    x = features()
    for name, main in RANKING_OBJECTIVES.items():
        text = lgb.train({**RANKING, "objective": name}, dataset(x, noisy_labels(x)), 1).model_to_string()
        assert parameters_in(text)["objective"] == main
        assert re.search(rf"^objective={main}\b", text, re.MULTILINE)
