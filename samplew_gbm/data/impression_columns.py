"""The columns by which a log says what was only shown: query, position, and a label or an event."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT, LABEL, POSITION, QUERY_ID, ColumnNames
from samplew_gbm.data.arrow import Column, as_array, as_floats
from samplew_gbm.data.identifiers import raw_ids
from samplew_gbm.data.validation import reject_rows
from samplew_gbm.errors import SettingsError


def wanted_columns(columns: ColumnNames) -> tuple[str, ...]:
    """Which of our columns these names ask for. ``SettingsError`` for two ways to say what was only shown."""
    if columns.label and columns.impression_event:
        raise SettingsError(
            "a label column and an impression event both say what was only shown; give one of them"
        )
    asked = [name for name in (QUERY_ID, POSITION, LABEL) if getattr(columns, name)]
    return (*asked, EVENT) if columns.impression_event else tuple(asked)


def query_ids(values: Column, where: str, column: str) -> Column:
    """Ids as ``raw_ids``, null where a row belongs to no query; empty text is null too."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    ids = raw_ids(values, where=where, column=column)
    if ids.type != pa.string():
        return ids
    return pc.if_else(pc.equal(pc.binary_length(ids), 0), pa.scalar(None, pa.string()), ids)


def check_labels(label: NDArray[np.float64], where: str, column: str) -> None:
    """``DataError`` for a label that is neither 0 nor 1."""
    bad = ~np.isin(label, (0.0, 1.0))
    advice = "a log's label is 1 for what was taken and 0 for what was only shown"
    reject_rows(bad, f"{where}: column {column!r} is neither 0 nor 1 in", advice)


def check_positions(position: NDArray[np.float64], where: str, column: str) -> None:
    """``DataError`` for a position that is no whole number from 1 on; it may be missing."""
    reject_rows(position == 0, f"{where}: column {column!r} is 0 in", "positions count from 1; add 1 to all")
    bad = ~np.isnan(position) & ~((position >= 1) & (position == np.floor(position)) & (position < 2**31))
    reject_rows(bad, f"{where}: column {column!r} is no whole number from 1 on in", "correct these rows")


def with_label(table: pa.Table, columns: ColumnNames, where: str) -> pa.Table:
    """The table with a label made of the impression event, where one is named, and its rows checked.

    ``DataError`` where a row that was only shown has no query or position though their columns are named;
    ``SettingsError`` where no row has the event.
    """
    table = labelled_rows(table, columns, where)
    if columns.impression_event:
        check_shown(bool((as_floats(table[LABEL]) == 0).any()), columns, where)
    return table


def labelled_rows(table: pa.Table, columns: ColumnNames, where: str) -> pa.Table:
    """``with_label`` of a part of a log, which need not have the event."""
    if columns.impression_event:
        shown = pc.fill_null(pc.equal(table[EVENT], columns.impression_event), False)
        table = table.append_column(LABEL, pc.cast(pc.invert(shown), pa.float64()))
    if LABEL in table.column_names:
        shown_rows = as_floats(table[LABEL]) == 0
        for name in (QUERY_ID, POSITION):
            if name in table.column_names:
                missing = np.asarray(as_array(table[name]).is_null(nan_is_null=True))
                fault = (
                    f"{where}: column {getattr(columns, name)!r} is missing where an item was only shown, in"
                )
                reject_rows(missing & shown_rows, fault, "fill it in or drop these rows")
    return table


def check_shown(any_shown: bool, columns: ColumnNames, where: str) -> None:
    """``SettingsError`` where the impression event is named and no row has it."""
    if columns.impression_event and not any_shown:
        raise SettingsError(
            f"{where}: no event is {columns.impression_event!r}, which --impression-event names; "
            "give the event of the rows that were only shown"
        )


def taken_rows(table: pa.Table) -> NDArray[np.int64] | None:
    """The rows that were taken, ascending, ``int64``; None where all were."""
    if LABEL not in table.column_names:
        return None
    return np.flatnonzero(as_floats(table[LABEL]) > 0)


def without_impressions(table: pa.Table, impression_event: str = "") -> pa.Table:
    """The rows of a table of ``read_log`` that were taken, by its label or the event, if either is there."""
    rows = taken_rows(table)
    if rows is not None:
        table = table.take(pa.array(rows))
    if impression_event and EVENT in table.column_names:
        table = table.filter(pc.fill_null(pc.not_equal(table[EVENT], impression_event), True))
    return table
