"""Who asks, with which history: the model's own log and what the caller adds to it, as queries."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID, USER_ID
from samplew_gbm.data.arrow import check_table
from samplew_gbm.data.interactions import Interactions, Order, align_interactions
from samplew_gbm.data.queries import Lists, Queries, gather_ranges
from samplew_gbm.data.validation import check_kind
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.embeddings.taste import with_meant
from samplew_gbm.errors import DataError, SchemaError
from samplew_gbm.pipeline.model import Model


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """``user_id`` has ``q`` distinct ids of any users, known or not; the queries stand beside them."""

    user_id: pa.Array
    queries: Queries


def requests_of(model: Model, users: pa.Array | None, history: pa.Table | None) -> Requests:
    """The next request of each user; without ``users`` that of every user of the model and of ``history``.

    ``history`` (columns of ``read_log``) follows what the model knows of its users; its unknown items say
    nothing and are passed over. Nothing is learned from it. ``DataError`` where a user has no id.
    """
    later = None if history is None else _aligned(model, history)
    if users is None:
        users = model.users.ids if later is None else _all_users(model.users, later.users)
    check_kind(users, pa.Array | pa.ChunkedArray, "users", "give a pyarrow.Array of ids")
    if users.null_count:
        raise DataError("the users have a row without an id; remove it or fill it in")
    asked = Vocabulary.from_values(users)
    parts = [_rows_of_model(model, asked)]
    if later is not None:
        parts.append(_rows_of_log(later, asked))
    slot, item, time = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((time, slot))
    sizes = np.bincount(slot, minlength=len(asked))
    histories = Lists.from_sizes(sizes, item[order].astype(np.int32))
    last = None
    if model.order is Order.CLOCK:
        ends = np.maximum(histories.indptr[1:] - 1, 0)
        latest = time[order][ends] if len(order) else np.zeros(len(asked))
        last = np.where(sizes > 0, latest, np.nan)
    queries = Queries(histories, last, model.users.encode(asked.ids))
    return _in_order_asked(asked, users, with_meant(queries, model.tables))


def _aligned(model: Model, history: pa.Table) -> Interactions:
    check_table(history, "history", (USER_ID, ITEM_ID))
    if model.order is Order.CLOCK and "timestamp" not in history.column_names:
        raise SchemaError(
            "the history has no column 'timestamp', but the model was trained with one; "
            "add it or name it with --timestamp-column"
        )
    return align_interactions(history, items=model.items, order=model.order).interactions


def _all_users(known: Vocabulary, more: Vocabulary) -> pa.Array:
    return known.union(more).ids


def _rows_of_model(model: Model, asked: Vocabulary) -> tuple[NDArray[np.int64], ...]:
    """Slot among those asked, item and time of every row of the model's log that somebody asks about."""
    index = model.users.encode(asked.ids).astype(np.int64)
    slots = np.flatnonzero(index != UNKNOWN)
    starts, stops = (model.histories.indptr[index[slots] + end] for end in (0, 1))
    rows = gather_ranges(starts, stops)
    time = np.zeros(len(rows)) if model.history_time is None else model.history_time[rows]
    columns: tuple[NDArray[Any], ...] = np.repeat(slots, stops - starts), model.histories.items[rows], time
    return columns


def _rows_of_log(log: Interactions, asked: Vocabulary) -> tuple[NDArray[np.int64], ...]:
    slot = asked.encode(log.users.ids)[log.user_index].astype(np.int64)
    kept = slot != UNKNOWN
    time = np.ones(len(slot)) if log.timestamp is None else log.timestamp
    return slot[kept], log.item_index[kept], time[kept]


def _in_order_asked(asked: Vocabulary, users: pa.Array, queries: Queries) -> Requests:
    """The vocabulary is sorted; the caller's order, each user once, is given back."""
    distinct = users.unique()
    return Requests(distinct, queries.take(asked.encode(distinct).astype(np.int64)))


def slots_of(column: pa.ChunkedArray, users: pa.Array) -> NDArray[np.int64]:
    """Place of each value among ``users``."""
    asked = Vocabulary.from_values(users)
    place = np.empty(len(asked), np.int64)
    place[asked.encode(users)] = np.arange(len(users))
    return place[asked.encode(column)]


def users_in(table: pa.Table, name: str) -> pa.Array:
    """Distinct users of a table, the argument ``name``, in the order of their first rows."""
    check_table(table, name, (USER_ID, ITEM_ID))
    column = table[USER_ID].unique()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
