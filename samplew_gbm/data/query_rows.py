"""Which rows of a log belong to one query: where it begins, and which row stands for an item in it."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.errors import SettingsError


def first_rows(interactions: Interactions) -> NDArray[np.int64]:
    """The first row of each row's query, ``int64[n]``; a row of no query begins one of its own."""
    first = np.arange(len(interactions))
    query = interactions.query
    if query is None:
        return first
    known = np.flatnonzero(query >= 0)
    lowest = np.full(int(query.max(initial=-1)) + 1, len(query))
    np.minimum.at(lowest, query[known], known)
    first[known] = lowest[query[known]]
    return first


def check_axis(interactions: Interactions, axis: str) -> None:
    """``SettingsError`` where samples are compared within a query, the setting, and each row is one alone."""
    if axis != "query" or interactions.query is not None or interactions.order is Order.NONE:
        return
    ways = "name their column with --query-column NAME"
    if interactions.order is Order.CLOCK:
        ways += ", make them of visits with --set queries=visits"
    raise SettingsError(
        "axis is 'query', but the log names no queries, so that each row would be compared with none; "
        f"{ways}, or leave axis at 'user'"
    )


def standing_rows(interactions: Interactions) -> NDArray[np.int64]:
    """The row that stands for each row's item in its query, the first such, ``int64[n]``.

    Where events have grades and rows no order, a user's rows are one query.
    """
    anchor = first_rows(interactions)
    if interactions.grade is not None and interactions.order is Order.NONE and interactions.query is None:
        anchor = interactions.indptr[interactions.user_index]
    elif interactions.query is None:
        return anchor
    keys = anchor * interactions.n_items + interactions.item_index
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    standing: NDArray[np.int64] = first[place].astype(np.int64)
    return standing
