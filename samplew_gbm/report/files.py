"""The files of a report, and whether a folder may become one; light, so that it is asked before the work."""

import os
from pathlib import Path

from samplew_gbm.data.folders import missing_fault

SUSPICIOUS, USERS, ITEMS, PAGE = "suspicious.parquet", "users.parquet", "items.parquet", "index.html"
FILES = (SUSPICIOUS, USERS, ITEMS, PAGE)
"""In the order in which they take their places; the page, which speaks of the others, is last."""

_NAMED = 3  # strange files that a message names


def folder_fault(folder: Path) -> str | None:
    """Why a report cannot be written into ``folder``, or ``None``; nothing of another's is ever replaced."""
    if not folder.exists():
        return missing_fault(folder)
    if not folder.is_dir():
        return "is a file; name a folder"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return "the folder cannot be written; choose another"
    strange = sorted(path.name for path in folder.iterdir() if path.name not in FILES or not path.is_file())
    if strange:
        more = ", ..." if len(strange) > _NAMED else ""
        named = ", ".join(map(repr, strange[:_NAMED])) + more
        return f"holds other things than a report ({named}); name a new or an empty folder"
    return None
