"""Side tables join a log: ids are matched, and items that the log lacks become part of the catalogue."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from samplew_gbm.data.arrow import Column
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.side import NOTHING, NamedVectors, unit_rows
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError, SchemaError, SettingsError

if TYPE_CHECKING:  # its file reads files, and so loads what joining does not need
    from samplew_gbm.data.vectors import VectorTable


def with_items(interactions: Interactions, ids: Column, *, where: str) -> Interactions:
    """The log with a catalogue that also holds ``ids``; ``SchemaError`` where they are of another type."""
    check_id_type(ids.type, interactions.items, where, "item")
    chunks = ids.chunks if isinstance(ids, pa.ChunkedArray) else [ids]
    items = Vocabulary.from_values(pa.chunked_array([*chunks, interactions.items.ids]))
    if len(items) == len(interactions.items):
        return interactions
    old = interactions.items.encode(items.ids).astype(np.int64)
    place = items.encode(interactions.items.ids)
    content, side, shown = interactions.content, interactions.side, interactions.impressions
    return replace(
        interactions,
        items=items,
        item_index=place[interactions.item_index],
        impressions=None if shown is None else shown.renumbered(place),
        content=None if content is None else content.take(old),
        side=None if side is None else side.take_items(old),
    )


def join_item_vectors(
    interactions: Interactions, tables: "Mapping[str, VectorTable]", *, where: str = "the item vectors"
) -> Interactions:
    """The log with ready vectors of its items, a table a model, under names that are identifiers.

    Items that the log lacks join the catalogue: they can be recommended. Memory: 4 bytes for each number of
    each vector, and as much in the model's file; lengths are not kept, since only directions are compared.
    What a vector tells must have been known before the log's events.

    ``SchemaError`` where ids are of another type than the log's; ``SettingsError`` for a name that is taken
    or no identifier; ``DataError`` where no item of the log has a vector.
    """
    for name, table in tables.items():
        fault = f"{where}, {name!r}"
        interactions = with_items(interactions, table.ids.ids, where=fault)
        side = interactions.side or NOTHING
        _check_name(name, [vectors.name for vectors in side.item_vectors], where)
        vectors = _aligned(name, table, interactions.items)
        if not vectors.known[interactions.item_index].any():
            raise DataError(f"{fault}: no item of the log has a vector with a direction; check the ids")
        side = replace(side, item_vectors=(*side.item_vectors, vectors))
        interactions = replace(interactions, side=side)
    return interactions


def join_user_vectors(
    interactions: Interactions, tables: "Mapping[str, VectorTable]", *, where: str = "the user vectors"
) -> Interactions:
    """The log with ready vectors of its users, in the space of the item vectors of the same name.

    Users that the log lacks are left out. ``SettingsError`` where there are no item vectors of that name and
    width: a user's vector says nothing but by those of the items. Otherwise as ``join_item_vectors``.
    """
    for name, table in tables.items():
        side = interactions.side or NOTHING
        check_id_type(table.ids.ids.type, interactions.users, f"{where}, {name!r}", "user")
        widths = {vectors.name: vectors.unit.shape[1] for vectors in side.item_vectors}
        if widths.get(name) != table.width:
            known = ", ".join(f"{other} ({width})" for other, width in widths.items()) or "none"
            raise SettingsError(
                f"{where}: {name!r} of width {table.width} needs item vectors of that name and width; "
                f"there are: {known}"
            )
        _check_name(name, [vectors.name for vectors in side.user_vectors], where)
        vectors = _aligned(name, table, interactions.users)
        if not vectors.known.any():
            raise DataError(f"{where}, {name!r}: no user of the log has a vector; check the ids")
        side = replace(side, user_vectors=(*side.user_vectors, vectors))
        interactions = replace(interactions, side=side)
    return interactions


def _aligned(name: str, table: "VectorTable", vocabulary: Vocabulary) -> NamedVectors:
    rows = table.ids.encode(vocabulary.ids).astype(np.int64)
    return NamedVectors(name, unit_rows(table.vectors)).take(rows)


def check_id_type(kind: pa.DataType, vocabulary: Vocabulary, where: str, noun: str) -> None:
    """``SchemaError`` where ids are of another type than those of the vocabulary."""
    own = vocabulary.ids.type
    if kind != own:
        words = ["text" if each == pa.string() else "numbers" for each in (kind, own)]
        raise SchemaError(f"{where}: {noun} ids are {words[0]}, but {words[1]} in the log; write them alike")


def _check_name(name: str, taken: list[str], where: str) -> None:
    if not name.isidentifier():
        raise SettingsError(f"{where}: {name!r} is no name; use letters, digits and _, as in text=FILE")
    if name in taken:
        raise SettingsError(f"{where}: two tables are called {name!r}; give each a name, as in text=FILE")
