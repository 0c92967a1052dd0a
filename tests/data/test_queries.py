"""Lists in compressed form: cut, taken and counted as plain Python lists are."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.queries import Lists, Queries, Windows, gather_ranges

N_ITEMS = 5
LISTS = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=6), max_size=6)


def compressed(lists):
    return Lists.from_sizes(
        np.array([len(items) for items in lists], np.int64),
        np.array(list(itertools.chain(*lists)), np.int32),
    )


def plain(lists):
    return [lists.items[start:stop].tolist() for start, stop in itertools.pairwise(lists.indptr)]


@settings(max_examples=60, deadline=None)
@given(LISTS, st.data())
def test_lists_are_taken_and_sliced_as_python_lists(lists, data):
    packed = compressed(lists)
    assert plain(packed) == lists
    assert len(packed) == len(lists)
    assert packed.sizes.tolist() == [len(items) for items in lists]
    assert packed.owner.tolist() == [owner for owner, items in enumerate(lists) for _ in items]
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(lists))] * 2)))
    assert plain(packed.slice(start, stop)) == lists[start:stop]
    if lists:
        index = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=8))
        assert plain(packed.take(np.array(index, np.int64))) == [lists[place] for place in index]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, N_ITEMS - 1), max_size=8), st.data())
def test_windows_are_parts_of_one_list(items, data):
    ends = data.draw(st.lists(st.tuples(*[st.integers(0, len(items))] * 2).map(sorted), max_size=6))
    lists = [items[start:stop] for start, stop in ends]
    starts, stops = np.array(ends, np.int64).reshape(-1, 2).T
    windows = Windows(np.array(items, np.int32), starts, stops)
    assert len(windows) == len(lists)
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(lists))] * 2)))
    assert plain(windows.slice(begin, end)) == lists[begin:end]
    index = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(lists), max_size=len(lists))))
    assert plain(windows.take(index).slice(0, len(index))) == [lists[place] for place in index]


@settings(max_examples=60, deadline=None)
@given(LISTS)
def test_distinct_items_and_their_counts(lists):
    found = compressed(lists).distinct(N_ITEMS)
    assert plain(found.lists) == [sorted(set(items)) for items in lists]
    assert found.counts.tolist() == [items.count(item) for items in lists for item in sorted(set(items))]
    assert (found.lists.indptr.dtype, found.lists.items.dtype) == (np.int64, np.int32)


def test_ranges_follow_one_another():
    starts, stops = np.array([4, 0, 7, 2]), np.array([6, 0, 8, 5])
    assert gather_ranges(starts, stops).tolist() == [4, 5, 7, 2, 3, 4]


@pytest.mark.parametrize("time", [None, np.array([1.0, np.nan, 3.0])])
def test_queries_keep_their_times(time):
    queries = Queries(compressed([[1], [], [2, 3]]), time)
    for part, index in ((queries.slice(1, 3), [1, 2]), (queries.take(np.array([2, 0])), [2, 0])):
        assert plain(part.histories) == [[[1], [], [2, 3]][place] for place in index]
        if time is None:
            assert part.time is None
        else:
            np.testing.assert_array_equal(part.time, time[index])
