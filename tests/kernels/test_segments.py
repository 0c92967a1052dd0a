"""Segment softmax and standardisation against their naive twins."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.kernels.segments import segment_softmax, segment_standardise
from tests.reference import segments as naive

SIZES = st.lists(st.integers(0, 40), max_size=8)
LOGIT = st.floats(-1e4, 1e4, width=32)
TEMPERATURE = st.floats(0.01, 100)


@st.composite
def segmented(draw, element=LOGIT):
    indptr = np.concatenate([[0], np.cumsum(draw(SIZES), dtype=np.int64)]).astype(np.int64)
    n = int(indptr[-1])
    return np.array(draw(st.lists(element, min_size=n, max_size=n)), np.float32), indptr


def spread_out(n_segments=300, seed=0):
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(rng.geometric(0.05, n_segments) - 1)]).astype(np.int64)
    return rng.normal(0, 3, int(indptr[-1])).astype(np.float32), indptr


@settings(max_examples=60, deadline=None)
@given(segmented(), TEMPERATURE)
def test_softmax_equals_naive_twin(case, temperature):
    logits, indptr = case
    weights = segment_softmax(logits, indptr, temperature=temperature)
    expected = naive.by_segment(lambda part: naive.softmax(part, temperature), logits, indptr)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(segmented(), TEMPERATURE)
def test_weights_of_a_segment_sum_to_one(case, temperature):
    logits, indptr = case
    weights = segment_softmax(logits, indptr, temperature=temperature)
    assert np.all(weights >= 0)
    for start, stop in itertools.pairwise(indptr):
        assert start == stop or weights[start:stop].sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(segmented(st.integers(-1000, 1000).map(float)), st.integers(-1000, 1000))
def test_constant_added_to_a_segment_changes_nothing(case, constant):
    logits, indptr = case
    np.testing.assert_array_equal(segment_softmax(logits + constant, indptr), segment_softmax(logits, indptr))


@settings(max_examples=30, deadline=None)
@given(segmented(), st.randoms(use_true_random=False))
def test_permuting_rows_permutes_weights(case, random):
    logits, indptr = case
    order = np.arange(len(logits))
    for start, stop in itertools.pairwise(indptr):
        rows = list(range(start, stop))
        random.shuffle(rows)
        order[start:stop] = rows
    permuted = segment_softmax(logits[order], indptr)
    np.testing.assert_allclose(permuted, segment_softmax(logits, indptr)[order], rtol=1e-6)


def test_infinite_temperature_gives_equal_weights():
    logits, indptr = spread_out()
    weights = segment_softmax(logits, indptr, temperature=np.inf)
    sizes = np.repeat(np.diff(indptr), np.diff(indptr))
    np.testing.assert_array_equal(weights, (1 / sizes).astype(np.float32))


@pytest.mark.parametrize("logit", [0.0, -1e4, 1e4, 3e38, -3e38])
def test_one_row_gives_one(logit):
    assert segment_softmax(np.float32([logit]), [0, 0, 1, 1]).tolist() == [1.0]


def test_masked_rows_get_nothing_and_are_not_looked_at():
    logits = np.float32([1, np.nan, 2, np.inf, -np.inf, 0])
    mask = np.array([True, False, True, False, True, False])
    weights = segment_softmax(logits, [0, 3, 5, 6], mask=mask)
    expected = naive.softmax([1.0, 2.0])
    np.testing.assert_allclose(weights, [expected[0], 0, expected[1], 0, 0, 0], atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, np.inf])
def test_minus_infinity_masks(temperature):
    weights = segment_softmax([-np.inf, 5, -np.inf, -np.inf], [0, 2, 4], temperature=temperature)
    assert weights.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf])
def test_nan_and_infinity_name_the_first_bad_row(bad):
    logits, indptr = spread_out()
    logits[[700, 2000]] = bad
    with pytest.raises(DataError, match="in row 700:"):
        segment_softmax(logits, indptr, n_threads=2)


def test_the_input_is_left_alone():
    logits, indptr = spread_out()
    before = logits.copy()
    segment_softmax(logits, indptr)
    segment_standardise(logits, indptr)
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("function", [segment_softmax, segment_standardise])
def test_any_number_of_threads_gives_the_same_bits(function):
    logits, indptr = spread_out()
    results = [function(logits, indptr, n_threads=n).tobytes() for n in (1, 2, 7)]
    assert results[0] == results[1] == results[2]


@settings(max_examples=40, deadline=None)
@given(segmented(st.floats(-1e3, 1e3, width=16)))
def test_standardise_equals_naive_twin(case):
    values, indptr = case
    result = segment_standardise(values, indptr)
    np.testing.assert_allclose(result, naive.by_segment(naive.standardise, values, indptr), atol=1e-5)


def test_standardise_of_equal_values_is_zero():
    values = np.full(1001, 0.1, np.float32)
    assert not segment_standardise(values, [0, 1, 1001]).any()


@pytest.mark.parametrize("temperature", [0, -1, np.nan, 1e-40])
def test_temperature_must_be_above_zero(temperature):
    with pytest.raises(SettingsError, match="temperature"):
        segment_softmax([1.0], [0, 1], temperature=temperature)


@pytest.mark.parametrize("indptr", [[0, 3, 2, 4], [1, 4], [0, 5], [0, 3], [], [[0, 4]], [0.0, 4.0]])
def test_bad_indptr_is_refused(indptr):
    with pytest.raises(DataError, match="indptr"):
        segment_softmax([1.0, 2.0, 3.0, 4.0], indptr)


def test_bad_shapes_are_refused():
    with pytest.raises(DataError, match="one-dimensional"):
        segment_softmax([[1.0]], [0, 1])
    with pytest.raises(DataError, match="mask must be bool"):
        segment_softmax([1.0], [0, 1], mask=[1])
    with pytest.raises(DataError, match="values is nan in row 0"):
        segment_standardise([np.nan], [0, 1])


def test_no_segments_and_no_rows():
    assert segment_softmax([], [0]).shape == (0,)
    assert segment_softmax([], [0, 0, 0]).shape == (0,)
    assert segment_standardise([], [0, 0]).shape == (0,)
