"""Several behaviours: of the events of an item in one query the strongest is its label, a grade from 1 on.

Somebody who buys what he has viewed says one thing, and the strongest event says it. How much a row counts is
another matter, that of the ``behaviour`` factor. Tables learn from all events alike, as they do without
grades: what a purchase means is told by the label (README has what was measured).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.query_rows import check_axis, standing_rows
from samplew_gbm.data.validation import one_line
from samplew_gbm.data.visits import asked, visits
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.settings import Settings, event_grades


def labelled(interactions: Interactions, settings: Settings) -> Interactions:
    """The same rows as queries and labels of the ranker, by the settings ``queries`` and ``grades``.

    Raises as ``asked``, ``graded`` and, by the setting ``axis``, ``check_axis`` do.
    """
    queried = graded(asked(interactions, settings.queries), settings.grades)
    check_axis(queried, settings.axis)
    return queried


def graded(interactions: Interactions, grades: str) -> Interactions:
    """The same rows with a grade, those of one item in one query with the strongest event and its grade.

    ``grades`` is the setting; empty, nothing is done. Where the log names no queries, rows of a user at most
    ``VISIT_GAP`` apart are one, and of a set all rows of a user. Events that are not named have grade 1.

    ``SettingsError`` where the log has no events, or its rows are ordered by the file only, which tells no
    query from the next; ``DataError`` for an event that never occurs.
    """
    if not grades:
        return interactions
    event, grade_of_event = event_codes(interactions, "grades", grades, event_grades(grades))
    own = np.append(grade_of_event, 1).astype(np.int32)[event]  # -1 points to the last
    if interactions.query is None and interactions.order is Order.FILE:
        raise SettingsError(
            f"grades is {grades!r}, but the order of the file does not tell which rows are of one query; "
            "name their column with --query-column NAME, or give a timestamp column"
        )
    queried = interactions
    if interactions.query is None and interactions.order is Order.CLOCK:
        queried = replace(interactions, query=visits(interactions))
    queried = replace(queried, grade=own)
    standing = standing_rows(queried)
    strongest = _strongest(own, standing)
    events = None if queried.event is None else queried.event.take(pa.array(strongest))
    return replace(queried, event=events, grade=own[strongest])


def event_codes(
    interactions: Interactions, setting: str, text: str, wanted: Mapping[str, float]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The event of each row, ``int32[n]``, -1 for none, and of each event its number: ``wanted``, or 1.

    ``setting`` is ``text``, which says ``wanted``. ``SettingsError`` where the log has no events,
    ``DataError`` for an event that never occurs.
    """
    if interactions.event is None:
        raise SettingsError(
            f"{setting} is {text!r}, but the log has no events; name their column with "
            f"--event-column NAME ({EVENT!r} by default), or leave {setting} empty"
        )
    coded = interactions.event.dictionary_encode()
    names = coded.dictionary.to_pylist()
    absent = [name for name in wanted if name not in names]
    if absent:
        known = one_line(", ".join(sorted(map(repr, names))))
        advice = f"give some of {known}" if known else f"all of them are empty, so leave {setting} empty too"
        raise DataError(
            f"{setting} names {', '.join(map(repr, absent))}, which the log's events never are; {advice}"
        )
    event = np.asarray(pc.fill_null(coded.indices, pa.scalar(-1, coded.indices.type)), np.int32)
    return event, np.array([wanted.get(name, 1.0) for name in names])


def _strongest(grade: NDArray[np.int32], standing: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each row the first row of the highest grade among those that ``standing`` stands for."""
    order = np.lexsort((-grade, standing))
    first = np.diff(standing[order], prepend=-1) != 0
    best = np.empty(len(standing), np.int64)
    best[standing[order][first]] = order[first]
    return best[standing]
