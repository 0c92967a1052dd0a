"""Coverage and popularity bias of lists, by hand."""

import numpy as np

from samplew_gbm.evaluation.lists import coverage, popularity_bias

LISTS = np.array([[0, 1], [1, -1]], np.int32)


def test_coverage_counts_items_once_and_no_gaps():
    assert coverage(LISTS, 4) == 0.5
    assert coverage(np.full((2, 2), -1, np.int32), 4) == 0


def test_lists_as_popular_as_what_is_taken_have_a_bias_of_one():
    counts = np.array([3, 1, 0], np.float32)
    taken = np.array([[0, 0, 0, 1]], np.int32)
    assert popularity_bias(taken, counts) == 1


def test_popular_lists_are_above_one_and_rare_ones_below():
    counts = np.array([3, 1, 0], np.float32)
    assert popularity_bias(np.array([[0]], np.int32), counts) == 3 / 2.5
    assert popularity_bias(np.array([[1], [2]], np.int32), counts) == 0.5 / 2.5


def test_nothing_shown_has_no_bias():
    assert np.isnan(popularity_bias(np.full((1, 2), -1, np.int32), np.ones(3, np.float32)))
