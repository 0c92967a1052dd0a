"""Impressions: what a query showed, in which place; what was shown and not taken is a negative of its query.

The list of a query is every row of it that was only shown, and every row taken from the list: one that has
a position, or whose item was also logged as shown. A row that was taken elsewhere - its item is not in the
list - stays a row to learn from, and no positive of the list. A query of which nothing was logged as only
shown has no list, and its candidates are found as those of any other. A row of no query is history: who
wants it asked about gives it a query of its own.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import LABEL, POSITION, QUERY_ID
from samplew_gbm.data.arrow import as_floats
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.validation import rows_text
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Impressions:
    """What each of ``q`` queries showed: ``lists``, items ascending and each once; empty where nothing was.

    Beside ``lists.items`` stand ``position``, ``int32``: the 1-based place, the best of several, 0 where the
    log has none; and ``taken``, ``bool``. A position describes how a row came to be taken and is no feature:
    what is ranked has no place yet.
    """

    lists: Lists
    position: NDArray[np.int32]
    taken: NDArray[np.bool_]

    def known(self, query: NDArray[np.int32], item: NDArray[np.int32], n_items: int) -> Lists:
        """The lists less what was taken by rows other than these, ``int32[n]`` each (query -1: none).

        A row that was dropped leaves its item in the list, where it would pass for one that was not taken.
        """
        keys = self.lists.owner * n_items + self.lists.items
        kept = ~self.taken | np.isin(keys, query.astype(np.int64) * n_items + item)
        sizes = np.bincount(self.lists.owner[kept], minlength=len(self.lists))
        return Lists.from_sizes(sizes, self.lists.items[kept])

    def renumbered(self, place: NDArray[np.int32]) -> "Impressions":
        """The same lists where item ``i`` is called ``place[i]``; ``place`` must ascend."""
        return replace(self, lists=Lists(self.lists.indptr, place[self.lists.items]))


@dataclass(frozen=True, slots=True, eq=False)
class Displayed:
    """Of a table's rows: ``query`` ``int32[n]`` (-1: none), ``position`` ``int32[n]`` (0: unknown) or None,
    and the ``impressions`` of the queries, or None where nothing was logged as only shown."""

    query: NDArray[np.int32] | None
    position: NDArray[np.int32] | None
    impressions: Impressions | None


def displayed(
    table: pa.Table, user: NDArray[np.int32], item: NDArray[np.int32], n_items: int, where: str
) -> Displayed | None:
    """What a table of ``read_log`` says of displays; ``user`` and ``item``, ``int32[n]``, are of its rows.

    A row without a position has that of its item in the list. ``None`` where it has no column of displays;
    ``DataError`` for a query of several users.
    """
    if not {QUERY_ID, POSITION} & {*table.column_names}:
        return None
    position = None
    if POSITION in table.column_names:
        position = np.nan_to_num(as_floats(table[POSITION])).astype(np.int32)
    if QUERY_ID not in table.column_names:
        return Displayed(None, position, None)
    queries = Vocabulary.from_values(table[QUERY_ID])
    query = queries.encode(table[QUERY_ID])
    _check_users(queries, query, user, where)
    if LABEL not in table.column_names:
        return Displayed(query, position, None)
    shown = as_floats(table[LABEL]) == 0
    place = np.zeros(len(item), np.int32) if position is None else position
    key = query.astype(np.int64) * n_items + item
    listed = (query != UNKNOWN) & (shown | (place > 0 if position is not None else True))
    listed &= np.isin(query, query[shown])
    impressions = _impressions(key[listed], place[listed], key[~shown], len(queries), n_items)
    return Displayed(
        query, None if position is None else _filled(place, key, impressions, n_items), impressions
    )


def _impressions(
    key: NDArray[np.int64],
    position: NDArray[np.int32],
    taken: NDArray[np.int64],
    n_queries: int,
    n_items: int,
) -> Impressions:
    """Lists of the keys ``query * n_items + item``, each once with its best position; ``taken`` are keys."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.diff(ordered, prepend=-1) != 0
    kept = ordered[first]
    sizes = np.bincount(kept // n_items, minlength=n_queries)
    lists = Lists.from_sizes(sizes, (kept % n_items).astype(np.int32))
    return Impressions(lists, _best_known(position[order], first), np.isin(kept, taken))


def _best_known(position: NDArray[np.int32], first: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The least position above 0 of each run that begins where ``first``; 0 where a run has none."""
    unknown = np.iinfo(np.int32).max
    known = np.where(position > 0, position, unknown)
    least = np.minimum.reduceat(known, np.flatnonzero(first)) if len(known) else known
    return np.where(least == unknown, 0, least).astype(np.int32)


def _filled(
    position: NDArray[np.int32], key: NDArray[np.int64], impressions: Impressions, n_items: int
) -> NDArray[np.int32]:
    """Positions, and for rows without one that of their item in the list."""
    lists = impressions.lists
    keys = lists.owner * n_items + lists.items
    if not len(keys):
        return position
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    in_list = np.where(keys[at] == key, impressions.position[at], 0)
    return np.where(position > 0, position, in_list).astype(np.int32)


def _check_users(queries: Vocabulary, query: NDArray[np.int32], user: NDArray[np.int32], where: str) -> None:
    known = np.flatnonzero(query != UNKNOWN)
    owner = np.empty(len(queries), np.int32)
    owner[query[known][::-1]] = user[known][::-1]
    other = known[user[known] != owner[query[known]]]
    if len(other):
        name = queries.decode(query[other[:1]])[0].as_py()
        raise DataError(
            f"{where}: query {name!r} has rows of more than one user, as {rows_text(other[:1])} is of "
            "another than its first; give each user's queries ids of their own"
        )
