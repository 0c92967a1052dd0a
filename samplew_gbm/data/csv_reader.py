"""One CSV or TSV file, plain or gzip: every column as text, so that no id is ever guessed to be a number."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from samplew_gbm.data.identifiers import numbers_from_text
from samplew_gbm.data.parquet_reader import add_partitions
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.text_files import open_text_file
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError, SchemaError

_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+]?[0-9]+)?)?$"
_RAGGED = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")


def read_csv(path: Path, request: Request, partitions: dict[str, str | None]) -> Part:
    """The wanted columns of a delimited file as text; other kept columns become numbers if all are.

    With ``as_spelled`` those stay text too.
    """
    delimiter, wanted, own = _columns(path, request, partitions)
    table = _read(path, own, delimiter)
    guessed = () if request.as_spelled else set(own) - set(request.names)
    for name in guessed:
        table = table.set_column(table.column_names.index(name), name, _guess(table[name]))
    table, where, textual = add_partitions(table, wanted, partitions, str(path))
    return Part(table, where, textual | set(own))


def stream_csv(path: Path, request: Request, partitions: dict[str, str | None]) -> Iterator[Part]:
    """The same, about a megabyte of text at a time."""
    delimiter, wanted, own = _columns(path, request, partitions)
    options = _options(own, delimiter, pa.string(), use_threads=False)
    try:
        with pacsv.open_csv(str(path), **options) as reader:
            for batch in reader:
                table = pa.Table.from_batches([batch])
                table, where, textual = add_partitions(table, wanted, partitions, str(path))
                yield Part(table, where, textual | set(own))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as CSV ({one_line(error)}); write it again") from None


def _columns(
    path: Path, request: Request, partitions: dict[str, str | None]
) -> tuple[str, list[str], list[str]]:
    """The delimiter, the wanted columns, and those of them that the file itself holds."""
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    header = read_header(path, delimiter)
    names = [*(name for name in header if name not in partitions), *partitions]
    try:
        wanted = request.resolve(names, str(path))
    except SchemaError as error:
        raise SchemaError(f"{error}{_header_hint(header, delimiter)}") from None
    return delimiter, wanted, [name for name in wanted if name not in partitions]


def read_header(path: Path, delimiter: str) -> list[str]:
    """The first record of a file, which names its columns."""
    with open_text_file(path) as file:
        # A fault further down is not the header's; reading the rows finds it and names its row.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            header = next(csv.reader(text, delimiter=delimiter), None)
        except csv.Error as error:
            raise DataError(
                f"{path}: the header cannot be read ({one_line(error)}); write it again"
            ) from None
        finally:
            text.detach()
    if any(not name.isascii() and re.search("[\udc80-\udcff]", name) for name in header or ()):
        raise DataError(f"{path}: the header is not UTF-8 text; save the file as UTF-8")
    if header is None:
        raise DataError(f"{path}: is empty; it must begin with a header line that names the columns")
    return header


def _header_hint(header: list[str], delimiter: str) -> str:
    if len(header) == 1:
        other = next(
            (mark for mark in ("\t", ";", "|", ",") if mark in header[0] and mark != delimiter), None
        )
        if other is not None:
            return f" (columns seem to be separated by {other!r}; use ',' in .csv and tabs in .tsv)"
    looks_like_data = header and all(re.fullmatch(r"-?[0-9.]+", name) for name in header)
    return " (the file seems to have no header line)" if looks_like_data else ""


def _read(path: Path, columns: list[str], delimiter: str) -> pa.Table:
    try:
        return _parse(path, columns, delimiter, pa.string(), use_threads=True)
    except (pa.ArrowException, OSError) as error:
        fault = error
    if "UTF8" in str(fault):
        raise DataError(_bad_text(path, columns, delimiter))
    if _RAGGED.search(str(fault)):
        raise DataError(_ragged(path, columns, delimiter))
    raise DataError(f"{path}: cannot be read as CSV ({one_line(fault)}); write it again")


def _parse(
    path: Path, columns: list[str], delimiter: str, kind: pa.DataType, *, use_threads: bool
) -> pa.Table:
    return pacsv.read_csv(str(path), **_options(columns, delimiter, kind, use_threads=use_threads))


def _options(columns: list[str], delimiter: str, kind: pa.DataType, *, use_threads: bool) -> dict[str, Any]:
    # Only a reader that expects line breaks in quoted values never cuts a block inside one.
    return {
        "read_options": pacsv.ReadOptions(use_threads=use_threads),
        "parse_options": pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        "convert_options": pacsv.ConvertOptions(
            column_types=dict.fromkeys(columns, kind),
            include_columns=columns,
            null_values=[""],
            strings_can_be_null=True,
        ),
    }


def _ragged(path: Path, columns: list[str], delimiter: str) -> str:
    """Read again on one thread, where pyarrow counts rows, and name the row that does not fit the header."""
    try:
        _parse(path, columns, delimiter, pa.string(), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        found = _RAGGED.search(str(error))
        if found and found[1]:
            row, expected, received = int(found[1]) - 1, found[2], found[3]  # pyarrow counts the header
            return f"{path}: row {row} has {received} values, the header {expected}; correct or quote it"
    return f"{path}: a row has more or fewer values than the header; correct or quote it"


def _bad_text(path: Path, columns: list[str], delimiter: str) -> str:
    table = _parse(path, columns, delimiter, pa.binary(), use_threads=False)
    for name in columns:
        for row, value in enumerate(table[name].to_pylist(), 1):
            try:
                (value or b"").decode()
            except UnicodeDecodeError:
                return f"{path}: column {name!r} is not UTF-8 text in row {row}; save the file as UTF-8"
    return f"{path}: is not UTF-8 text; save the file as UTF-8"


def _guess(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers where every value is plainly one, else the text as it is."""
    numbers = numbers_from_text(column)
    if numbers.type != pa.string() or column.null_count == len(column):
        return numbers
    plain = pc.all(pc.match_substring_regex(column, _DECIMAL)).as_py()
    return column.cast(pa.float64()) if plain else column
