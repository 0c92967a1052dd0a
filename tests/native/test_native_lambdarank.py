"""LambdaRank with pair weights equals its naive twin; what it cannot take is refused by name."""

import gc
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from tests.reference import lambdarank as naive

TRUNCATION = 4


def problem(sizes=(9, 0, 1, 14, 3), most_label=3, seed=0):
    """Scores full of ties, any label, weights from 0 to 3."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    label = rng.integers(0, most_label + 1, indptr[-1]).astype(np.int32)
    scores = rng.integers(-9, 10, indptr[-1]) / 4
    return indptr, label, scores, (3 * rng.random(indptr[-1])).astype(np.float32)


def gradients(indptr, label, scores, weight=None, truncation=TRUNCATION, plan=None, **options):
    if plan is None:
        plan = native.lambdarank_plan(indptr, label, truncation)
    return native.lambdarank(indptr, label, plan, scores, truncation, weight, **options)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), max_size=5),
    most_label=st.integers(0, 5),
    truncation=st.integers(1, 50),
    factor=st.sampled_from([None, *native.PAIR_FACTORS]),
    norm=st.booleans(),
    seed=st.integers(0, 99),
)
def test_equals_the_naive_twin(sizes, most_label, truncation, factor, norm, seed):
    indptr, label, scores, weight = problem(sizes, most_label, seed)
    options = {"norm": norm} if factor is None else {"weight": weight, "factor": factor, "norm": norm}
    found = gradients(indptr, label, scores, truncation=truncation, **options)
    expected = naive.lambdarank(indptr, label, scores, truncation, **options)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5 * np.abs(theirs).max(initial=0))


@pytest.mark.parametrize("factor", native.PAIR_FACTORS)
def test_a_querys_gradients_sum_to_zero(factor):
    indptr, label, scores, weight = problem(sizes=[60] * 50, seed=1)
    gradient, _ = gradients(indptr, label, scores, weight, truncation=20, factor=factor)
    sums = np.add.reduceat(gradient.astype(np.float64), indptr[:-1])
    sizes = np.add.reduceat(np.abs(gradient), indptr[:-1])
    assert sizes.min() > 0
    assert (np.abs(sums) < 1e-6 * sizes).all()


@pytest.mark.parametrize("factor", native.PAIR_FACTORS)
def test_weights_of_one_are_no_weights_to_the_bit(factor):
    indptr, label, scores, weight = problem(sizes=[60] * 20)
    expected = gradients(indptr, label, scores)
    found = gradients(indptr, label, scores, np.ones_like(weight), factor=factor)
    np.testing.assert_array_equal(found, expected)


def test_the_bits_do_not_depend_on_threads_or_on_other_queries():
    indptr, label, scores, weight = problem(sizes=[0, 1, *range(2, 300)], seed=2)
    expected = gradients(indptr, label, scores, weight)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(gradients(indptr, label, scores, weight, n_threads=n_threads), expected)
    for query in (2, 70, 299):
        own = slice(indptr[query], indptr[query + 1])
        alone = np.array([0, own.stop - own.start])
        found = gradients(alone, label[own], scores[own], weight[own])
        np.testing.assert_array_equal(found, [values[own] for values in expected])


def test_a_positive_of_small_weight_pushes_its_negatives_by_no_more():
    """A row weight instead leaves what the negatives get as it is."""
    indptr, _, scores, _ = problem(sizes=[30])
    label = (np.arange(30) == 7).astype(np.int32)
    weight = np.where(label == 1, np.float32(0.125), np.float32(1))
    full, _ = gradients(indptr, label, scores)
    paired, _ = gradients(indptr, label, scores, weight)
    by_row = full * weight
    assert (full[label == 0] != 0).any()
    np.testing.assert_allclose(paired, 0.125 * full, rtol=1e-6)
    np.testing.assert_array_equal(by_row[label == 0], full[label == 0])
    assert by_row.sum() > 0.8 * full[label == 0].sum()


def test_queries_without_pairs_get_zeros():
    indptr, _, scores, _ = problem()
    for value in (0, 2):
        label = np.full(len(scores), value, np.int32)
        assert not np.any(gradients(indptr, label, scores))
    assert [len(part) for part in gradients(indptr[:1], label[:0], scores[:0])] == [0, 0]


def test_labels_up_to_31_are_taken():
    indptr, label, scores = np.array([0, 2]), np.array([31, 0], np.int32), np.zeros(2)
    found, _ = gradients(indptr, label, scores)
    assert found[0] == -found[1] < 0


INDPTR, LABEL, SCORES, WEIGHT = problem()
PLAN = native.lambdarank_plan(INDPTR, LABEL, TRUNCATION)


def changed(array, place, value):
    copy = array.copy()
    copy[place] = value
    return copy


BAD = [
    ({"scores": changed(SCORES, 5, np.nan)}, ValueError, "scores, weight: holds NaN"),
    ({"scores": changed(SCORES, 5, -np.inf)}, ValueError, "scores, weight: holds NaN"),
    ({"scores": SCORES[1:]}, ValueError, "scores: expected an array float64"),
    ({"scores": SCORES.astype(np.float32)}, TypeError, "scores: expected an array of float64"),
    ({"scores": np.repeat(SCORES, 2)[::2]}, ValueError, "scores: expected a C-contiguous"),
    ({"weight": changed(WEIGHT, 3, np.nan)}, ValueError, "scores, weight: holds NaN"),
    ({"weight": changed(WEIGHT, 3, np.inf)}, ValueError, "scores, weight: holds NaN"),
    ({"weight": changed(WEIGHT, 3, -1)}, ValueError, "weight: holds a negative value"),
    ({"weight": WEIGHT[1:]}, ValueError, "weight: expected an array float32"),
    ({"weight": WEIGHT.astype(np.float64)}, TypeError, "weight: expected an array of float32"),
    ({"label": changed(LABEL, 3, 32), "plan": PLAN}, ValueError, "label .from 0 to 31.: holds"),
    ({"label": changed(LABEL, 3, 32)}, ValueError, "label .from 0 to 31.: holds"),
    ({"label": changed(LABEL, 3, -1), "plan": PLAN}, ValueError, "label .from 0 to 31.: holds"),
    ({"label": LABEL.astype(np.int64)}, TypeError, "label: expected an array of int32"),
    ({"indptr": INDPTR[:-1]}, ValueError, "indptr: must start at 0"),
    ({"indptr": changed(INDPTR, 0, 1)}, ValueError, "indptr: must start at 0"),
    ({"indptr": changed(INDPTR, 2, 25), "plan": PLAN}, ValueError, "indptr: must start at 0"),
    ({"indptr": INDPTR[:0]}, ValueError, "indptr: expected at least 1 value"),
    ({"plan": PLAN[1:]}, ValueError, "plan: expected an array float64"),
    ({"truncation": 0}, ValueError, "truncation: must be at least 1"),
    ({"truncation": 0, "plan": PLAN}, ValueError, "truncation: must be at least 1"),
    ({"factor": "sum"}, ValueError, "factor: give one of product, winner, mean, got 'sum'"),
    ({"n_threads": 0}, ValueError, "n_threads: must be from 1 to 1024"),
    ({"indptr": changed(INDPTR, 2, 10**15)}, ValueError, "indptr: must start at 0"),
]


def call(**changes):
    return gradients(**{"indptr": INDPTR, "label": LABEL, "scores": SCORES, "weight": WEIGHT} | changes)


@pytest.mark.parametrize(("wrong", "error", "message"), BAD)
def test_wrong_arguments_are_refused_by_name(wrong, error, message):
    with pytest.raises(error, match=message):
        call(**wrong)


def use_everything():
    call()
    call(plan=PLAN)
    for wrong, error, _ in BAD:
        with pytest.raises(error):
            call(**wrong)


def test_references_are_stable_after_success_and_after_each_error():
    def references():
        gc.collect()
        return [sys.getrefcount(array) for array in (INDPTR, LABEL, SCORES, WEIGHT, PLAN)]

    use_everything()
    before = references()
    for _ in range(3):
        use_everything()
    assert references() == before
