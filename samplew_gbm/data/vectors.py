"""Ready vectors of items or users, one an id, from any model: of text, images, sound or clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID
from samplew_gbm.data.arrow import Column, as_array
from samplew_gbm.data.frames import is_frame
from samplew_gbm.data.identifiers import checked_ids, ids_of_values, join_ids
from samplew_gbm.data.npy_vectors import ARRAY_ENDINGS, read_array_file
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.sources import read_parts
from samplew_gbm.data.validation import check_not_empty, reject_rows
from samplew_gbm.data.vector_columns import matrix_of_part, matrix_of_rows
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError, SchemaError, SettingsError

ID_ADVICE = "give one vector an id"


@dataclass(frozen=True, slots=True, eq=False)
class VectorTable:
    """``vectors`` is ``float32[n, d]``, finite and C-contiguous; row ``i`` belongs to ``ids.ids[i]``.

    The ids ascend, as in any ``Vocabulary``. A row of zeros has no direction: it says nothing of its id.
    """

    ids: Vocabulary
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])


def read_vectors(
    source: Any, *, id_column: str = ITEM_ID, ids: Any | None = None, key: str = ITEM_ID
) -> VectorTable:
    """Read one vector of any width for each id.

    ``source`` is one of

    - a path to a file or folder as ``read_log`` reads, or a table in memory: the column ``id_column``, and
      either one column of lists of numbers (other columns are then left out) or one column a dimension;
    - a path to a ``.npy`` array, or an array: ``ids`` names its rows in order, as a sequence, an Arrow or
      NumPy array, or a path to a ``.npy`` or one-column file. Without it a ``.npy`` looks for the file
      ``NAME.ids.npy`` (``.parquet``, ``.csv``, ``.tsv``, ``.jsonl``) beside it;
    - a path to a ``.npz`` file of two arrays, ``ids`` and ``vectors``;
    - a dict of id and vector, or a pair of ids and array.

    Arrays are never unpickled. ``key`` is whose ids they are, ``item_id`` or ``user_id``: errors name the
    option of that column.

    Raises ``SchemaError`` where a column is missing or of another type, ``DataError`` for an unreadable or
    empty file, vectors of different widths, NaN or infinite numbers (also beyond ``float32``) and doubled
    ids, each naming the source and the first rows, counted from 1; ``SettingsError`` for another kind of
    source, or ids where the source has its own.
    """
    names, values, where = _rows_of(source, id_column, ids, key)
    check_not_empty(len(values), where)
    if not values.shape[1]:
        raise DataError(f"{where}: the vectors have no numbers; give at least one dimension")
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(values, np.float32)
    finite = np.logical_and.reduce(np.isfinite(narrow), axis=1)
    fault = f"{where}: NaN, infinite or missing numbers in the vectors of"
    reject_rows(~finite, fault, "correct or remove these rows")
    return _sorted(names, narrow, where)


def _rows_of(source: Any, id_column: str, ids: Any | None, key: str) -> tuple[Column, NDArray[Any], str]:
    """Ids, vectors and a name for errors, as they come."""
    if isinstance(source, str | PathLike) and str(source).lower().endswith(ARRAY_ENDINGS):
        given, values, where = read_array_file(Path(fspath(source)), ids)
        return ids_of_values(given, where=where), values, where
    if isinstance(source, np.ndarray):
        if ids is None:
            raise SettingsError("an array of vectors needs ids, one a row")
        source, ids = (ids, source), None
    if ids is not None:
        raise SettingsError("ids go with an array; a table, a dict and a pair have their own")
    if isinstance(source, tuple) and len(source) == 2:
        return _pair(source[0], source[1], "the vectors")
    if isinstance(source, Mapping) and id_column not in source:
        return _pair(list(source), list(source.values()), f"the {type(source).__name__}")
    if not (is_frame(source) or isinstance(source, str | PathLike)):
        raise SettingsError(
            f"cannot read vectors from {type(source).__name__}; give a path, a table, an array with ids, "
            "a pair of ids and array, or a dict of id and vector"
        )
    parts = read_parts(source, Request({key: id_column}, {}, keep_rest=True))
    return *_joined(parts, id_column), parts[0].where


def _pair(names: Any, values: Any, where: str) -> tuple[Column, NDArray[Any], str]:
    column, matrix = ids_of_values(names, where=where), matrix_of_rows(values, where)
    if len(column) != len(matrix):
        raise DataError(f"{where}: {len(column)} ids for {len(matrix)} vectors; {ID_ADVICE}")
    return column, matrix, where


def _joined(parts: list[Part], id_column: str) -> tuple[Column, NDArray[Any]]:
    """The files of a folder, one after the other."""
    names = [checked_ids(part.table[id_column], where=part.where, column=id_column) for part in parts]
    textual = all(id_column in part.textual for part in parts)
    matrices = [matrix_of_part(part, id_column) for part in parts]
    for part, matrix in zip(parts, matrices, strict=True):
        if matrix.shape[1] != matrices[0].shape[1]:
            raise DataError(
                f"{part.where}: vectors of {matrix.shape[1]} numbers, but of {matrices[0].shape[1]} in "
                f"{parts[0].where}; all must be of one width"
            )
    where = [part.where for part in parts]
    return join_ids(names, where, id_column, textual=textual), np.concatenate(matrices)


def _sorted(names: Column, values: NDArray[np.float32], where: str) -> VectorTable:
    """The rows by ascending id; ``DataError`` for an id that has two."""
    column = as_array(names)
    if column.type not in (pa.int64(), pa.string()):
        raise SchemaError(f"{where}: ids are of type {column.type}; they must be text or whole numbers")
    ids, place = Vocabulary.factorize(column)
    order = np.argsort(place, kind="stable")
    if len(ids) < len(place):
        twice = int(np.argmax(np.diff(place[order]) == 0))
        first, second = (int(row) + 1 for row in order[twice : twice + 2])
        raise DataError(
            f"{where}: id {column[first - 1].as_py()!r} stands in rows {first} and {second}; {ID_ADVICE}"
        )
    in_order = bool((np.diff(order) == 1).all())
    return VectorTable(ids, values if in_order else values[order])
