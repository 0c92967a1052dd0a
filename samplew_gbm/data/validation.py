"""Checks on columns and rows, and how a fault is put into one line."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from types import UnionType

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError, SchemaError, SettingsError

_ROWS_NAMED = 3
_COLUMNS_NAMED = 20


def one_line(text: object) -> str:
    """Any message without line breaks and at most 300 characters long."""
    line = " ".join(str(text).split())
    return line if len(line) <= 300 else line[:297] + "..."


def rows_text(rows: NDArray[np.int64]) -> str:
    """Zero-based ``rows`` in words, counted from 1: "row 4" or "rows 1, 2, 3 and 7 more"."""
    named = [str(row + 1) for row in rows[:_ROWS_NAMED].tolist()]
    if len(rows) == 1:
        return f"row {named[0]}"
    if len(rows) > _ROWS_NAMED:
        return f"rows {', '.join(named)} and {len(rows) - _ROWS_NAMED} more"
    return f"rows {', '.join(named[:-1])} and {named[-1]}"


def reject_rows(bad: NDArray[np.bool_], fault: str, advice: str) -> None:
    """Raise ``DataError`` naming the first rows where ``bad`` is true."""
    if bad.any():
        raise DataError(f"{fault} {rows_text(np.flatnonzero(bad))}; {advice}")


def check_kind(value: object, kind: type | UnionType, name: str, advice: str) -> None:
    """Refuse an argument ``name`` that is of another type; ``SettingsError``."""
    if not isinstance(value, kind):
        raise SettingsError(f"{name} is {type(value).__name__}; {advice}")


def check_distinct_columns(columns: Sequence[str], where: str) -> None:
    """Refuse a table in which a column name occurs twice."""
    seen: set[str] = set()
    for name in columns:
        if name in seen:
            raise SchemaError(f"{where}: column {name!r} occurs more than once; rename or drop one of them")
        seen.add(name)


def check_column(
    name: str, columns: Sequence[str], where: str, option: str, *, taken: Iterable[str] = (), advice: str = ""
) -> None:
    """Refuse a table that lacks column ``name``; ``option`` is the command-line option that maps it.

    A column of ``taken`` is another one for sure, and no guess; ``advice`` is given where there is none.
    """
    if name in columns:
        return
    lower = {column.lower(): column for column in reversed(columns) if column not in set(taken)}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    other = advice or f"name it with {option} NAME"
    guess = f"did you mean {option} {lower[close[0]]!r}?" if close else other
    raise SchemaError(f"{where}: no column {name!r} among {columns_text(columns)}; {guess}")


def columns_text(columns: Iterable[str]) -> str:
    """The columns of a table in words."""
    names = [repr(name) for name in columns]
    more = f" and {len(names) - _COLUMNS_NAMED} more" if len(names) > _COLUMNS_NAMED else ""
    return f"the columns {one_line(', '.join(names[:_COLUMNS_NAMED]))}{more}" if names else "no columns"


def check_not_empty(n_rows: int, where: str) -> None:
    """Refuse a source without rows."""
    if n_rows == 0:
        raise DataError(f"{where}: holds no rows; check that it is the right file and was written completely")


def check_enough_ids(n_users: int, n_items: int, where: str = "the log") -> None:
    """Refuse a log from which nothing can be learned."""
    for count, noun in ((n_users, "user"), (n_items, "item")):
        if count < 2:
            raise DataError(f"{where}: holds {count} {noun}; training needs at least 2 {noun}s")
