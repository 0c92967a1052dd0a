"""The name of every column that is read or written: one home, so that no other file spells one."""

from dataclasses import dataclass

USER_ID = "user_id"
ITEM_ID = "item_id"
TIMESTAMP = "timestamp"
EVENT = "event"
VALUE = "value"
QUERY_ID = "query_id"
POSITION = "position"
LABEL = "label"
SCORE = "score"
RANK = "rank"
IMPORTANCE = "importance"
SAMPLE_WEIGHT = "sample_weight"
WEIGHT = "weight"
FACTOR_PREFIX = "factor_"


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """What the columns of a log are called in the user's own file.

    The last five have no default, so that a column that happens to be called so means nothing unasked.
    ``impression_event`` is no column but the event of a row that was only shown; ``label`` says so by 0.
    """

    user_id: str = USER_ID
    item_id: str = ITEM_ID
    timestamp: str = TIMESTAMP
    event: str = EVENT
    value: str = VALUE
    weight: str = ""
    query_id: str = ""
    position: str = ""
    label: str = ""
    impression_event: str = ""


@dataclass(frozen=True, slots=True)
class MatrixColumns:
    """What the columns of a ready feature matrix are called; every other column of it is a feature.

    An empty name of the last four says that there is no such column, whatever others are called.
    """

    query_id: str = QUERY_ID
    label: str = LABEL
    weight: str = WEIGHT
    position: str = POSITION
    user_id: str = USER_ID
    item_id: str = ITEM_ID
