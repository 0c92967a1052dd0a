"""Arrays that NumPy wrote, and the ids of their rows in a file beside them. Nothing is ever unpickled."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.files import read_path
from samplew_gbm.data.request import Request
from samplew_gbm.data.validation import columns_text, one_line
from samplew_gbm.data.vector_columns import matrix_of_rows
from samplew_gbm.errors import DataError, SchemaError, SettingsError

ARRAY_ENDINGS = (".npy", ".npz")
IDS_ENDINGS = (".npy", ".parquet", ".csv", ".tsv", ".jsonl")


def read_array_file(path: Path, ids: Any | None) -> tuple[Any, NDArray[Any], str]:
    """Ids as they stand, vectors ``[n, d]``, and the path for errors."""
    where = str(path)
    if path.name.lower().endswith(".npz"):
        if ids is not None:
            raise SettingsError(f"{where}: an .npz file has its own ids; give none")
        names, values = _members(path)
    else:
        values = _loaded(path)
        names = _ids_for(path, ids)
    matrix = matrix_of_rows(values, where)
    if len(names) != len(matrix):
        raise DataError(f"{where}: {len(names)} ids for {len(matrix)} vectors; give one id a row")
    return names, matrix, where


def _ids_for(path: Path, ids: Any | None) -> Any:
    """The ids given, or those of the file beside the array."""
    if ids is None:
        found = [path.with_suffix(f".ids{ending}") for ending in IDS_ENDINGS]
        ids = next((file for file in found if file.is_file()), None)
        if ids is None:
            raise DataError(
                f"{path}: no ids of its rows; write {path.stem}.ids.npy (or {', '.join(IDS_ENDINGS[1:])}) "
                "beside it, one id a row"
            )
    return _ids_in(Path(fspath(ids))) if isinstance(ids, str | PathLike) else ids


def _ids_in(path: Path) -> Any:
    if path.name.lower().endswith(".npy"):
        return _loaded(path)
    parts = read_path(path, Request({}, {}, keep_rest=True))
    names = parts[0].table.column_names
    if len(names) != 1:
        raise SchemaError(f"{path}: {columns_text(names)}; ids are a file of one column")
    return pa.chunked_array([chunk for part in parts for chunk in part.table[names[0]].chunks])


def _members(path: Path) -> tuple[Any, Any]:
    archive = _loaded(path)
    with archive:
        missing = {"ids", "vectors"} - set(archive.files)
        if missing:
            raise SchemaError(
                f"{path}: holds the arrays {', '.join(archive.files) or 'none'}; name one ids and one vectors"
            )
        try:
            return archive["ids"], archive["vectors"]
        except (ValueError, OSError) as error:
            raise _unreadable(path, error) from None


def _loaded(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (ValueError, OSError, EOFError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: cannot be read as a NumPy array ({one_line(error)}); write it with np.save")
