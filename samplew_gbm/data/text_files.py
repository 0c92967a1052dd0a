"""Opening a text file, plain or gzip, and recognising one that is not what its name says."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError

BOM = b"\xef\xbb\xbf"


@contextmanager
def open_text_file(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a text file after decompression; whatever fails while reading is one ``DataError``."""
    try:
        with gzip.open(path, "rb") if is_gzip(path) else open(path, "rb") as file:
            _check_start(file.read(4), path)
            file.seek(0)
            yield cast(BinaryIO, file)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({one_line(error)}); write it again") from None


def is_gzip(path: Path) -> bool:
    """Whether the name of a file says that it is compressed."""
    return path.suffix.lower() == ".gz"


def _check_start(start: bytes, path: Path) -> None:
    if start == b"PAR1":
        raise DataError(f"{path}: is a Parquet file; rename it to end in .parquet")
    if start[:2] == b"\x1f\x8b":
        raise DataError(f"{path}: is compressed with gzip; rename it to end in .gz")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path}: is UTF-16 text; save it as UTF-8")
