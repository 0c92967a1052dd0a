"""The findings of a report as tables, with the ids, times and events of the log."""

from typing import Any

import numpy as np

from samplew_gbm.columns import EVENT, IMPORTANCE, ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.data.arrow import list_column, table_of
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.evaluation.grouped import GroupMeans
from samplew_gbm.report.files import ITEMS, SUSPICIOUS, USERS
from samplew_gbm.report.making import Report


def report_tables(interactions: Interactions, report: Report) -> dict[str, Any]:
    """The Arrow table of each table file."""
    return {
        SUSPICIOUS: _suspicious(interactions, report),
        USERS: table_of(_means(USER_ID, interactions.users, interactions.user_index, report.users)),
        ITEMS: _items(interactions, report),
    }


def _suspicious(interactions: Interactions, report: Report) -> Any:
    """``row`` counts from 1, as ``samplew explain --row`` does."""
    found = report.suspicious
    place = found.place
    columns: dict[str, Any] = {
        "row": interactions.row[place] + 1,
        USER_ID: interactions.users.decode(interactions.user_index[place]),
        ITEM_ID: interactions.items.decode(interactions.item_index[place]),
    }
    if interactions.timestamp is not None:
        columns[TIMESTAMP] = interactions.timestamp[place]
    if interactions.event is not None:
        columns[EVENT] = interactions.event.take(place)
    return table_of(columns | {IMPORTANCE: found.importance, "share_rank": found.share_rank})


def _means(name: str, vocabulary: Vocabulary, index: Any, means: GroupMeans) -> dict[str, Any]:
    """``n_rows`` counts all rows of the log; the mean is over the ``n_judged`` of them."""
    return {
        name: vocabulary.decode(means.group),
        "n_rows": np.bincount(index, minlength=len(vocabulary))[means.group],
        "n_judged": means.n,
        "mean_importance": means.mean,
        "low": means.low,
        "high": means.high,
        "share": means.share,
        "steadied_mean": means.steadied,
    }


def _items(interactions: Interactions, report: Report) -> Any:
    top = report.items.top
    columns = _means(ITEM_ID, interactions.items, interactions.item_index, report.items.means)
    lists = {
        "top_users": interactions.users.decode(top.user_index),
        "top_importance": top.importance,
        "top_affinity_rank": top.affinity_rank,
        "top_n_own": top.n_own,
    }
    return table_of(columns | {name: list_column(top.indptr, values) for name, values in lists.items()})
