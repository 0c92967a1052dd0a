"""What two logs say by themselves: items, activity, gaps, events, values, newcomers.

Where rows have times, what depends on the length of a log is compared over spans of equal length: the last
days of both, as many as the shorter one has.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.drift.shifts import Shift, shift_of_counts, shift_of_share, shift_of_values

GROUP = "rows"
LEAST_ROWS = 20  # of an item in the old log: its share is known well enough to be a bin
MOST_ITEMS = 50  # that have a bin of their own
REST = "rare, new or other items"


def shifts_of_rows(old: Interactions, new: Interactions, threshold: float) -> Iterator[Shift]:
    """Every shift that both logs have the columns for."""
    yield _items(old, new, threshold)
    before, after = last_rows_of_equal_spans(old, new)
    rows_a_user = (np.bincount(log.user_index) for log in (before, after))
    active = [counts[counts > 0].astype(np.float64) for counts in rows_a_user]
    yield shift_of_values(GROUP, "rows of an active user", *active, threshold=threshold)
    if before.timestamp is not None and after.timestamp is not None:
        gaps = [_gaps(log) for log in (before, after)]
        if all(map(len, gaps)):
            yield shift_of_values(GROUP, "log10 seconds between rows", *gaps, threshold=threshold)
        yield from _newcomers(old, new, threshold)
    if old.event is not None and new.event is not None:
        yield _events(old, new, threshold)
    if old.value is not None and new.value is not None:
        yield shift_of_values(GROUP, "value", old.value, new.value, threshold=threshold)


def last_rows_of_equal_spans(old: Interactions, new: Interactions) -> tuple[Interactions, Interactions]:
    """The rows of the last days of both logs, as many days as the shorter has; all rows without a clock."""
    if old.timestamp is None or new.timestamp is None:
        return old, new
    span = min(float(np.ptp(time)) for time in (old.timestamp, new.timestamp))
    return _last(old, old.timestamp, span), _last(new, new.timestamp, span)


def _last(log: Interactions, time: NDArray[np.float64], span: float) -> Interactions:
    return log.take(time >= time.max() - span)


def unknown_share(ids: Vocabulary, log_ids: Vocabulary, index: NDArray[np.int32]) -> float:
    """Share of the rows, which are ``log_ids[index]``, whose id is not among ``ids``."""
    return float(np.mean(ids.encode(log_ids.ids)[index] < 0))


def _items(old: Interactions, new: Interactions, threshold: float) -> Shift:
    """The most taken items of the old log each, all others together: what is rare always comes and goes."""
    counts = np.bincount(old.item_index, minlength=old.n_items)
    top = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    top = top[counts[top] >= LEAST_ROWS]
    bin_of_item = np.full(old.n_items + 1, len(top))  # the last place is that of unknown items
    bin_of_item[top] = np.arange(len(top))
    place = old.items.encode(new.items.ids)[new.item_index]
    binned = (np.bincount(bin_of_item[index], minlength=len(top) + 1) for index in (old.item_index, place))
    labels = [f"item {name}" for name in old.items.decode(top).to_pylist()]
    return shift_of_counts(GROUP, "items", [*labels, REST], *binned, threshold=threshold)


def _gaps(log: Interactions) -> NDArray[np.float64]:
    """Of each row to the one before of the same user; one second is added so that 0 has a logarithm."""
    assert log.timestamp is not None
    same = log.user_index[1:] == log.user_index[:-1]
    gaps: NDArray[np.float64] = np.log10(1 + np.diff(log.timestamp)[same])
    return gaps


def _events(old: Interactions, new: Interactions, threshold: float) -> Shift:
    sides = [_counted(log) for log in (old, new)]
    names = sorted(set(sides[0]) | set(sides[1]))
    counts = (np.array([side.get(name, 0) for name in names]) for side in sides)
    return shift_of_counts(GROUP, "events", names, *counts, threshold=threshold)


def _counted(log: Interactions) -> dict[str, int]:
    assert log.event is not None
    found = log.event.value_counts().to_pylist()
    return {"empty" if row["values"] is None else str(row["values"]): row["counts"] for row in found}


def _newcomers(old: Interactions, new: Interactions, threshold: float) -> Iterator[Shift]:
    """Rows of ids that are not known, against those that the old log's own last days had.

    Its last days are as long as the new log, at most half of the old one.
    """
    assert old.timestamp is not None
    assert new.timestamp is not None
    span = min(float(np.ptp(new.timestamp)), float(np.ptp(old.timestamp)) / 2)
    late = old.timestamp > old.timestamp.max() - span
    if late.all() or not late.any():
        return
    sides = (
        ("users", old.user_index, old.users, new.user_index, new.users),
        ("items", old.item_index, old.items, new.item_index, new.items),
    )
    for noun, index, ids, new_index, new_ids in sides:
        n_unknown = int(np.count_nonzero(~np.isin(index[late], index[~late])))
        before = (n_unknown, int(np.count_nonzero(late)))
        share = unknown_share(ids, new_ids, new_index)
        after = (round(share * len(new)), len(new))
        words = (f"unknown {noun}", f"known {noun}")
        yield shift_of_share(GROUP, f"rows of unknown {noun}", words, before, after, threshold=threshold)
