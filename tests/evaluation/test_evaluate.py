"""Metrics against their naive twins: every order that ties allow is tried by brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.evaluation import METRICS, evaluate, evaluate_lists, ranked_metrics
from samplew_gbm.evaluation.ranked_rows import rows_from_scores
from tests.reference import metrics as naive

ALL = tuple(METRICS)


@st.composite
def queries(draw, max_rows=6):
    """Few distinct scores, so that most cases have ties; queries may be empty or without positives."""
    sizes = draw(st.lists(st.integers(0, max_rows), min_size=1, max_size=4))
    n = sum(sizes)
    scores = draw(st.lists(st.sampled_from([-np.inf, -1.5, 0.0, -0.0, 2.0, np.inf]), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return np.array(scores, np.float64), np.array(labels, np.int64), np.concatenate([[0], np.cumsum(sizes)])


@settings(max_examples=40, deadline=None)
@given(queries(), st.integers(1, 8))
def test_metrics_are_means_over_all_orders_of_ties(case, k):
    scores, labels, indptr = case
    got = evaluate(scores, labels, indptr, metrics=ALL, ks=(k,))
    for name in ALL:
        expected = [
            naive.of_scores(name, scores[a:b], labels[a:b], k) if any(labels[a:b] > 0) else math.nan
            for a, b in itertools.pairwise(indptr)
        ]
        np.testing.assert_allclose(
            got.per_query[f"{name}@{k}"], expected, rtol=1e-9, atol=1e-12, err_msg=name
        )


@settings(max_examples=40, deadline=None)
@given(queries(max_rows=12), st.integers(1, 8), st.randoms(use_true_random=False))
def test_the_order_of_the_input_gives_nothing_away(case, k, random):
    scores, labels, indptr = case
    order = np.arange(len(scores))
    for a, b in itertools.pairwise(indptr):
        rows = list(range(a, b))
        random.shuffle(rows)
        order[a:b] = rows
    once = evaluate(scores, labels, indptr, metrics=ALL, ks=(k,)).per_query
    again = evaluate(scores[order], labels[order], indptr, metrics=ALL, ks=(k,)).per_query
    for name in once:
        np.testing.assert_array_equal(once[name], again[name])


@settings(max_examples=40, deadline=None)
@given(queries(max_rows=12), st.integers(1, 12))
def test_metrics_lie_between_zero_and_one(case, k):
    for values in evaluate(*case, metrics=ALL, ks=(k,)).per_query.values():
        known = values[~np.isnan(values)]
        assert np.all((known >= 0) & (known <= 1 + 1e-12))


def test_a_perfect_order_gets_one_and_a_constant_what_chance_gives():
    labels = np.array([3, 0, 1, 0, 2, 0])
    best = evaluate(labels * 1.0, labels, [0, 6], ks=(3, 6)).mean
    assert all(value == 1.0 for value in best.values())
    constant = evaluate(np.zeros(6), labels, [0, 6], metrics=("recall", "hit_rate"), ks=(2,)).mean
    assert constant["recall@2"] == pytest.approx(2 / 6)
    assert constant["hit_rate@2"] == pytest.approx(1 - (3 / 6) * (2 / 5))


def test_large_tie_groups_are_exact():
    n, k = 3000, 10
    labels = np.zeros(n, np.int64)
    labels[7] = 1
    got = evaluate(np.ones(n), labels, [0, n], metrics=ALL, ks=(k,)).mean
    harmonic = sum(1 / rank for rank in range(1, k + 1))
    assert got["hit_rate@10"] == pytest.approx(k / n, abs=1e-10)
    assert got["recall@10"] == pytest.approx(k / n, abs=1e-10)
    assert got["mrr@10"] == pytest.approx(harmonic / n, abs=1e-10)
    assert got["map@10"] == pytest.approx(harmonic / n, abs=1e-10)


def test_queries_without_positives_are_counted_and_left_out():
    got = evaluate([3.0, 2.0, 1.0], [1, 0, 0], [0, 2, 2, 3], ks=(1,))
    assert (got.n_queries, got.n_without_positives) == (3, 2)
    for values in got.per_query.values():
        assert values[0] == 1
        assert np.isnan(values[1:]).all()
    assert set(got.mean.values()) == {1.0}


def test_nothing_to_evaluate():
    got = evaluate([], [], [0])
    assert got.n_queries == 0
    assert all(math.isnan(value) for value in got.mean.values())
    assert math.isnan(evaluate([1.0], [0], [0, 1], ks=(1,)).mean["ndcg@1"])


def test_untied_values_are_exact():
    rng = np.random.default_rng(0)
    scores, labels = rng.permutation(4000) * 1.0, rng.integers(0, 2, 4000)
    got = evaluate(scores, labels, np.arange(0, 4001, 40), metrics=("hit_rate", "mrr"), ks=(1, 5))
    assert set(np.unique(got.per_query["hit_rate@5"])) <= {0.0, 1.0}
    assert set(np.unique(got.per_query["mrr@5"])) <= {0.0, 1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5}


@st.composite
def listed(draw):
    n_queries, k = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    lists = np.full((n_queries, k), -1, np.int32)
    for query in range(n_queries):
        items = draw(st.lists(st.integers(0, 8), unique=True, max_size=k))
        places = sorted(draw(st.permutations(range(k)))[: len(items)])
        lists[query, places] = items
    positives = [draw(st.lists(st.integers(0, 8), max_size=6)) for _ in range(n_queries)]
    return lists, positives


@settings(max_examples=60, deadline=None)
@given(listed(), st.integers(1, 8))
def test_lists_equal_naive_twin(case, k):
    lists, positives = case
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in positives])])
    joined = np.array([item for items in positives for item in items], np.int32)
    got = ranked_metrics(lists, indptr, joined, (k,))
    assert set(got) == {f"{name}@{k}" for name in ALL}
    for name in ALL:
        expected = [
            naive.of_list(name, [int(item in items) for item in row], [1] * len(set(items)), k)
            for row, items in zip(lists.tolist(), positives, strict=True)
        ]
        np.testing.assert_allclose(got[f"{name}@{k}"], expected, rtol=1e-12, atol=0, err_msg=name)


def test_a_positive_that_was_not_listed_still_counts():
    got = evaluate_lists([[5, 6]], [0, 4], [5, 1, 2, 3], metrics=("recall", "ndcg"), ks=(2,)).mean
    assert got["recall@2"] == 1 / 4
    assert got["ndcg@2"] == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_rows_know_their_tie_groups():
    rows = rows_from_scores([1.0, 2.0, 1.0, 1.0, 0.0], [0, 1, 1, 0, 2], [0, 5])
    assert rows.rank.tolist() == [1, 2, 3, 4, 5]
    assert rows.above.tolist() == [0, 1, 1, 1, 4]
    assert rows.tied.tolist() == [1, 3, 3, 3, 1]
    assert rows.positives_above.tolist() == [0, 1, 1, 1, 2]
    assert rows.chance.tolist() == [1, 1 / 3, 1 / 3, 1 / 3, 1]
    assert rows.ideal_gain.tolist() == [3, 1, 1]


@pytest.mark.parametrize(
    ("scores", "labels", "indptr", "message"),
    [
        ([1.0, np.nan], [0, 1], [0, 2], "scores is nan in row 1"),
        ([1.0, 2.0], [0, -1], [0, 2], "labels is -1 in row 1"),
        ([1.0, 2.0], [0.5, 1], [0, 2], "labels is 0.5 in row 0"),
        ([1.0, 2.0], [np.nan, 1], [0, 2], "labels is nan in row 0"),
        ([1.0, 2.0], [0, 61], [0, 2], "labels is 61 in row 1"),
        ([1.0, 2.0], [0, 1, 1], [0, 2], "labels has shape"),
        ([1.0], [0], [0, 2], "scores has shape"),
        ([1.0, 2.0], [0, 1], [0, 2, 1, 2], "never fall"),
        ([1.0, 2.0], [0, 1], [1, 2], "start at 0"),
        ([1.0, 2.0], [0, 1], [], "indptr must be"),
        (["a", "b"], [0, 1], [0, 2], "scores must be numbers"),
        ([1.0, 2.0], ["a", "b"], [0, 2], "labels must be whole"),
    ],
)
def test_rows_that_cannot_be_used_are_named(scores, labels, indptr, message):
    with pytest.raises(DataError, match=message):
        evaluate(scores, labels, indptr)


@pytest.mark.parametrize(
    ("lists", "indptr", "positives", "message"),
    [
        ([[1, 2], [3, 3]], [0, 1, 2], [1, 2], "lists an item twice for query 1"),
        ([1, 2], [0, 1], [1], "ranked_items must be"),
        ([[1, 2]], [0, 1, 2], [1, 2], "positive_indptr must be"),
        ([[1, 2]], [0, 2], [1], "positive_items must be"),
        ([[1, 2]], [0, 1], [-1], "positive_items is -1 in row 0"),
    ],
)
def test_lists_that_cannot_be_used_are_named(lists, indptr, positives, message):
    with pytest.raises(DataError, match=message):
        ranked_metrics(lists, indptr, positives)


def test_unknown_metrics_and_bad_ks_are_refused():
    with pytest.raises(SettingsError, match="unknown metric 'auc'; choose from ndcg"):
        evaluate([1.0], [1], [0, 1], metrics=("auc",))
    for ks in ((0,), (1.5,), ()):
        with pytest.raises(SettingsError, match="ks is"):
            evaluate([1.0], [1], [0, 1], ks=ks)
