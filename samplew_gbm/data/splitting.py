"""Dividing a log into what may be learned from and what is held out.

Every split keeps the vocabularies of the whole log, so indices mean the same on both sides: an item that
occurs only in the held-out part is known by name and by nothing else. Equal timestamps keep the order of
the file.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.errors import DataError, SettingsError

_MOST_FOLDS = 127


def leave_last_out(interactions: Interactions, *, n: int = 1) -> tuple[Interactions, Interactions]:
    """``(rest, last)``: the last ``n`` rows of each user are held out.

    A user with ``n`` rows or fewer has nothing left to learn from and stays wholly in ``rest``.

    Leaks: a user's own future is never in ``rest``, but other users' rows may be later than a held-out
    row, so popularity and trends of ``rest`` know more than was known at that time. Use ``split_by_time``
    to judge those.
    """
    _check_ordered(interactions)
    if n < 1:
        raise SettingsError(f"n is {n}; hold out at least 1 row of each user")
    left = interactions.indptr[1:][interactions.user_index] - np.arange(len(interactions))
    sizes = np.diff(interactions.indptr)[interactions.user_index]
    last = (left <= n) & (sizes > n)
    return interactions.take(~last), interactions.take(last)


def split_by_time(
    interactions: Interactions, *, cut: float | None = None, fraction: float | None = None
) -> tuple[Interactions, Interactions]:
    """``(before, after)``: rows before the time ``cut`` (Unix seconds), and rows at or after it.

    With ``fraction`` instead, the cut is the time by which that part of the rows had happened; rows at
    exactly that time are all held out, so ``before`` may be a little smaller.

    Leaks: none; everything in ``before`` happened strictly before everything in ``after``.
    """
    if interactions.order is not Order.CLOCK or interactions.timestamp is None:
        raise DataError(
            "the log has no timestamps to split by; use leave_last_out, split_users or random_folds"
        )
    if (cut is None) == (fraction is None):
        raise SettingsError("give either cut, a time in Unix seconds, or fraction, a part between 0 and 1")
    if cut is None:
        cut = _time_of_fraction(interactions.timestamp, float(fraction or 0.0))
    before = interactions.timestamp < cut
    if before.all() or not before.any():
        side = "after" if before.any() else "before"
        raise DataError(f"no rows are {side} the cut at {cut}; choose a time inside the log")
    return interactions.take(before), interactions.take(~before)


def split_users(
    interactions: Interactions, *, fraction: float, random_state: int = 0
) -> tuple[Interactions, Interactions]:
    """``(rest, held)``: all rows of a random ``fraction`` of the users are held out.

    Leaks: nothing of a held-out user is in ``rest``, but rows of ``rest`` may be later than theirs.
    """
    _check_fraction(fraction)
    active = np.flatnonzero(np.diff(interactions.indptr))
    n_held = round(fraction * len(active))
    if not 0 < n_held < len(active):
        raise DataError(
            f"{fraction} of {len(active)} users are {n_held}; choose one that leaves some on both sides"
        )
    held = np.zeros(interactions.n_users, bool)
    held[np.random.default_rng(random_state).permutation(active)[:n_held]] = True
    mask = held[interactions.user_index]
    return interactions.take(~mask), interactions.take(mask)


def random_folds(interactions: Interactions, *, n_folds: int, random_state: int = 0) -> NDArray[np.int8]:
    """Fold of each row as ``int8[n]``: each user's rows are shuffled and dealt out from a random fold on.

    So no two folds differ by more than one row of the same user.

    Leaks: for cross-fitting only. Rows of other folds may be later than a row of this one; what is learned
    from them has not seen this row, but it has seen its future.
    """
    if not 2 <= n_folds <= _MOST_FOLDS:
        raise SettingsError(f"n_folds is {n_folds}; give a number from 2 to {_MOST_FOLDS}")
    generator = np.random.default_rng(random_state)
    start = generator.integers(n_folds, size=interactions.n_users)
    shuffled = np.lexsort((generator.random(len(interactions)), interactions.user_index))
    dealt = np.arange(len(interactions)) - interactions.indptr[interactions.user_index]
    fold = np.empty(len(interactions), np.int8)
    fold[shuffled] = (dealt + start[interactions.user_index]) % n_folds
    return fold


def _check_ordered(interactions: Interactions) -> None:
    if interactions.order is Order.NONE:
        raise DataError(
            "the log has no timestamps, so no row of a user is the last; add a timestamp column, "
            'read it with order="file" if its rows are in order, or use random_folds'
        )


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise SettingsError(f"fraction is {fraction}; give a number between 0 and 1")


def _time_of_fraction(timestamp: NDArray[np.float64], fraction: float) -> float:
    _check_fraction(fraction)
    place = min(int(np.ceil(fraction * len(timestamp))), len(timestamp) - 1)
    return float(np.partition(timestamp, place)[place])
