"""Splits hold out what they promise and put nothing on the wrong side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.interactions import Interactions, Order, build_interactions
from samplew_gbm.data.sources import read_log
from samplew_gbm.data.splitting import leave_last_out, random_folds, split_by_time, split_users
from samplew_gbm.errors import DataError, SettingsError

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 6)), min_size=2, max_size=60)
ROWS = ROWS.filter(lambda rows: len({row[0] for row in rows}) > 1 and len({row[1] for row in rows}) > 1)


def log_of(rows: list[tuple[int, int, int]], order: Order = Order.CLOCK) -> Interactions:
    users, items, times = zip(*rows, strict=True)
    return build_interactions(read_log({"user_id": users, "item_id": items, "timestamp": times}), order=order)


def check_partition(whole: Interactions, *parts: Interactions) -> None:
    """Every row is in exactly one part, and indices mean the same in all."""
    assert sorted(np.concatenate([part.row for part in parts]).tolist()) == sorted(whole.row.tolist())
    assert all(part.users is whole.users and part.items is whole.items for part in parts)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 3), st.sampled_from([Order.CLOCK, Order.FILE]))
def test_leave_last_out_takes_the_last_rows_of_each_user(
    rows: list[tuple[int, int, int]], n: int, order: Order
) -> None:
    log = log_of(rows, order)
    rest, last = leave_last_out(log, n=n)
    check_partition(log, rest, last)
    expected = []
    for user in {row[0] for row in rows}:
        own = [at for at, row in enumerate(rows) if row[0] == user]
        own.sort(key=lambda at: (rows[at][2] if order is Order.CLOCK else 0, at))
        expected += own[-n:] if len(own) > n else []
    assert sorted(last.row.tolist()) == sorted(expected)


def test_of_equal_times_the_last_in_the_file_is_the_last() -> None:
    _, last = leave_last_out(log_of([(0, 3, 7), (0, 1, 7), (0, 2, 7), (1, 1, 1)]))
    assert last.row.tolist() == [2]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.floats(0.05, 0.95))
def test_split_by_time_puts_nothing_earlier_after_the_cut(
    rows: list[tuple[int, int, int]], fraction: float
) -> None:
    log = log_of(rows)
    try:
        before, after = split_by_time(log, fraction=fraction)
    except DataError:
        times = sorted(row[2] for row in rows)
        assert times[min(int(np.ceil(fraction * len(rows))), len(rows) - 1)] == times[0]
        return
    check_partition(log, before, after)
    assert before.timestamp is not None
    assert after.timestamp is not None
    assert before.timestamp.max() < after.timestamp.min()
    assert len(before) <= np.ceil(fraction * len(rows))


def test_split_by_time_at_a_given_second() -> None:
    before, after = split_by_time(log_of([(0, 0, 1), (1, 1, 2), (0, 1, 3)]), cut=2)
    assert before.row.tolist() == [0]
    assert sorted(after.row.tolist()) == [1, 2]


def test_split_by_time_of_distinct_times_takes_the_exact_fraction() -> None:
    log = log_of([(at % 3, at % 5, at) for at in range(100)])
    before, _ = split_by_time(log, fraction=0.8)
    assert len(before) == 80


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 9))
def test_split_users_keeps_each_user_whole(rows: list[tuple[int, int, int]], seed: int) -> None:
    log = log_of(rows)
    if round(0.5 * log.n_users) in (0, log.n_users):
        return
    rest, held = split_users(log, fraction=0.5, random_state=seed)
    check_partition(log, rest, held)
    assert not set(rest.user_index) & set(held.user_index)
    assert len(set(held.user_index)) == round(0.5 * log.n_users)
    again = split_users(log, fraction=0.5, random_state=seed)[1]
    assert again.row.tolist() == held.row.tolist()


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(2, 5), st.integers(0, 9))
def test_folds_are_spread_evenly_within_each_user(
    rows: list[tuple[int, int, int]], n_folds: int, seed: int
) -> None:
    log = log_of(rows)
    fold = random_folds(log, n_folds=n_folds, random_state=seed)
    assert fold.dtype == np.int8
    assert fold.shape == (len(log),)
    for user in range(log.n_users):
        sizes = np.bincount(fold[log.user_index == user], minlength=n_folds)
        assert len(sizes) == n_folds
        assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(fold, random_folds(log, n_folds=n_folds, random_state=seed))


def test_folds_are_balanced_over_the_log_and_independent_of_time() -> None:
    rng = np.random.default_rng(0)
    rows = [(int(user), int(user) % 7, at) for at, user in enumerate(rng.integers(0, 4000, 20000))]
    log = log_of(rows)
    fold = random_folds(log, n_folds=4, random_state=3)
    assert np.abs(np.bincount(fold) / len(log) - 0.25).max() < 0.01
    first = fold[log.indptr[:-1]]
    assert np.abs(np.bincount(first) / len(first) - 0.25).max() < 0.03
    assert (fold != random_folds(log, n_folds=4, random_state=4)).mean() > 0.5


def test_a_log_that_cannot_be_split_says_so() -> None:
    rows = [(0, 0, 5), (1, 1, 5)]
    with pytest.raises(DataError, match="no timestamps, so no row of a user is the last"):
        leave_last_out(log_of(rows, Order.NONE))
    with pytest.raises(DataError, match="no timestamps to split by"):
        split_by_time(log_of(rows, Order.FILE), fraction=0.5)
    with pytest.raises(DataError, match="no rows are before the cut"):
        split_by_time(log_of(rows), fraction=0.5)
    with pytest.raises(DataError, match="no rows are after the cut"):
        split_by_time(log_of(rows), cut=6)
    with pytest.raises(DataError, match="leaves some on both sides"):
        split_users(log_of(rows), fraction=0.1)


def test_impossible_options_are_refused() -> None:
    log = log_of([(0, 0, 5), (1, 1, 6)])
    for call in (
        lambda: leave_last_out(log, n=0),
        lambda: split_by_time(log),
        lambda: split_by_time(log, cut=1, fraction=0.5),
        lambda: split_by_time(log, fraction=0.0),
        lambda: split_users(log, fraction=1.5),
        lambda: random_folds(log, n_folds=1),
        lambda: random_folds(log, n_folds=128),
    ):
        with pytest.raises(SettingsError):
            call()
