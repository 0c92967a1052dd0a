"""One JSON-lines file, plain or gzip: a JSON object a line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa

from samplew_gbm.data.chunks import join_chunks
from samplew_gbm.data.identifiers import raw_ids
from samplew_gbm.data.objects import column_from_objects, ids_from_objects
from samplew_gbm.data.parquet_reader import add_partitions
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.text_files import BOM, open_text_file
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError

_BLOCK_BYTES = 1 << 24
_DECODER = msgspec.json.Decoder(dict[str, Any])


def read_jsonl(path: Path, request: Request, partitions: dict[str, str | None]) -> Part:
    """The wanted columns of a JSON-lines file; a key that a line lacks is missing there."""
    where = str(path)
    columns = _Columns(where, request)
    with open_text_file(path) as file:
        for rows in _blocks(file, where):
            columns.append(rows)
    names = [name for name in columns.names if name not in partitions]
    if not columns.n_rows:
        raise DataError(f"{where}: holds no rows; check that it is the right file and was written completely")
    wanted = request.resolve([*names, *partitions], where)
    table = pa.table({name: columns.join(name) for name in wanted if name not in partitions})
    return Part(*add_partitions(table, wanted, partitions, where))


def _blocks(file: BinaryIO, where: str) -> Iterator[list[dict[str, Any]]]:
    """Decoded objects, some megabytes of lines at a time."""
    line, pending = 1, b""
    while block := file.read(_BLOCK_BYTES):
        pending += block.removeprefix(BOM) if line == 1 and not pending else block
        whole, newline, rest = pending.rpartition(b"\n")
        if newline:
            yield _decode(whole, where, line)
            line, pending = line + whole.count(b"\n") + 1, rest
    if pending:
        yield _decode(pending, where, line)


def _decode(lines: bytes, where: str, first_line: int) -> list[dict[str, Any]]:
    try:
        return _DECODER.decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _first_fault(lines, where, first_line) from None


def _first_fault(lines: bytes, where: str, first_line: int) -> DataError:
    """The error for the first line that cannot be decoded."""
    for number, line in enumerate(lines.split(b"\n"), first_line):
        try:
            _DECODER.decode_lines(line)
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
    """Columns that grow by one array a block."""

    where: str
    request: Request
    n_rows: int = 0
    names: dict[str, None] = field(default_factory=dict)
    chunks: dict[str, list[pa.Array]] = field(default_factory=dict)

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Add the wanted keys of one block."""
        if not rows:
            return
        found: set[str] = set().union(*rows)
        self.names.update(dict.fromkeys([*rows[0], *sorted(found)]))
        wanted = found if self.request.keep_rest else found.intersection(self.request.mapped.values())
        for name in wanted | self.chunks.keys():
            before = self.chunks.setdefault(name, [pa.nulls(self.n_rows)] if self.n_rows else [])
            values = [row.get(name) for row in rows]
            before.append(self._convert(name, values))
        self.n_rows += len(rows)

    def _convert(self, name: str, values: list[Any]) -> pa.Array:
        first_row = self.n_rows + 1
        if all(value is None for value in values):
            return pa.nulls(len(values))
        if name not in self.request.ids:
            return column_from_objects(values, where=self.where, column=name, first_row=first_row)
        ids = ids_from_objects(values, where=self.where, column=name, first_row=first_row)
        return raw_ids(ids, where=self.where, column=name, first_row=first_row)

    def join(self, name: str) -> pa.ChunkedArray:
        """One column of all blocks."""
        return join_chunks(self.chunks[name], self.where, name)
