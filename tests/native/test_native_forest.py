"""The forest equals its naive twin to the bit, whatever its trees; what is no forest is refused by name."""

import gc
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import native
from samplew_gbm.errors import NativeError
from tests.native.forests import random_forest, random_rows
from tests.reference.forest import forest_scores

SIZES = [0, 1, 15, 30, 31, 32, 90, 2]
FOREST = random_forest(SIZES)
ROWS = random_rows(300)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 2, 7, 15, 30, 31, 32, 33, 63, 64, 200]), max_size=6),
    n_features=st.integers(1, 20),
    n_rows=st.sampled_from([0, 1, 2, 63, 64, 65, 200]),
    seed=st.integers(0, 999),
)
def test_equals_the_naive_twin(sizes, n_features, n_rows, seed):
    forest, rows = random_forest(sizes, n_features, seed), random_rows(n_rows, n_features, seed)
    found = native.forest_score(forest, rows)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, forest_scores(forest, rows))


def test_the_bits_depend_on_neither_threads_nor_other_rows():
    forest = random_forest(SIZES * 30)
    rows = random_rows(3000)
    whole = native.forest_score(forest, rows)
    assert len(np.unique(whole)) > 2000
    for n_threads in (2, 7):
        np.testing.assert_array_equal(native.forest_score(forest, rows, n_threads), whole)
    for row in (0, 63, 64, 2999):
        assert native.forest_score(forest, rows[row : row + 1])[0] == whole[row]


def test_progress_ends_at_the_rows_and_a_cancelled_call_ends():
    seen = []
    native.forest_score(FOREST, ROWS, progress=seen.append)
    assert seen[-1] == len(ROWS)
    with pytest.raises(NativeError, match="cancelled"):
        native.forest_score(FOREST, ROWS, control=np.array([0, 1]))


def changed(name, place, value):
    array = getattr(FOREST, name).copy()
    array[place] = value
    return FOREST._replace(**{name: array})


FIRST = int(FOREST.indptr[6])  # of the tree of 90 splits
BAD = [
    (changed("feature", FIRST, 5), "tree 6: a feature"),
    (changed("feature", FIRST, -1), "tree 6: a feature"),
    (changed("rule", FIRST, 5), "tree 6: a feature, rule or set"),
    (changed("threshold", FIRST, np.nan), "tree 6: a threshold or leaf is not a number"),
    (changed("value", FIRST + 6, np.inf), "tree 6: a threshold or leaf"),
    (changed("left", FIRST, 0), "tree 6: its children do not make one tree"),
    (changed("left", FIRST, 90), "tree 6: its children"),
    (changed("right", FIRST, -92), "tree 6: its children"),
    (changed("right", FIRST, -(2**31)), "tree 6: its children"),
    (changed("left", 0, 0), "tree 1: its children"),
    (changed("indptr", 0, 1), "indptr, set_indptr: "),
    (changed("indptr", 3, 0), "indptr, set_indptr: "),
    (changed("set_indptr", -1, 9), "indptr, set_indptr: "),
    (FOREST._replace(indptr=FOREST.indptr[:0]), "indptr: expected at least 1"),
    (FOREST._replace(set_indptr=FOREST.set_indptr[:0]), "set_indptr: expected at least 1"),
    (FOREST._replace(value=FOREST.value[1:]), r"value: expected an array float64\[209\]"),
    (FOREST._replace(left=FOREST.left[1:]), r"left: expected an array int32\[201\]"),
]


@pytest.mark.parametrize(("forest", "match"), BAD)
def test_what_is_no_forest_is_refused_by_name(forest, match):
    with pytest.raises(ValueError, match=match):
        native.forest_score(forest, ROWS)


def test_wrong_types_are_refused_by_name():
    with pytest.raises(TypeError, match="threshold: expected an array of float32"):
        native.forest_score(FOREST._replace(threshold=FOREST.threshold.astype(float)), ROWS)
    with pytest.raises(TypeError, match="features: expected an array of float32"):
        native.forest_score(FOREST, ROWS.astype(float))
    with pytest.raises(ValueError, match="features: expected a C-contiguous array"):
        native.forest_score(FOREST, np.asfortranarray(ROWS))
    with pytest.raises(ValueError, match="n_threads"):
        native.forest_score(FOREST, ROWS, 0)


def test_no_reference_is_kept_or_lost():
    arrays = [*FOREST, ROWS]
    bad = changed("left", FIRST, 0)
    gc.collect()
    before = [sys.getrefcount(array) for array in arrays]
    for _ in range(50):
        native.forest_score(FOREST, ROWS[:1])
        with pytest.raises(ValueError, match="tree 6"):
            native.forest_score(bad, ROWS)
    gc.collect()
    assert [sys.getrefcount(array) for array in arrays] == before
