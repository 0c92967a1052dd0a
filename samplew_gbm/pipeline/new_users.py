"""Users who arrived after the training: they join a model's users by their ready vectors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.joining import check_id_type
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.side import NOTHING, NamedVectors, unit_rows
from samplew_gbm.errors import DataError
from samplew_gbm.pipeline.model import Model

if TYPE_CHECKING:  # its file reads files, and so loads what joining does not need
    from samplew_gbm.data.vectors import VectorTable


def with_new_users(
    model: Model, tables: "Mapping[str, VectorTable]", *, where: str = "the user vectors"
) -> Model:
    """The model with users who have no history, but a vector beside those that it was trained with.

    They are ranked by what the users nearest to them took. Nothing is learned, and users of the model keep
    their vectors. ``DataError`` for vectors of a name or width that training had not; ``SchemaError`` where
    ids are of another type.
    """
    stored = {vectors.name: vectors for vectors in (model.tables.side or NOTHING).user_vectors}
    users = model.users
    for name, table in tables.items():
        check_id_type(table.ids.ids.type, users, f"{where}, {name!r}", "user")
        width = stored[name].unit.shape[1] if name in stored else None
        if width != table.width:
            known = ", ".join(f"{each} ({v.unit.shape[1]})" for each, v in stored.items()) or "none"
            raise DataError(
                f"{where}: {name!r} of width {table.width} is not among the user vectors that the model was "
                f"trained with: {known}; name them alike, or train with them"
            )
        users = users.union(table.ids)
    if len(users) == len(model.users):
        return model
    old = model.users.encode(users.ids).astype(np.int64)
    side = (model.tables.side or NOTHING).take_users(old)
    vectors = [_filled(each, tables.get(each.name), old, users.ids) for each in side.user_vectors]
    sizes = np.where(old < 0, 0, model.histories.sizes[old])
    return replace(
        model,
        users=users,
        histories=Lists.from_sizes(sizes, model.histories.items),
        tables=replace(model.tables, side=replace(side, user_vectors=tuple(vectors))),
    )


def _filled(
    vectors: NamedVectors, table: "VectorTable | None", old: NDArray[np.int64], ids: pa.Array
) -> NamedVectors:
    """The vectors of the model's users, and those that a table has of the new ones."""
    if table is None:
        return vectors
    given = NamedVectors(vectors.name, unit_rows(table.vectors)).take(table.ids.encode(ids).astype(np.int64))
    return NamedVectors(vectors.name, np.where((old < 0)[:, None], given.unit, vectors.unit))
