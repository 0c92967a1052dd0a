"""One Parquet file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

from samplew_gbm.data.conditions import expression
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError


def read_parquet(path: Path, request: Request, partitions: dict[str, str | None]) -> Part:
    """The wanted columns of a Parquet file, with its partition columns as text."""
    with _opened(path) as file:
        wanted, own = _columns(path, file, request, partitions)
        table = file.read_row_groups(_row_groups(path, file, request), columns=own).select(own)
    return Part(*add_partitions(table, wanted, partitions, str(path)))


def stream_parquet(
    path: Path, request: Request, partitions: dict[str, str | None], n_rows: int
) -> Iterator[Part]:
    """The same in batches of at most ``n_rows`` rows."""
    with _opened(path) as file:
        wanted, own = _columns(path, file, request, partitions)
        groups = _row_groups(path, file, request)
        for batch in file.iter_batches(n_rows, row_groups=groups, columns=own):
            table = pa.Table.from_batches([batch]).select(own)
            yield Part(*add_partitions(table, wanted, partitions, str(path)))


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The file; whatever fails while it is open is one ``DataError``."""
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet ({one_line(error)}); write it again") from None


def _columns(
    path: Path, file: pq.ParquetFile, request: Request, partitions: dict[str, str | None]
) -> tuple[list[str], list[str]]:
    """The wanted columns, and those of them that the file itself holds."""
    names = [name for name in file.schema_arrow.names if name not in partitions]
    wanted = request.resolve([*names, *partitions], str(path))
    return wanted, [name for name in wanted if name not in partitions]


def _row_groups(path: Path, file: pq.ParquetFile, request: Request) -> list[int]:
    """The row groups whose statistics do not rule out that the conditions hold."""
    wanted = expression(request.conditions, file.schema_arrow, request.time_column)
    if wanted is None:
        return list(range(file.num_row_groups))
    fragment = ds.ParquetFileFormat().make_fragment(str(path), filesystem=LocalFileSystem())
    try:
        parts = fragment.split_by_row_group(wanted, schema=file.schema_arrow)
    except pa.ArrowInvalid:  # of numbers that Arrow does not compare, such as 2**63 - 1 and 1.5
        return list(range(file.num_row_groups))
    return [group.id for part in parts for group in part.row_groups]


def add_partitions(
    table: pa.Table, wanted: list[str], partitions: dict[str, str | None], where: str
) -> tuple[pa.Table, str, frozenset[str]]:
    """Append the wanted partition columns; they are the textual ones."""
    textual = [name for name in wanted if name in partitions]
    for name in textual:
        table = table.append_column(name, pa.repeat(pa.scalar(partitions[name], pa.string()), table.num_rows))
    return table, where, frozenset(textual)
