"""Counts of an item's events in windows of time before a query."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit()
def _events_before(times: Any, moment: Any) -> Any:
    low, high = 0, times.shape[0]
    while low < high:
        middle = (low + high) // 2
        if times[middle] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@jit()
def count_windows(
    event_indptr: Any,
    event_time: Any,
    candidate_indptr: Any,
    candidate_items: Any,
    query_time: Any,
    windows: Any,
    out: Any,
) -> None:
    """For each candidate, of its item's events strictly before its query's time:

    columns 0..w-1 of ``out`` (``float32[c, w + 3]``) count those within each of the ``w`` windows (seconds),
    then come the count of all, and the seconds since the first and the latest (NaN without any).
    A query time of NaN counts nothing.
    """
    n_windows = windows.shape[0]
    for q in range(query_time.shape[0]):
        now = query_time[q]
        for c in range(candidate_indptr[q], candidate_indptr[q + 1]):
            item = candidate_items[c]
            times = event_time[event_indptr[item] : event_indptr[item + 1]]
            n = _events_before(times, now)
            for w in range(n_windows):
                out[c, w] = n - min(n, _events_before(times, now - windows[w]))
            out[c, n_windows] = n
            out[c, n_windows + 1] = now - times[0] if n > 0 else np.nan
            out[c, n_windows + 2] = now - times[n - 1] if n > 0 else np.nan
