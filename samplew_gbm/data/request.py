"""Which columns are wanted from a source, and what they are called there."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from samplew_gbm.columns import (
    EVENT,
    ITEM_ID,
    LABEL,
    POSITION,
    QUERY_ID,
    TIMESTAMP,
    USER_ID,
    VALUE,
    WEIGHT,
    ColumnNames,
    MatrixColumns,
)
from samplew_gbm.data.validation import check_column, check_distinct_columns
from samplew_gbm.errors import SettingsError

OPTIONS = {
    USER_ID: "--user-column",
    ITEM_ID: "--item-column",
    TIMESTAMP: "--timestamp-column",
    EVENT: "--event-column",
    VALUE: "--value-column",
    QUERY_ID: "--query-column",
    LABEL: "--label-column",
    WEIGHT: "--weight-column",
    POSITION: "--position-column",
}
ID_COLUMNS = (USER_ID, ITEM_ID, QUERY_ID)


@dataclass(frozen=True, slots=True)
class Request:
    """Columns to read: ``required`` and ``optional`` map our name of a column to the source's name."""

    required: dict[str, str]
    optional: dict[str, str]
    keep_rest: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The source's names of the id columns."""
        return tuple(name for column, name in self.required.items() if column in ID_COLUMNS)

    @property
    def mapped(self) -> dict[str, str]:
        """Every wanted column, required or not."""
        return {**self.required, **self.optional}

    @property
    def names(self) -> tuple[str, ...]:
        """The source's names of the wanted columns."""
        return tuple(dict.fromkeys(self.mapped.values()))

    def resolve(self, columns: Sequence[str], where: str) -> list[str]:
        """The columns to read of those a source has; ``SchemaError`` when one is doubled or missing."""
        check_distinct_columns(columns, where)
        for column, name in self.required.items():
            check_column(name, columns, where, OPTIONS[column])
        wanted = set(self.mapped.values())
        return [name for name in columns if self.keep_rest or name in wanted]


@dataclass(frozen=True, slots=True)
class Part:
    """One file or frame as read: the source's own column names and types."""

    table: pa.Table
    where: str
    textual: frozenset[str] = frozenset()  # columns that the source can only write as text


def make_request(
    names: ColumnNames | MatrixColumns,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    keep_rest: bool = False,
) -> Request:
    """Map our columns to the user's; an optional column that the user names is required."""
    mapped = {column: str(getattr(names, column)) for column in (*required, *optional)}
    for column, name in mapped.items():
        twin = next((other for other in mapped if other != column and mapped[other] == name), None)
        if twin is not None:
            raise SettingsError(
                f"{OPTIONS[column]} and {OPTIONS[twin]} both name column {name!r}; give each its own"
            )
    named = [column for column in optional if mapped[column] != column]
    return Request(
        {column: mapped[column] for column in (*required, *named)},
        {column: mapped[column] for column in optional if column not in named},
        keep_rest,
    )
