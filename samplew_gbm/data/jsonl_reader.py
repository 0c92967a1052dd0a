"""One JSON-lines file, plain or gzip: a JSON object a line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import msgspec
import pyarrow as pa

from samplew_gbm.columns import QUERY_ID, USER_ID
from samplew_gbm.data.chunks import join_chunks
from samplew_gbm.data.identifiers import raw_ids
from samplew_gbm.data.metarank import is_metarank, log_columns
from samplew_gbm.data.objects import column_from_objects, ids_from_objects
from samplew_gbm.data.parquet_reader import add_partitions
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.text_files import BOM, open_text_file
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError

Decoder: TypeAlias = msgspec.json.Decoder[Any]

_BLOCK_BYTES = 1 << 20
_OBJECTS = msgspec.json.Decoder(dict[str, Any])
_FIRST_LINES = 100  # a key that none of them has is rare


def read_jsonl(path: Path, request: Request, partitions: dict[str, str | None]) -> Part:
    """The wanted columns of a JSON-lines file; a key that a line lacks is missing there."""
    where = str(path)
    columns = _Columns(where, request)
    for block in _blocks(path, request):
        columns.append(block)
    if not columns.n_rows:
        raise DataError(f"{where}: holds no rows; check that it is the right file and was written completely")
    return _part(columns, path, request, partitions)


def stream_jsonl(path: Path, request: Request, partitions: dict[str, str | None]) -> Iterator[Part]:
    """The same, some megabytes of lines at a time; a part has the columns that its own lines have."""
    n_rows = 0
    for block in _blocks(path, request):
        columns = _Columns(str(path), request, n_before=n_rows)
        columns.append(block)
        n_rows += columns.n_rows
        yield _part(columns, path, request, partitions)


def first_keys(path: Path) -> list[str]:
    """The keys of the first lines."""
    with open_text_file(path) as lines:
        first = [line for line, _ in zip(lines, range(_FIRST_LINES), strict=False)]
    rows = (msgspec.json.decode(line.removeprefix(BOM), type=dict) for line in first if line.strip())
    return list(dict.fromkeys(name for row in rows for name in row))


def _part(columns: "_Columns", path: Path, request: Request, partitions: dict[str, str | None]) -> Part:
    names = list(columns.chunks)
    if not set(request.required.values()) <= {*names, *partitions}:
        names = list(dict.fromkeys([*names, *first_keys(path)]))  # for the error to name
    wanted = request.resolve([*(name for name in names if name not in partitions), *partitions], str(path))
    table = pa.table({name: columns.join(name) for name in wanted if name not in partitions})
    return Part(*add_partitions(table, wanted, partitions, str(path)))


@dataclass(frozen=True, slots=True)
class _Block:
    """Values by key, ``None`` where a line lacks it; keys that no line has are left out."""

    n_rows: int
    values: dict[str, list[Any]]


def _blocks(path: Path, request: Request) -> Iterator[_Block]:
    """Some megabytes of lines at a time; only the wanted keys become Python objects."""
    user_column = request.mapped.get(USER_ID)
    if not request.keep_rest and user_column and is_metarank(_first_object(path), user_column):
        yield from _metarank_blocks(path, request)
        return
    names = None if request.keep_rest else request.names
    record = None if names is None else _record_of(len(names), names)
    decoder = _OBJECTS if record is None else msgspec.json.Decoder(record)
    with open_text_file(path) as file:
        for first_line, lines in _whole_lines(file):
            rows = _decode(decoder, lines, str(path), first_line)
            if rows:
                yield _Block(len(rows), _of_objects(rows) if names is None else _of_records(rows, names))


def _metarank_blocks(path: Path, request: Request) -> Iterator[_Block]:
    """Rows of the log from a file of Metarank's events; what was shown only where its query is wanted."""
    shown = QUERY_ID in request.mapped
    with open_text_file(path) as file:
        for first_line, lines in _whole_lines(file):
            events = _decode(_OBJECTS, lines, str(path), first_line)
            n_rows, values = log_columns(events, request.mapped, shown=shown)
            if n_rows:
                yield _Block(n_rows, {name: values[name] for name in values if name in request.names})


def _first_object(path: Path) -> dict[str, Any]:
    """The first line, or nothing where it is no object: whoever reads the rows says so."""
    with open_text_file(path) as lines:
        first = next((line for line in lines if line.strip()), b"{}").removeprefix(BOM)
    try:
        row: dict[str, Any] = _OBJECTS.decode(first)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    return row


def _record_of(n: int, names: tuple[str, ...]) -> type[msgspec.Struct]:
    """A struct with a field for each of the names, which need not be names that Python can spell."""
    fields = [(f"f{place}", Any, msgspec.UNSET) for place in range(n)]
    return msgspec.defstruct(
        "Record", fields, rename={f"f{place}": name for place, name in enumerate(names)}, gc=False
    )


def _of_objects(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    found: set[str] = set().union(*rows)
    names = dict.fromkeys([*rows[0], *sorted(found)])
    return {name: [row.get(name) for row in rows] for name in names}


def _of_records(rows: list[Any], names: tuple[str, ...]) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for place, name in enumerate(names):
        attribute = attrgetter(f"f{place}")
        found = [attribute(row) for row in rows]
        kinds = set(map(type, found))
        if msgspec.UnsetType in kinds:
            if len(kinds) == 1:
                continue
            found = [None if value is msgspec.UNSET else value for value in found]
        values[name] = found
    return values


def _whole_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Some megabytes of lines at a time, and the number of the first."""
    line, pending = 1, b""
    while block := file.read(_BLOCK_BYTES):
        pending += block.removeprefix(BOM) if line == 1 and not pending else block
        whole, newline, rest = pending.rpartition(b"\n")
        if newline:
            yield line, whole
            line, pending = line + whole.count(b"\n") + 1, rest
    if pending:
        yield line, pending


def _decode(decoder: Decoder, lines: bytes, where: str, first_line: int) -> list[Any]:
    try:
        rows: list[Any] = decoder.decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _first_fault(decoder, lines, where, first_line) from None
    return rows


def _first_fault(decoder: Decoder, lines: bytes, where: str, first_line: int) -> DataError:
    """The error for the first line that cannot be decoded."""
    for number, line in enumerate(lines.split(b"\n"), first_line):
        try:
            line.decode()  # of what is no text the versions of msgspec say different things
            decoder.decode_lines(line)
        except UnicodeDecodeError:
            return DataError(f"{where}: line {number} is not UTF-8 text; save the file as UTF-8")
        except msgspec.ValidationError as error:
            return DataError(
                f"{where}: line {number} is not a JSON object ({one_line(error)}); write one object a line"
            )
        except msgspec.DecodeError as error:
            return DataError(
                f"{where}: line {number} is not valid JSON ({one_line(error)}); correct or remove it"
            )
    return DataError(f"{where}: is not JSON lines; write one JSON object a line")


@dataclass(slots=True)
class _Columns:
    """Columns that grow by one array a block; ``n_before`` rows of the file went before the first."""

    where: str
    request: Request
    n_before: int = 0
    n_rows: int = 0
    chunks: dict[str, list[pa.Array]] = field(default_factory=dict)

    def append(self, block: _Block) -> None:
        """Add the keys of one block."""
        for name in dict.fromkeys([*self.chunks, *block.values]):
            before = self.chunks.setdefault(name, [pa.nulls(self.n_rows)] if self.n_rows else [])
            before.append(self._convert(name, block.values.get(name, [None] * block.n_rows)))
        self.n_rows += block.n_rows

    def _convert(self, name: str, values: list[Any]) -> pa.Array:
        first_row = self.n_before + self.n_rows + 1
        if all(value is None for value in values):
            return pa.nulls(len(values))
        if name not in self.request.ids:
            return column_from_objects(values, where=self.where, column=name, first_row=first_row)
        ids = ids_from_objects(values, where=self.where, column=name, first_row=first_row)
        return raw_ids(ids, where=self.where, column=name, first_row=first_row)

    def join(self, name: str) -> pa.ChunkedArray:
        """One column of all blocks."""
        return join_chunks(self.chunks[name], self.where, name)
