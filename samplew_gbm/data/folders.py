"""A result of several files as one folder, which is whole or not there; light, so that it is asked early."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samplew_gbm.errors import DataError


def folder_fault(folder: Path) -> str | None:
    """Why ``folder`` cannot be written as a new one, or ``None``; an empty one counts as new."""
    if not folder.exists():
        return missing_fault(folder)
    if not folder.is_dir():
        return "is a file; name a folder"
    if any(folder.iterdir()):
        return "the folder is not empty; name a new or an empty one"
    return missing_fault(folder)


def missing_fault(folder: Path) -> str | None:
    """Why a folder that is not there cannot be made, or ``None``."""
    parent = Path(os.path.realpath(folder)).parent
    if not parent.is_dir():
        return f"there is no folder {parent}; create it first"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"the folder {parent} cannot be written; choose another"
    return None


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of ``folder`` once the block has ended without an error.

    ``DataError`` for a folder that ``folder_fault`` finds a fault in, and where it cannot be written.
    """
    fault = folder_fault(folder)
    if fault:
        raise DataError(f"{folder}: {fault}")
    target = Path(os.path.realpath(folder))
    with draft_folder(target.parent, folder) as draft:
        yield draft
        os.replace(draft, target)


@contextmanager
def draft_folder(parent: Path, folder: Path) -> Iterator[Path]:
    """A folder in ``parent`` to fill and to move from, which is gone behind the block.

    ``DataError`` that names ``folder`` where it cannot be written.
    """
    name = os.path.basename(os.path.realpath(folder))
    draft = parent / f".{name[:100]}.{secrets.token_hex(6)}.tmp"
    try:
        draft.mkdir()
        yield draft
    except DataError as error:  # it names the draft, which is gone by the time that it is read
        raise DataError(str(error).replace(str(draft), str(folder))) from None
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written ({error.strerror}); free space, or choose another place"
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
