"""Item tables in a larger catalogue, which holds all their items in the same order and new ones between."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import (
    EventTimes,
    ItemTable,
    ItemTables,
    NextTable,
    SpectralTable,
    TasteTable,
)
from samplew_gbm.data.queries import Lists


def enlarged(tables: ItemTables, place: NDArray[np.int32], n_items: int) -> ItemTables:
    """All that was learned, where item ``i`` is ``place[i]``, rising, of ``n_items``; of the others nothing.

    What is said of items, ``content`` and ``side``, is left as it is: that of new ones is the caller's.
    """
    embeddings = np.zeros((n_items, tables.embeddings.items.shape[1]), np.float32)
    embeddings[place] = tables.embeddings.items
    counts = np.zeros(n_items, np.float32)
    counts[place] = tables.counts

    def moved(table: ItemTable | None) -> ItemTable | None:
        return None if table is None else _table(table, place, n_items)

    events = tables.events
    return replace(
        tables,
        counts=counts,
        first_order=_table(tables.first_order, place, n_items),
        second_order=_table(tables.second_order, place, n_items),
        embeddings=replace(tables.embeddings, items=embeddings),
        histories=None if tables.histories is None else placed(tables.histories, place),
        events=None if events is None else EventTimes(_rows(events.indptr, place, n_items), events.time),
        transitions=moved(tables.transitions),
        sessions=moved(tables.sessions),
        linear=moved(tables.linear),
        linear_next=moved(tables.linear_next),
        spectral=None if tables.spectral is None else _spectral(tables.spectral, place, n_items),
        softmax_next=None if tables.softmax_next is None else _next(tables.softmax_next, place, n_items),
        taste=None if tables.taste is None else _taste(tables.taste, place, n_items),
    )


def _next(table: NextTable, place: NDArray[np.int32], n_items: int) -> NextTable:
    items = np.zeros((n_items, table.items.shape[1]), np.float32)
    following, bias = np.zeros_like(items), np.zeros(n_items, np.float32)
    items[place], following[place], bias[place] = table.items, table.following, table.bias
    return replace(table, items=items, following=following, bias=bias)


def _spectral(table: SpectralTable, place: NDArray[np.int32], n_items: int) -> SpectralTable:
    vectors = np.zeros((n_items, table.vectors.shape[1]), np.float32)
    root = np.ones(n_items, np.float32)
    vectors[place], root[place] = table.vectors, table.root
    return SpectralTable(vectors, root)


def _taste(table: TasteTable, place: NDArray[np.int32], n_items: int) -> TasteTable:
    n_members, _, width = table.topics.shape
    topics = np.zeros((n_members, n_items, width), np.float32)
    noise, least = np.zeros(n_items, np.float32), np.zeros(n_items, np.float32)
    topics[:, place], noise[place], least[place] = table.topics, table.noise, table.least
    return TasteTable(topics, noise, least)


def placed(lists: Lists, place: NDArray[np.int32]) -> Lists:
    """The same lists, where item ``i`` is ``place[i]``."""
    return Lists(lists.indptr, place[lists.items])


def _table(table: ItemTable, place: NDArray[np.int32], n_items: int) -> ItemTable:
    return ItemTable(_rows(table.indptr, place, n_items), place[table.indices], table.data)


def _rows(indptr: NDArray[np.int64], place: NDArray[np.int32], n_items: int) -> NDArray[np.int64]:
    sizes = np.zeros(n_items + 1, np.int64)
    sizes[place + 1] = np.diff(indptr)
    return np.cumsum(sizes)
