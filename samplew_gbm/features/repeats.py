"""Whether the user took a candidate before: how often, and how long ago in places of the history."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext

COLUMNS = ("repeat_count", "repeat_places_back")


def repeats(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Times in the history, and places back of the latest, 1 for what was taken last; NaN for never.

    No columns where candidates are found: what is in the history is not among them, so nothing repeats.
    """
    if not context.tables.repeats:
        return {}
    histories, lists = context.queries.histories, context.candidates.lists
    n_items = np.int64(context.tables.n_items)
    keys = histories.owner * n_items + histories.items
    order = np.argsort(keys, kind="stable")  # of an item in a history the latest comes last
    wanted, known = lists.owner * n_items + lists.items, keys[order]
    begin, end = (np.searchsorted(known, wanted, side=side) for side in ("left", "right"))
    taken = end > begin
    latest = order[end[taken] - 1]
    back = np.full(len(wanted), np.nan, np.float32)
    back[taken] = histories.indptr[1:][lists.owner[taken]] - latest
    return dict(zip(COLUMNS, ((end - begin).astype(np.float32), back), strict=True))
