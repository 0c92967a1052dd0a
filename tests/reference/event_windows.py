"""Naive twin of `samplew_gbm.kernels.event_windows`: look at every event."""

import math


def windows_of(times, now, windows):
    """Events strictly before ``now``: within each window, in all, seconds since the first and the latest."""
    before = [time for time in times if time < now]
    within = [float(sum(time >= now - window for time in before)) for window in windows]
    since = [now - before[0], now - before[-1]] if before else [math.nan, math.nan]
    return [*within, float(len(before)), *since]
