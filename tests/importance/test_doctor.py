"""Every rule of the doctor: where it must speak, where it must say "ok", where it cannot look."""

import re
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.importance.doctor import (
    RULES,
    Evidence,
    Finding,
    examine,
    leaf_counts_in,
    main_names,
    parameters_in,
    worst_first,
)
from samplew_gbm.importance.doctor.weights import gini

NAN, INF = np.nan, np.inf
CHANCE = np.random.default_rng(0)


def queries(*labels: list[float], **more: Any) -> Evidence:
    """A ready matrix with these labels, query by query."""
    indptr = np.cumsum([0, *map(len, labels)])
    return Evidence(label=np.array(list(chain(*labels)), float), indptr=indptr, **more)


def weights(*values: float, **more: Any) -> Evidence:
    return Evidence(weight=np.array(values, float), **more)


def told(parameters: dict[str, Any], **more: Any) -> Evidence:
    return Evidence(parameters=main_names(parameters), **more)


def shuffled_queries(n: int = 400, size: int = 10) -> Evidence:
    labels = np.zeros((n, size))
    labels[:, 0] = 1
    return queries(*CHANCE.permuted(labels, axis=1).tolist())


def at_positions(*values: float, **more: Any) -> Evidence:
    return queries([1.0] + [0.0] * (len(values) - 1), position=np.array(values, float), **more)


def judged(importance: np.ndarray, popularity: np.ndarray) -> Evidence:
    return Evidence(importance=importance.astype(float), popularity=popularity.astype(float))


LAMBDARANK = {"objective": "lambdarank"}
STOPPING = LAMBDARANK | {"early_stopping_round": 5}
UNEVEN = CHANCE.random(500) + 0.5
CAPPED = np.clip(CHANCE.random(500) * 2, 0.0, 1.8)
SPREAD = np.arange(1.0, 101.0)

SPEAKS: list[tuple[str, str, Evidence, str]] = [
    ("weights are numbers", "error", weights(1, NAN, 1, INF), "not finite or missing in rows 2, 4"),
    ("weights are numbers", "error", weights(1, 1, -0.5), "negative in row 3"),
    ("weights are numbers", "error", weights(0, 0), "all 2 weights are 0"),
    ("weights are numbers", "error", weights(*[-1] * 9, row=np.arange(9)[::-1]), "rows 1, 2, 3 and 6 more"),
    ("scale of weights", "warning", weights(2.5, 2.5), "the mean weight is 2.5"),
    ("scale of weights", "warning", weights(0.1, 0.1), "the mean weight is 0.1"),
    ("effective sample size", "note", weights(5, 1, 0), "worth 46.2 %"),
    ("effective sample size", "note", Evidence(effective_share=0.3), "worth 30.0 %"),
    ("effective sample size", "warning", weights(4, 0, 0, 0), "worth 25.0 %"),
    ("effective sample size", "warning", Evidence(effective_share=0.2), "worth 20.0 %"),
    ("concentration of weight", "warning", weights(*[1.0] * 99, 30.0), "hold 23.3 % .* Gini 0.22"),
    ("weights at their limits", "note", Evidence(weight=CAPPED), "the largest"),
    ("weights within a query", "note", queries([1, 0], [1, 0], weight=np.array([2.0, 1, 3, 3])), "50.0 %"),
    ("weights of the classes", "warning", queries([1, 0, 0], weight=np.array([3.0, 1, 1])), "3 of positives"),
    (
        "weights of the classes",
        "warning",
        queries([1, 0, 0], weight=np.array([1.0, 3, 3])),
        "3 of the others",
    ),
    (
        "weight of one user",
        "warning",
        weights(*[1.0] * 300, 30.0, segment=np.arange(301)),
        "heaviest of 301 users holds 9.1 %",
    ),
    ("labels", "error", queries([0, NAN]), "missing in row 2"),
    ("labels", "error", queries([0, 0.5], row=np.array([7, 8])), "not whole numbers in row 9"),
    ("labels", "error", queries([-1, 0]), "negative in row 1"),
    ("labels", "error", queries([0, 30], [31, 0]), "above 30 in row 3"),
    ("labels", "error", queries([0, 3], parameters={"label_gain": [0, 1, 3]}), "above 2 in row 2"),
    ("labels", "error", queries([0, 3], parameters={"label_gain": "0,1,3"}), "above 2 in row 2"),
    ("different labels", "error", queries([1, 1], [1]), "every row has the label 1"),
    ("queries without a positive", "note", queries([0, 0], [1, 0]), r"1 query \(50.0 %\) without a positive"),
    ("queries without a negative", "note", queries([1, 1], [2], [1, 0]), r"2 queries \(66.7 %\)"),
    ("queries of one row", "note", queries([1], [1, 0]), r"1 query \(50.0 %\) of a single row"),
    ("size of queries", "error", Evidence(indptr=np.array([0, 10_001])), "10,001 rows; 1 above 10,000"),
    ("rows of a query together", "warning", queries([1, 0], [0, 1], row=np.array([0, 2, 1, 3])), "2 queries"),
    ("best rows first", "warning", queries(*[[1, 0, 0, 0]] * 60), "100.0 % .* by chance it were 25.0 %"),
    ("best rows first", "warning", queries(*[[3, 1, 0, 0, 0]] * 60), "by chance it were 20.0 %"),
    ("positions", "note", queries([1, 0]), "no column of positions"),
    ("positions", "warning", at_positions(0, 1, 2), "begin at 0"),
    ("positions", "warning", at_positions(1, NAN, -2), "missing or no place from 1 on in rows 2, 3"),
    ("objective", "warning", told({}), "the objective is regression"),
    ("objective", "warning", told({"loss": "Binary"}), "the objective is binary"),
    ("objective", "warning", told({"objective": "none"}), "custom"),
    ("device", "error", told(LAMBDARANK | {"device": "cuda"}), "as if all weights were 1"),
    ("device", "error", told({"app": "xendcg", "device_type": "CUDA"}, effective_share=0.9), "cuda"),
    ("sampling by gradients", "warning", told({"boosting": "goss"}), "size of their gradients"),
    ("sampling by gradients", "warning", told({"data_sample_strategy": "goss"}), "size of their gradients"),
    (
        "sampling by gradients",
        "note",
        told({"boost": "goss"}, effective_share=1.0),
        "size of their gradients",
    ),
    ("bagging", "note", told(LAMBDARANK | {"subsample": 0.5, "subsample_freq": 1}), "50.0 % of the rows"),
    ("bagging", "note", told(LAMBDARANK | {"boosting": "rf", "bagging": "0.8"}), "80.0 % of the rows"),
    (
        "early stopping",
        "warning",
        told(LAMBDARANK | {"early_stopping_rounds": 20}, weight=np.array([1.0, 2])),
        "stopped by LightGBM's own lambdarank",
    ),
    (
        "early stopping",
        "warning",
        told({"n_iter_no_change": "5", "metric": ["auc", "ndcg"]}, evaluation_weighted=True),
        "stopped by LightGBM's own ndcg",
    ),
    ("evaluation weights", "warning", Evidence(evaluation_weighted=True), "have weights"),
    ("use of positions", "warning", at_positions(1, 2, parameters={"objective": "rank_xendcg"}), "ignores"),
    ("use of positions", "note", at_positions(1, 2, parameters=LAMBDARANK), "lgb.cv"),
    (
        "rows per leaf",
        "warning",
        told({"min_child_samples": 50}, leaf_counts=np.array([1, 2, 40, 400])),
        r"2 of 4 leaves have fewer rows than half of min_data_in_leaf, 50, 2 only 1 or 2",
    ),
    (
        "rows per leaf",
        "note",
        Evidence(leaf_counts=np.array([2] + [50] * 500)),
        "min_data_in_leaf, 20, 1 only",
    ),
    ("rows per leaf", "warning", Evidence(leaf_counts=np.array([9] * 7 + [50] * 93)), "7 of 100"),
    ("rows per leaf", "note", Evidence(leaf_counts=np.array([9] * 6 + [50] * 94)), "6 of 100 .* 0 only"),
    ("order of the log", "note", Evidence(order="none"), "a set"),
    ("repeated rows", "note", Evidence(n_logged=100, n_repeated=2), r"2 rows \(2.0 %\) repeat"),
    ("rows within a visit", "note", Evidence(within_visits=0.5), "50.0 % of the rows follow"),
    ("accidents among the rows", "note", Evidence(accident_share=0.05), "tell of 5.0 % of the rows"),
    ("rows alone with their user", "warning", Evidence(segment=np.array([0, 1, 2, 2])), r"2 rows \(50.0 %\)"),
    ("rows without a say", "note", Evidence(importance=np.array([1.0, 1, 1, 1, 2])), "80.0 % of the rows"),
    ("importance and popularity", "warning", judged(SPREAD, SPREAD**2), r"\+1.00"),
]

QUIET: list[tuple[str, Evidence]] = [
    ("weights are numbers", weights(0, 1, 2)),
    ("scale of weights", weights(0.5, 0.5)),
    ("scale of weights", weights(2, 2)),
    ("effective sample size", weights(1, 3)),
    ("effective sample size", Evidence(effective_share=0.6)),
    ("concentration of weight", weights(*[1.0] * 99, 10.0)),
    ("weights at their limits", Evidence(weight=UNEVEN)),
    ("weights within a query", queries([1, 0], [1, 0], weight=np.array([2.0, 2, 3, 3]))),
    ("weights of the classes", queries([1, 0, 0], weight=np.array([2.0, 1, 1]))),
    ("weight of one user", weights(*[1.0] * 300, 10.0, segment=np.arange(301))),
    ("weight of one user", weights(1, 9, segment=np.array([0, 1]))),
    ("labels", queries([0, 30])),
    ("labels", queries([0, 31], parameters={"label_gain": list(range(32))})),
    ("different labels", queries([1, 2])),
    ("queries without a positive", queries([0, 1], [1, 0])),
    ("queries without a negative", queries([0, 1], [1, 0])),
    ("queries of one row", queries([0, 1])),
    ("size of queries", Evidence(indptr=np.array([0, 10_000]))),
    ("rows of a query together", queries([1, 0], [0, 1], row=np.array([2, 3, 0, 1]))),
    ("best rows first", shuffled_queries()),
    ("best rows first", queries(*[[0, 1]] * 60)),
    ("best rows first", queries([1, 0])),
    ("positions", at_positions(1, 2, 3)),
    ("objective", told(LAMBDARANK)),
    ("objective", told({"objective": "xe_ndcg_mart"})),
    ("device", told(LAMBDARANK)),
    ("device", told(LAMBDARANK | {"device": "cuda"}, weight=np.ones(3))),
    ("device", queries([1, 0], parameters=LAMBDARANK | {"device_type": "cuda"})),
    ("early stopping", queries([1, 0], parameters=STOPPING)),
    ("sampling by gradients", told({})),
    ("bagging", told(LAMBDARANK)),
    ("bagging", told(LAMBDARANK | {"bagging_fraction": 0.5})),
    ("bagging", told(LAMBDARANK | {"bagging_fraction": 0.5, "bagging_freq": 1, "bagging_by_query": True})),
    (
        "early stopping",
        told(STOPPING | {"metric": "None"}, weight=np.arange(3.0)),
    ),
    ("early stopping", told(STOPPING, weight=np.ones(3))),
    ("early stopping", told(LAMBDARANK, weight=np.arange(3.0))),
    ("early stopping", told(STOPPING, evaluation_weighted=False)),
    ("evaluation weights", Evidence(evaluation_weighted=False)),
    ("rows per leaf", told({"min_data": 50}, leaf_counts=np.array([25, 40, 400]))),
    ("rows per leaf", told({"min_data": 1}, leaf_counts=np.array([1, 2, 400]))),
    ("order of the log", Evidence(order="clock")),
    ("order of the log", Evidence(order="file")),
    ("repeated rows", Evidence(n_logged=100, n_repeated=1)),
    ("repeated rows", Evidence(n_logged=100, n_repeated=0)),
    ("rows within a visit", Evidence(within_visits=0.49)),
    ("accidents among the rows", Evidence(accident_share=0.04)),
    ("rows alone with their user", Evidence(segment=np.array([0, 1, 1, 2, 2]))),
    ("rows without a say", Evidence(importance=np.array([1.0, 1, 1, 2]))),
    ("importance and popularity", judged(SPREAD, CHANCE.permutation(SPREAD))),
]

BLIND: list[tuple[str, Evidence]] = [
    ("scale of weights", weights(NAN, 1)),
    ("effective sample size", weights(-1, 1)),
    ("concentration of weight", weights(*[1.0] * 99)),
    ("weights at their limits", weights(*[1.0] * 50, *[3.0] * 50)),
    ("weights of the classes", queries([0, 0], weight=np.array([1.0, 5]))),
    ("weight of one user", weights(1, 2)),
    ("best rows first", queries([1, 1], [0])),
    ("device", told({"device": "cuda"})),
    ("bagging", told({"subsample": 0.5, "subsample_freq": 1})),
    ("use of positions", at_positions(1, 2)),
    ("rows per leaf", Evidence(leaf_counts=np.array([], int))),
    ("importance and popularity", judged(SPREAD[:20], SPREAD[:20])),
    ("importance and popularity", judged(np.ones(50), SPREAD[:50])),
]


def found(rule: str, evidence: Evidence) -> Finding | None:
    return next((finding for finding in examine(evidence) if finding.rule == rule), None)


@pytest.mark.parametrize(("rule", "severity", "evidence", "what"), SPEAKS)
def test_a_trap_is_named(rule: str, severity: str, evidence: Evidence, what: str) -> None:
    finding = found(rule, evidence)
    assert finding is not None
    assert finding.severity == severity, finding
    assert re.search(what, finding.what), finding.what


@pytest.mark.parametrize(("rule", "evidence"), QUIET)
def test_where_nothing_is_wrong_it_says_so(rule: str, evidence: Evidence) -> None:
    finding = found(rule, evidence)
    assert finding is not None
    assert finding.severity == "ok", finding
    assert finding.what


@pytest.mark.parametrize(("rule", "evidence"), BLIND)
def test_where_a_rule_cannot_look_it_is_left_out(rule: str, evidence: Evidence) -> None:
    assert found(rule, evidence) is None


def test_no_evidence_no_findings() -> None:
    assert examine(Evidence()) == []
    assert examine(Evidence(weight=np.empty(0), label=np.empty(0), indptr=np.zeros(1, int))) == []


def test_every_rule_is_tested_and_explains_itself() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(names) == {rule for rule, *_ in SPEAKS}
    assert set(names) - {"use of positions"} == {rule for rule, _ in QUIET}
    for rule in RULES:
        for text in (rule.why, rule.remedy):
            assert text.endswith("."), rule.name


def test_the_worst_comes_first_and_equals_keep_the_order_of_the_rules() -> None:
    findings = worst_first(examine(queries([0, 0], [0], weight=np.array([9.0, 9, 9]))))
    ranks = [("error", "warning", "note", "ok").index(finding.severity) for finding in findings]
    assert ranks == sorted(ranks)
    assert findings[0].rule == "different labels"
    notes = [finding.rule for finding in findings if finding.severity == "note"]
    assert notes == ["queries without a positive", "queries of one row", "positions"]


MATRIX = st.lists(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 2]), st.integers(0, 40), st.integers(0, 5)),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=80, deadline=None)
@given(MATRIX, st.randoms(use_true_random=False))
def test_the_order_of_the_queries_changes_no_finding(matrix: Any, chance: Any) -> None:
    order = list(range(len(matrix)))
    chance.shuffle(order)
    starts = np.cumsum([0, *map(len, matrix)])

    def evidence(index: list[int]) -> Evidence:
        rows = [row for query in index for row in matrix[query]]
        label, weight, position = np.array(rows, float).T
        return Evidence(
            weight=weight / 8,  # sums of eighths are exact in any order
            label=label,
            indptr=np.cumsum([0, *(len(matrix[query]) for query in index)]),
            row=np.concatenate([np.arange(starts[query], starts[query + 1]) for query in index]),
            position=position,
            segment=np.repeat(index, [len(matrix[query]) for query in index]),
            importance=1 + weight / 8,
            popularity=position,
            parameters={"objective": "lambdarank", "early_stopping_round": 3},
        )

    assert examine(evidence(order)) == examine(evidence(list(range(len(matrix)))))


def test_gini() -> None:
    assert gini(np.ones(7)) == pytest.approx(0)
    assert gini(np.array([0.0, 0, 0, 1])) == pytest.approx(0.75)
    assert gini(np.array([1.0, 3])) == pytest.approx(0.25)


def test_other_names_of_parameters_are_known_and_the_main_one_wins() -> None:
    assert main_names({"subsample": 0.5, "x": 1, "min_child_samples": 7}) == {
        "bagging_fraction": 0.5,
        "x": 1,
        "min_data_in_leaf": 7,
    }
    assert main_names({"loss": "binary", "objective": "lambdarank"}) == {"objective": "lambdarank"}
    assert main_names({"objective": "lambdarank", "loss": "binary"}) == {"objective": "lambdarank"}


TEXT = """tree
Tree=0
leaf_count=3 1 20
is_linear=0
Tree=1
leaf_count=4000
Tree=2
leaf_count=7 8

end of trees

parameters:
[objective: lambdarank]
[metric: ]
[label_gain: 0,1]
end of parameters
"""


def test_a_models_text_tells_its_leaves_and_parameters() -> None:
    assert leaf_counts_in(TEXT).tolist() == [3, 1, 20, 7, 8]
    assert parameters_in(TEXT) == {"objective": "lambdarank", "metric": "", "label_gain": "0,1"}
    assert leaf_counts_in("nonsense").tolist() == []
    assert leaf_counts_in(f"leaf_count=7 {'9' * 5000} 8").tolist() == [7, 8]
    assert parameters_in("nonsense") == {}
