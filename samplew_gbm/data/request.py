"""Which columns are wanted from a source, and what they are called there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

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
from samplew_gbm.data.arrow import with_plain_text
from samplew_gbm.data.conditions import Condition, matching_rows
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
    """Columns to read: ``required`` and ``optional`` map our name of a column to the source's name.

    ``keep_rest`` reads all others too, but for those in ``leave_out``, or with ``rest`` those alone that are
    there. Those of a file of text become numbers where all values are plainly such, or with ``as_spelled``
    stay text.
    """

    required: dict[str, str]
    optional: dict[str, str]
    keep_rest: bool = False
    conditions: tuple[Condition, ...] = ()
    as_spelled: bool = False
    leave_out: frozenset[str] = frozenset()
    rest: frozenset[str] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The source's names of the id columns."""
        return tuple(name for column, name in self.mapped.items() if column in ID_COLUMNS)

    @property
    def mapped(self) -> dict[str, str]:
        """Every wanted column, required or not."""
        return {**self.required, **self.optional}

    @property
    def names(self) -> tuple[str, ...]:
        """The source's names of the columns to read: the wanted ones, and those of the conditions."""
        return tuple(dict.fromkeys([*self.mapped.values(), *(c.column for c in self.conditions)]))

    @property
    def time_column(self) -> str:
        """The source's name of the timestamp; empty where none is wanted."""
        return self.mapped.get(TIMESTAMP, "")

    def resolve(self, columns: Sequence[str], where: str) -> list[str]:
        """The columns to read of those a source has; ``SchemaError`` when one is doubled or missing."""
        check_distinct_columns(columns, where)
        for column, name in self.required.items():
            check_column(name, columns, where, OPTIONS[column], taken=(*self.mapped.values(), *ID_COLUMNS))
        for condition in self.conditions:
            check_column(condition.column, columns, where, "--where", advice="ask for one of these")
        for name in self.leave_out:
            check_column(name, columns, where, "--leave-out", advice="leave out some of these")
        wanted = set(self.names)
        return [name for name in columns if name in wanted or self._keeps(name)]

    def _keeps(self, name: str) -> bool:
        return self.keep_rest and name not in self.leave_out and (self.rest is None or name in self.rest)


@dataclass(frozen=True, slots=True)
class Part:
    """One file or frame as read: the source's own column names and types."""

    table: pa.Table
    where: str
    textual: frozenset[str] = frozenset()  # columns that the source can only write as text

    def matching(self, request: Request) -> "Part":
        """The rows that the conditions of ``request`` leave, without the columns that only they need."""
        if not request.conditions:
            return self
        table = with_plain_text(self.table)
        keep = matching_rows(
            table,
            request.conditions,
            where=self.where,
            textual=self.textual,
            time_column=request.time_column,
        )
        if not request.keep_rest:
            table = table.drop_columns(sorted(set(table.column_names) - set(request.mapped.values())))
        return replace(self, table=table.filter(pa.array(keep)))


def make_request(
    names: ColumnNames | MatrixColumns,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    keep_rest: bool = False,
    conditions: tuple[Condition, ...] = (),
    as_spelled: bool = False,
    leave_out: Collection[str] = (),
    rest: Collection[str] | None = None,
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
        conditions,
        as_spelled,
        frozenset(leave_out),
        None if rest is None else frozenset(rest),
    )
