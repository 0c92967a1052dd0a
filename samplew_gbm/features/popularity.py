"""How much an item is taken: over all, and in windows before the query's time with their trend."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext
from samplew_gbm.kernels.event_windows import count_windows

DAY = 86_400.0
WINDOWS_DAYS = (7.0, 30.0, 180.0)


def popularity(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Log counts. Windows end strictly before the last visit, so an event of that instant is not seen."""
    lists = context.candidates.lists
    columns = {"popularity": np.log1p(context.tables.counts[lists.items])}
    events, time = context.tables.events, context.queries.time
    if events is None or time is None:
        return columns
    windows = np.array(WINDOWS_DAYS) * DAY
    out = np.empty((len(lists.items), len(windows) + 3), np.float32)
    count_windows(events.indptr, events.time, lists.indptr, lists.items, time, windows, out)
    for place, days in enumerate(WINDOWS_DAYS):
        columns[f"popularity_{days:.0f}d"] = np.log1p(out[:, place])
    before = out[:, len(windows)]
    columns["popularity_before"] = np.log1p(before)
    columns["trend"] = np.log1p(out[:, 1]) - np.log1p(before * np.float32(WINDOWS_DAYS[1] / 365))
    columns["item_age_days"] = out[:, -2] / np.float32(DAY)
    columns["item_idle_days"] = out[:, -1] / np.float32(DAY)
    return columns
