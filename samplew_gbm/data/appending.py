"""A log and what came after it as one log: histories that are known, and new rows behind them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.impressions import Impressions
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.errors import DataError

NO_ROW = -1


@dataclass(frozen=True, slots=True, eq=False)
class Appended:
    """Both logs in the vocabularies of both.

    ``is_new`` is ``bool[n]`` beside ``interactions``: the rows of the later log. Their ``row`` is that of the
    later log, the others have ``NO_ROW``. ``n_repeated`` rows of the later log were in the earlier one too.
    """

    interactions: Interactions
    is_new: NDArray[np.bool_]
    n_repeated: int


def append_interactions(earlier: Interactions, later: Interactions) -> Appended:
    """``later`` behind ``earlier``; of its rows those that ``earlier`` has already are left out.

    A row is repeated where user, item and time are equal, in a set where user and item are; rows that only a
    file orders are never, as nothing tells a repeat from a second time. Events, values, queries and what they
    showed are the later log's: an earlier row has none, and its own weight is the mean of the later ones.
    What is said of items and users is what ``earlier`` says, and whether there are ``repeats`` too: the trees
    that go on have its columns. ``DataError`` where their orders differ.
    """
    if earlier.order is not later.order:
        raise DataError(
            f"the earlier log was ordered by {_ORDERED[earlier.order]}, the later one is by "
            f"{_ORDERED[later.order]}; give the columns and the order that the earlier one had"
        )
    users, items = earlier.users.union(later.users), earlier.items.union(later.items)
    old, new = (_encoded(log, users, items) for log in (earlier, later))
    repeated = _repeated(old, new)
    new = new.take(~repeated)
    user = np.concatenate([old.user_index, new.user_index])
    time = None
    if old.timestamp is not None and new.timestamp is not None:
        time = np.concatenate([old.timestamp, new.timestamp])
    at = np.lexsort((user,) if time is None else (time, user))
    n_old = len(old)
    content, side = earlier.content, earlier.side
    place_of_item, place_of_user = (
        known.encode(both.ids).astype(np.int64)
        for known, both in ((earlier.items, items), (earlier.users, users))
    )
    joined = Interactions(
        users=users,
        items=items,
        user_index=user[at],
        item_index=np.concatenate([old.item_index, new.item_index])[at],
        timestamp=None if time is None else time[at],
        order=earlier.order,
        row=np.concatenate([np.full(n_old, NO_ROW), new.row])[at],
        event=None if new.event is None else _behind_nulls(n_old, new.event).take(pa.array(at)),
        value=_behind(n_old, np.nan, new.value, at),
        weight=None if new.weight is None else _behind(n_old, float(np.mean(new.weight)), new.weight, at),
        query=_behind(n_old, UNKNOWN, new.query, at),
        position=_behind(n_old, 0, new.position, at),
        impressions=new.impressions,
        content=None if content is None else content.spread(items.encode(earlier.items.ids), len(items)),
        side=None if side is None else side.take_items(place_of_item).take_users(place_of_user),
        repeats=earlier.repeats,
    )
    return Appended(joined, at >= n_old, int(np.count_nonzero(repeated)))


_ORDERED = {Order.CLOCK: "time", Order.FILE: "the file", Order.NONE: "nothing"}


def _encoded(log: Interactions, users: Vocabulary, items: Vocabulary) -> Interactions:
    """The same rows, in the same order, as indices of larger vocabularies that sort alike."""
    user, item = users.encode(log.users.ids), items.encode(log.items.ids)
    moved = replace(
        log,
        users=users,
        items=items,
        user_index=user[log.user_index],
        item_index=item[log.item_index],
        content=None,
        side=None,
        impressions=None if log.impressions is None else _renumbered(log.impressions, item),
    )
    by_user = np.argsort(moved.user_index, kind="stable")  # numbers and text sort differently
    return moved if np.array_equal(by_user, np.arange(len(log))) else _permuted(moved, by_user)


def _permuted(log: Interactions, at: NDArray[np.int64]) -> Interactions:
    return replace(
        log,
        user_index=log.user_index[at],
        item_index=log.item_index[at],
        timestamp=None if log.timestamp is None else log.timestamp[at],
        row=log.row[at],
        event=None if log.event is None else log.event.take(pa.array(at)),
        value=None if log.value is None else log.value[at],
        weight=None if log.weight is None else log.weight[at],
        query=None if log.query is None else log.query[at],
        position=None if log.position is None else log.position[at],
    )


def _renumbered(shown: Impressions, place: NDArray[np.int32]) -> Impressions:
    """The same lists where item ``i`` is ``place[i]``, items ascending again."""
    items = place[shown.lists.items]
    order = np.lexsort((items, shown.lists.owner))
    return Impressions(Lists(shown.lists.indptr, items[order]), shown.position[order], shown.taken[order])


def _repeated(old: Interactions, new: Interactions) -> NDArray[np.bool_]:
    """Rows of ``new``, ``bool[n]``, that ``old`` has; both in the same vocabularies."""
    if old.order is Order.FILE:
        return np.zeros(len(new), bool)
    keys = np.concatenate(
        [log.user_index.astype(np.int64) * log.n_items + log.item_index for log in (old, new)]
    )
    if old.timestamp is not None and new.timestamp is not None:
        time = np.unique(np.concatenate([old.timestamp, new.timestamp]), return_inverse=True)[1]
        keys = np.unique(keys, return_inverse=True)[1] * (int(time.max(initial=0)) + 1) + time
    return np.isin(keys[len(old) :], keys[: len(old)])


def _behind_nulls(n: int, event: pa.Array) -> pa.Array:
    return pa.concat_arrays([pa.nulls(n, event.type), event])


def _behind(
    n: int, filling: float, values: NDArray[Any] | None, at: NDArray[np.int64]
) -> NDArray[Any] | None:
    return None if values is None else np.concatenate([np.full(n, filling, values.dtype), values])[at]
