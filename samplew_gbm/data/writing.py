"""Writing results so that a file is either the whole new one or the whole old one, never a part."""

import gzip
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from samplew_gbm.data.arrow import decoded
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError, SettingsError

_ROWS_AT_ONCE = 1 << 16
Writer = Callable[[pa.Table, BinaryIO], None]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file whose bytes appear at ``path`` only once the block has ended without an error.

    They are written beside the target, forced to disk and renamed over it; on any error, Ctrl-C too, the
    temporary file is removed and an old file stays as it was. A device or a pipe is written directly.
    ``OSError`` (no space, no permission, no such folder) becomes ``DataError``.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            with _device(target) as file:
                yield file
        else:
            with _replacing(target) as file:
                yield file
    except OSError as error:
        reason = error.strerror or one_line(error)
        raise DataError(
            f"{path}: cannot be written ({reason}); free space, or choose another place"
        ) from None


def write_table(table: pa.Table, path: str | os.PathLike[str]) -> None:
    """Write ``table`` as Parquet, CSV or JSON lines, as the ending of ``path`` says; see ``atomic_write``.

    CSV leaves null empty; JSON lines write null, and also NaN, as ``null``. ``SettingsError`` for an unknown
    ending, ``DataError`` for a table that the format cannot hold.
    """
    name = Path(path).name.lower()
    suffix = next(
        (suffix for suffix in sorted(_WRITERS, key=len, reverse=True) if name.endswith(suffix)), None
    )
    if suffix is None:
        raise SettingsError(f"{path}: unknown kind of file; its name must end in {', '.join(_WRITERS)}")
    try:
        with atomic_write(path) as file:
            _WRITERS[suffix](table, file)
    except (pa.ArrowException, TypeError, NotImplementedError) as error:
        raise DataError(f"{path}: the table cannot be written as {suffix} ({one_line(error)})") from None


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


@contextmanager
def _device(target: Path) -> Iterator[BinaryIO]:
    with open(target, "wb") as file:
        yield file


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_parquet(table: pa.Table, file: BinaryIO) -> None:
    pq.write_table(table, file, compression="zstd")


def _write_delimited(delimiter: str) -> Writer:
    def write(table: pa.Table, file: BinaryIO) -> None:
        flat = pa.table(
            {name: decoded(column) for name, column in zip(table.column_names, table.columns, strict=True)}
        )
        pacsv.write_csv(flat, file, pacsv.WriteOptions(delimiter=delimiter))

    return write


def _write_jsonl(table: pa.Table, file: BinaryIO) -> None:
    encoder = msgspec.json.Encoder()
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        file.write(encoder.encode_lines(batch.to_pylist()))


def _gzipped(write: Writer) -> Writer:
    """The same bytes for the same table: no name and no time in the gzip header."""

    def compress(table: pa.Table, file: BinaryIO) -> None:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
            write(table, cast(BinaryIO, packed))

    return compress


_WRITERS: dict[str, Writer] = {
    ".parquet": _write_parquet,
    ".csv": _write_delimited(","),
    ".csv.gz": _gzipped(_write_delimited(",")),
    ".tsv": _write_delimited("\t"),
    ".tsv.gz": _gzipped(_write_delimited("\t")),
    ".jsonl": _write_jsonl,
    ".jsonl.gz": _gzipped(_write_jsonl),
    ".ndjson": _write_jsonl,
    ".ndjson.gz": _gzipped(_write_jsonl),
}
