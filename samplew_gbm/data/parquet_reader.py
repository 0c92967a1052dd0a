"""One Parquet file."""

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
    where = str(path)
    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if name not in partitions]
            wanted = request.resolve([*names, *partitions], where)
            own = [name for name in wanted if name not in partitions]
            groups = _row_groups(path, file, request)
            table = file.read_row_groups(groups, columns=own).select(own)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{where}: cannot be read as Parquet ({one_line(error)}); write it again") from None
    return Part(*add_partitions(table, wanted, partitions, where))


def _row_groups(path: Path, file: pq.ParquetFile, request: Request) -> list[int]:
    """The row groups whose statistics do not rule out that the conditions hold."""
    wanted = expression(request.conditions, file.schema_arrow, request.time_column)
    if wanted is None:
        return list(range(file.num_row_groups))
    fragment = ds.ParquetFileFormat().make_fragment(str(path), filesystem=LocalFileSystem())
    parts = fragment.split_by_row_group(wanted, schema=file.schema_arrow)
    return [group.id for part in parts for group in part.row_groups]


def add_partitions(
    table: pa.Table, wanted: list[str], partitions: dict[str, str | None], where: str
) -> tuple[pa.Table, str, frozenset[str]]:
    """Append the wanted partition columns; they are the textual ones."""
    textual = [name for name in wanted if name in partitions]
    for name in textual:
        table = table.append_column(name, pa.repeat(pa.scalar(partitions[name], pa.string()), table.num_rows))
    return table, where, frozenset(textual)
