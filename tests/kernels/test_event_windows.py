"""Counts of events in windows before a query against their naive twin."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.event_windows import count_windows
from tests.reference import event_windows as naive

TIME = st.integers(0, 12).map(float)
WINDOWS = np.array([1.0, 3.0, 100.0])


def counted(events, queries):
    """``events``: times of each item; ``queries``: pairs of a time and candidate items."""
    event_indptr = np.concatenate([[0], np.cumsum([len(times) for times in events])]).astype(np.int64)
    event_time = np.array(list(itertools.chain(*events)), np.float64)
    lists = [items for _, items in queries]
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int64)
    items = np.array(list(itertools.chain(*lists)), np.int32)
    out = np.full((len(items), len(WINDOWS) + 3), 77, np.float32)
    times = np.array([time for time, _ in queries], np.float64)
    count_windows(event_indptr, event_time, indptr, items, times, WINDOWS, out)
    return out


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(TIME, max_size=8).map(sorted), min_size=3, max_size=3),
    st.lists(st.tuples(TIME, st.lists(st.integers(0, 2), max_size=4)), max_size=4),
)
def test_windows_equal_naive_twin(events, queries):
    expected = [naive.windows_of(events[item], time, WINDOWS) for time, items in queries for item in items]
    np.testing.assert_array_equal(counted(events, queries), np.reshape(expected, (-1, len(WINDOWS) + 3)))


def test_an_event_at_the_very_instant_is_not_seen():
    events = [[1.0, 5.0, 5.0], [5.0]]
    out = counted(events, [(5.0, [0, 1])])
    assert out[0].tolist() == [0, 0, 1, 1, 4, 4]
    assert out[1, :4].tolist() == [0, 0, 0, 0]
    assert np.isnan(out[1, 4:]).all()


def test_later_events_change_nothing():
    before = counted([[1.0, 2.0], []], [(3.0, [0, 1]), (0.5, [0])])
    after = counted([[1.0, 2.0, 3.0, 9.0], [4.0]], [(3.0, [0, 1]), (0.5, [0])])
    np.testing.assert_array_equal(before[:2], after[:2])


def test_a_query_without_a_time_counts_nothing():
    out = counted([[1.0, 2.0]], [(np.nan, [0])])
    assert out[0, : len(WINDOWS) + 1].tolist() == [0] * (len(WINDOWS) + 1)
    assert np.isnan(out[0, -2:]).all()
