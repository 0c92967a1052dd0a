"""Test rows that are no test: what their users are known to have taken already."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import TIMESTAMP
from samplew_gbm.data.arrow import as_floats
from samplew_gbm.data.queries import Queries


def count_known(test: pa.Table, queries: Queries, slot: NDArray[np.int64], item: NDArray[np.int64]) -> int:
    """How many rows of ``test``, of the queries ``slot`` and the items ``item``, are in their histories.

    A user may take an item again: where rows have times, those after the last of the history are not counted.
    Without times a row that was learned from and one that repeats it look the same, and both are.
    """
    own = queries.histories
    n_items = 1 + max(item.max(initial=0), own.items.max(initial=0))
    known = np.isin(slot * n_items + item, own.owner * n_items + own.items)
    if queries.time is not None and TIMESTAMP in test.column_names:
        known &= as_floats(test[TIMESTAMP]) <= queries.time[slot]
    return int(np.count_nonzero(known))


def known_words(n_known: int) -> str:
    """What a count of such rows means, in one sentence."""
    rows, are = ("row", "is") if n_known == 1 else ("rows", "are")
    return (
        f"{n_known:,} test {rows} {are} in the histories of their users already, and what a user has taken "
        "is never recommended, so it counts as missed; judge by rows that the model has not seen"
    )
