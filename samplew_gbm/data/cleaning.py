"""Dropping rows that would only mislead, and saying which and why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.memory import UserSample
from samplew_gbm.errors import DataError, SettingsError


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """How many rows a log had, how many were kept, and how many each rule dropped.

    ``sample`` says what part of a larger log these rows are, where a budget of memory chose one.
    """

    n_rows: int
    n_kept: int
    n_duplicates: int
    n_bot_users: int
    n_bot_rows: int
    n_core_users: int
    n_core_items: int
    n_core_rows: int
    max_user_events: int | None
    min_user: int
    min_item: int
    sample: UserSample | None = None

    def describe(self) -> str:
        """One line for each rule that dropped something, and one with the sum."""
        dropped = self.n_rows - self.n_kept
        lines = [
            f"kept {self.n_kept:,} of {self.n_rows:,} rows" + ("" if dropped else "; nothing was dropped")
        ]
        if self.sample is not None:
            lines.insert(0, self.sample.describe())
        if self.n_duplicates:
            lines.append(f"dropped {_count(self.n_duplicates, 'exact duplicate')}")
        if self.n_bot_rows:
            who = f"{_count(self.n_bot_users, 'user')} with more than {self.max_user_events:,} rows"
            lines.append(f"dropped {_count(self.n_bot_rows, 'row')} of {who}")
        if self.n_core_rows:
            rules = ((self.n_core_users, "user", self.min_user), (self.n_core_items, "item", self.min_item))
            groups = [
                f"{_count(n, noun)} with fewer than {_count(least, 'row')}" for n, noun, least in rules if n
            ]
            lines.append(f"dropped {_count(self.n_core_rows, 'row')} of {' or '.join(groups)}")
        return "\n".join(lines)


def clean(
    interactions: Interactions,
    *,
    drop_duplicates: bool = True,
    max_user_events: int | None = None,
    min_user: int = 1,
    min_item: int = 1,
) -> tuple[Interactions, CleaningReport]:
    """Drop rows by three rules, in this order, and report them.

    Exact duplicates: of rows with equal user, item, timestamp, event and query the first in the file stays. A
    log that is only ordered by the file has no timestamps to tell a duplicate from a repeat, so it keeps all
    its rows. Bots: every row of a user with more than ``max_user_events`` rows. Core: users with fewer than
    ``min_user`` and items with fewer than ``min_item`` rows, again until all that are left have enough.

    The rows kept carry their numbers in the source log (``row``); the vocabularies hold only what is left.
    ``DataError`` when fewer than two users or two items are left.
    """
    _check_options(max_user_events, min_user, min_item)
    n_rows = len(interactions)
    kept = interactions.take(~duplicate_rows(interactions)) if drop_duplicates else interactions
    n_duplicates = n_rows - len(kept)
    bots = _row_counts(kept.user_index, kept.n_users) > (
        n_rows if max_user_events is None else max_user_events
    )
    people = kept.take(~bots[kept.user_index]) if bots.any() else kept
    core = people.take(core_rows(people, min_user=min_user, min_item=min_item))
    report = CleaningReport(
        n_rows=n_rows,
        n_kept=len(core),
        n_duplicates=n_duplicates,
        n_bot_users=int(bots.sum()),
        n_bot_rows=len(kept) - len(people),
        n_core_users=_n_distinct(people.user_index) - _n_distinct(core.user_index),
        n_core_items=_n_distinct(people.item_index) - _n_distinct(core.item_index),
        n_core_rows=len(people) - len(core),
        max_user_events=max_user_events,
        min_user=min_user,
        min_item=min_item,
    )
    cleaned = core.compact() if len(core) < n_rows else interactions
    if cleaned.n_users < 2 or cleaned.n_items < 2:
        raise DataError(
            f"cleaning leaves {cleaned.n_users} users and {cleaned.n_items} items, training needs 2 of each: "
            + report.describe().replace("\n", ", ")
        )
    return cleaned, report


def duplicate_rows(interactions: Interactions) -> NDArray[np.bool_]:
    """Mask of the rows that repeat an earlier row of the file in user, item, timestamp, event and query."""
    duplicate = np.zeros(len(interactions), bool)
    if interactions.order is Order.FILE or not len(interactions):
        return duplicate
    rows = _rows_with_company(interactions)
    keys: list[NDArray[Any]] = [
        interactions.row[rows],
        _event_codes(interactions.event, rows),
        interactions.item_index[rows],
    ]
    if interactions.query is not None:
        keys.append(interactions.query[rows])
    if interactions.timestamp is not None:
        keys.append(interactions.timestamp[rows])
    keys.append(interactions.user_index[rows])
    by_key = np.lexsort(keys)
    same = np.ones(max(len(rows) - 1, 0), bool)
    for key in keys[1:]:
        ordered = key[by_key]
        same &= ordered[1:] == ordered[:-1]
    duplicate[rows[by_key[1:][same]]] = True
    return duplicate


def core_rows(interactions: Interactions, *, min_user: int, min_item: int) -> NDArray[np.bool_]:
    """Mask of the largest set of rows that gives each user ``min_user`` rows and each item ``min_item``."""
    keep = np.ones(len(interactions), bool)
    user_index, item_index = interactions.user_index, interactions.item_index
    while min_user > 1 or min_item > 1:
        user_rows = _row_counts(user_index[keep], interactions.n_users)
        item_rows = _row_counts(item_index[keep], interactions.n_items)
        enough = keep & (user_rows[user_index] >= min_user) & (item_rows[item_index] >= min_item)
        if enough.sum() == keep.sum():
            break
        keep = enough
    return keep


def _rows_with_company(interactions: Interactions) -> NDArray[np.int64]:
    """Rows whose user has another row at the same time: only they can be duplicates."""
    equal = interactions.user_index[1:] == interactions.user_index[:-1]
    if interactions.timestamp is not None:
        equal &= interactions.timestamp[1:] == interactions.timestamp[:-1]
    company = np.zeros(len(interactions), bool)
    company[1:] |= equal
    company[:-1] |= equal
    return np.flatnonzero(company)


def _event_codes(event: pa.Array | None, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """Equal numbers for equal events; null is an event of its own."""
    if event is None:
        return np.zeros(len(rows), np.int32)
    codes = event.take(pa.array(rows)).dictionary_encode().indices
    return np.asarray(pc.fill_null(codes, -1).to_numpy(zero_copy_only=False), np.int32)


def _check_options(max_user_events: int | None, min_user: int, min_item: int) -> None:
    for name, value in (("max_user_events", max_user_events), ("min_user", min_user), ("min_item", min_item)):
        if value is not None and value < 1:
            raise SettingsError(f"{name} is {value}; give a number of at least 1")


def _row_counts(index: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    return np.bincount(index, minlength=n)


def _n_distinct(index: NDArray[np.int32]) -> int:
    return int(np.count_nonzero(np.bincount(index))) if len(index) else 0


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
