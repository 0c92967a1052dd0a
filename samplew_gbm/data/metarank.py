"""Metarank's events: a stream of items, users, rankings and interactions, one JSON object a line.

The format is that of Metarank's documentation (doc/event-schema.md): every event has ``event``, ``id`` and
``timestamp``, in milliseconds as a number or as text.
"""

from collections.abc import Iterator
from typing import Any

from samplew_gbm.columns import EVENT, ITEM_ID, POSITION, QUERY_ID, TIMESTAMP, USER_ID

IMPRESSION = "impression"
_KINDS = ("item", "user", "ranking", "interaction")


def is_metarank(row: dict[str, Any], user_column: str) -> bool:
    """Whether the first object of a file is an event of Metarank, rather than a row of a log."""
    return row.get("event") in _KINDS and {"id", "timestamp"} <= row.keys() and user_column not in row


def log_columns(
    events: list[dict[str, Any]], names: dict[str, str], *, shown: bool
) -> tuple[int, dict[str, list[Any]]]:
    """The rows of the log that some events are, and their number.

    ``names`` maps our columns to the names to give. An interaction is a row: its user, or its session where
    it names none, its item, time and type, and as ``query_id`` the ranking that it names. With ``shown`` the
    items of a ranking are rows too, with the event "impression" and their 1-based ``position``. Items' and
    users' own events are no rows.
    """
    rows = [row for event in events for row in _rows(event, shown)]
    columns = (USER_ID, ITEM_ID, TIMESTAMP, EVENT, QUERY_ID, POSITION)
    return len(rows), {
        names.get(column, column): [row[place] for row in rows] for place, column in enumerate(columns)
    }


def _rows(event: dict[str, Any], shown: bool) -> Iterator[tuple[Any, ...]]:
    user = event.get("user")
    who = event.get("session") if user is None else user
    time = event.get("timestamp")
    if event.get("event") == "interaction":
        yield who, event.get("item"), time, event.get("type"), event.get("ranking"), None
    elif event.get("event") == "ranking" and shown:
        for place, item in enumerate(event.get("items") or (), 1):
            yield who, item.get("id"), time, IMPRESSION, event.get("id"), place
