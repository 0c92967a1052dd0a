"""A report as a folder of files that are finished before any of them is in its place."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samplew_gbm.data.folders import draft_folder
from samplew_gbm.data.writing import atomic_write, write_table
from samplew_gbm.errors import DataError
from samplew_gbm.report.files import FILES, PAGE, folder_fault


def write_report(tables: Mapping[str, Any], page: str, folder: Path) -> None:
    """Write the files of a report into ``folder``, which is made where it is not there.

    All of them are finished beside their places first: on an error before that, Ctrl-C too, the folder is
    as it was. A new folder appears whole; in an old one the files are replaced one after another, the page
    last. ``DataError`` for a folder that ``folder_fault`` finds a fault in.
    """
    fault = folder_fault(folder)
    if fault:
        raise DataError(f"{folder}: {fault}")
    with _finished_elsewhere(folder) as draft:
        for name, table in tables.items():
            write_table(table, draft / name)
        with atomic_write(draft / PAGE) as file:
            file.write(page.encode("utf-8"))


@contextmanager
def _finished_elsewhere(folder: Path) -> Iterator[Path]:
    """A folder to fill, on the same disk; its files take their places once the block has ended."""
    target = Path(os.path.realpath(folder))
    is_new = not target.exists()
    # Inside an old folder: it may be a disk of its own, or the only place that may be written.
    with draft_folder(target.parent if is_new else target, folder) as draft:
        yield draft
        if is_new:
            draft.rename(target)
        else:
            for name in FILES:
                os.replace(draft / name, target / name)
