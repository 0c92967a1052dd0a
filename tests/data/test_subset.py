"""A subset of a catalogue: its numbers, and when it is the whole."""

import numpy as np

from samplew_gbm.data.subset import OUTSIDE, Subset


def test_items_stand_at_their_places_in_ascending_order():
    some = Subset.of_items(9, np.array([7, 2, 7], np.int32), np.array([4], np.int32))
    assert some.items.tolist() == [2, 4, 7]
    assert some.places(np.array([7, 2], np.int32)).tolist() == [2, 0]
    assert np.flatnonzero(some.place == OUTSIDE).tolist() == [0, 1, 3, 5, 6, 8]
    table = np.arange(18).reshape(9, 2)
    np.testing.assert_array_equal(some.rows(table), table[[2, 4, 7]])


def test_most_of_a_catalogue_is_all_of_it_without_a_copy():
    table = np.arange(5)
    half, most = (Subset.of(np.arange(5) < n) for n in (2, 3))
    assert (len(half), len(most)) == (2, 5)
    assert most.rows(table) is table
    assert most.places(most.items) is most.items


def test_of_nothing_nothing_is_left():
    none = Subset.of_items(4)
    assert len(none) == 0
    assert none.rows(np.ones((4, 3))).shape == (0, 3)
