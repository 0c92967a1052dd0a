"""Which columns a file has, looked up without reading its rows."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from samplew_gbm.data.csv_reader import read_header
from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.files import first_file, suffix_of
from samplew_gbm.data.jsonl_reader import first_keys
from samplew_gbm.data.sql_reader import sql_columns
from samplew_gbm.errors import DataError, SettingsError


def column_names(source: Path | DatabaseUrl) -> frozenset[str]:
    """The columns of a table in a database, of a file, or of the first file and its folders' names.

    None where it cannot be read: whoever reads the rows then says what is wrong with it.
    """
    try:
        if isinstance(source, DatabaseUrl):
            return frozenset(sql_columns(source))
        file, partitions = first_file(source)
        return frozenset({*partitions, *_names(file)})
    except (DataError, SettingsError, OSError, pa.ArrowException, msgspec.MsgspecError, UnicodeDecodeError):
        return frozenset()


def _names(file: Path) -> list[str]:
    suffix = suffix_of(file)
    if suffix in (".parquet", ".pq"):
        return list(pq.read_schema(file).names)
    if "json" in suffix:
        return first_keys(file)
    return read_header(file, "\t" if ".tsv" in file.name.lower() else ",")
