"""Files of a log on disk: which there are, their formats, and the columns in their folders' names."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from samplew_gbm.data.conditions import may_match
from samplew_gbm.data.csv_reader import read_csv, stream_csv
from samplew_gbm.data.jsonl_reader import read_jsonl, stream_jsonl
from samplew_gbm.data.parquet_reader import read_parquet, stream_parquet
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.validation import check_not_empty
from samplew_gbm.errors import DataError

Reader = Callable[[Path, Request, dict[str, str | None]], Part]
_READERS: dict[str, Reader] = {
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".tsv": read_csv,
    ".tsv.gz": read_csv,
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".ndjson": read_jsonl,
    ".ndjson.gz": read_jsonl,
}
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def read_path(path: Path, request: Request) -> list[Part]:
    """Read a file, or every data file below a folder in natural order of their names.

    Files that the conditions rule out by their folders' names are not opened.
    """
    if os.path.isdir(path):
        files = _files_below(path)
        known = {file: _partitions(file, path) for file in files}
        asked = [file for file in files if may_match(known[file], request.conditions, request.time_column)]
        parts = [_reader_of(file)(file, request, known[file]) for file in asked]
        filled = [part for part in parts if part.table.num_rows]
        check_not_empty(len(filled) or len(files) - len(asked), str(path))
        return filled
    if not os.path.exists(path):  # also false for a name that is none, where Path would raise
        raise _no_file(path)
    part = _reader_of(path)(path, request, {})
    if not request.conditions:
        check_not_empty(part.table.num_rows, str(path))
    return [part]


def stream_path(path: Path, request: Request, n_rows: int) -> Iterator[Part]:
    """The same in batches of about ``n_rows`` rows."""
    if not os.path.exists(path):
        raise _no_file(path)
    is_folder = os.path.isdir(path)
    for file in _files_below(path) if is_folder else [path]:
        known = _partitions(file, path) if is_folder else {}
        if may_match(known, request.conditions, request.time_column):
            yield from _stream_file(file, request, known, n_rows)


def _no_file(path: Path) -> DataError:
    address = re.match(r"\w{2,}:/", str(path))
    hint = "; of addresses those of sqlite: and postgresql: are read, others must be fetched first"
    return DataError(f"{path}: no such file or folder{hint if address else ''}")


def _stream_file(
    path: Path, request: Request, partitions: dict[str, str | None], n_rows: int
) -> Iterator[Part]:
    reader = _reader_of(path)
    if reader is read_parquet:
        return stream_parquet(path, request, partitions, n_rows)
    if reader is read_csv:
        return stream_csv(path, request, partitions)
    return stream_jsonl(path, request, partitions)


def first_file(path: Path) -> tuple[Path, dict[str, str | None]]:
    """A file, or the first data file below a folder, and the columns in its folders' names."""
    if not os.path.isdir(path):
        return path, {}
    file = _files_below(path)[0]
    return file, _partitions(file, path)


def suffix_of(path: Path) -> str:
    """The lower-case ending that names a format, with ".gz" kept together with the one before it."""
    endings = [ending.lower() for ending in path.suffixes]
    return "".join(endings[-2:]) if endings[-1:] == [".gz"] else "".join(endings[-1:])


def _reader_of(path: Path) -> Reader:
    reader = _READERS.get(suffix_of(path))
    if reader is None:
        raise DataError(f"{path}: unknown kind of file; its name must end in {', '.join(_READERS)}")
    if path.exists() and not path.is_file():  # a second look at a pipe would wait for ever
        raise DataError(f"{path}: is no regular file, and is read more than once; write it to a file first")
    # So Python spells bytes of a name that are no text.
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise DataError(f"{path}: its name is not UTF-8 text, which Arrow needs; rename it")
    return reader


def _files_below(folder: Path) -> list[Path]:
    files = sorted(_visible(folder), key=lambda file: _natural(str(file.relative_to(folder))))
    if not files:
        raise DataError(f"{folder}: holds no data files; their names must end in {', '.join(_READERS)}")
    first = files[0]
    for file in files:
        if _reader_of(file) is not _reader_of(first):
            raise DataError(f"{folder}: holds files of several formats ({first.name}, {file.name}); keep one")
    return files


def _visible(folder: Path) -> Iterator[Path]:
    """Data files below a folder; names that begin with "_" or "." belong to the tools that wrote it."""
    for file in folder.rglob("*"):
        hidden = any(
            name.startswith(("_", ".")) and "=" not in name for name in file.relative_to(folder).parts
        )
        if not hidden and file.is_file() and suffix_of(file) in _READERS:
            yield file


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key in which part-2 comes before part-10."""
    return [(0, int(bit), "") if bit.isdecimal() else (1, 0, bit) for bit in re.split(r"(\d+)", text) if bit]


def _partitions(file: Path, folder: Path) -> dict[str, str | None]:
    """Columns spelled in the path as ``name=value`` folders."""
    pairs = [part.split("=", 1) for part in file.relative_to(folder).parts[:-1] if "=" in part]
    return {unquote(name): None if value == _NULL_PARTITION else unquote(value) for name, value in pairs}
