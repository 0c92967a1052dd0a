"""Encoded logs: canonical order, histories, subsets and later logs."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.interactions import (
    Interactions,
    Order,
    align_interactions,
    build_interactions,
    order_of,
)
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import DataError, SchemaError
from tests.data.logs import assert_same, small_table

ROW = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3))
ROWS = st.lists(ROW, min_size=2, max_size=40).filter(
    lambda rows: len({row[0] for row in rows}) > 1 and len({row[1] for row in rows}) > 1
)


def table_of(rows: list[tuple[int, int, int]], *, times: bool = True) -> pa.Table:
    users, items, when = zip(*rows, strict=True)
    columns = {"user_id": users, "item_id": [f"i{item}" for item in items]}
    return read_log({**columns, "timestamp": when} if times else columns)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.booleans())
def test_canonical_order_is_user_then_time_then_file(rows: list[tuple[int, int, int]], times: bool) -> None:
    log = build_interactions(table_of(rows, times=times))
    expected = sorted(range(len(rows)), key=lambda at: (rows[at][0], rows[at][2] if times else 0, at))
    assert log.row.tolist() == expected
    assert log.order is (Order.CLOCK if times else Order.NONE)
    assert log.users.decode(log.user_index).to_pylist() == [rows[at][0] for at in expected]
    assert log.items.decode(log.item_index).to_pylist() == [f"i{rows[at][1]}" for at in expected]
    assert (log.timestamp is None) is not times
    for user in range(log.n_users):
        history = log.user_index[log.indptr[user] : log.indptr[user + 1]]
        assert (history == user).all()
        assert len(history) == np.count_nonzero(log.user_index == user)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter_when_times_differ(
    rows: list[tuple[int, int, int]], random: object
) -> None:
    rows = [(user, item, at) for at, (user, item, _) in enumerate(rows)]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = build_interactions(table_of(rows)), build_interactions(table_of(shuffled))
    place = {row: at for at, row in enumerate(shuffled)}
    assert [place[rows[at]] for at in one.row] == other.row.tolist()
    np.testing.assert_array_equal(one.user_index, other.user_index)
    np.testing.assert_array_equal(one.item_index, other.item_index)
    np.testing.assert_array_equal(one.timestamp, other.timestamp)


def test_dtypes_are_the_documented_ones() -> None:
    log = build_interactions(read_log(small_table()))
    assert (log.user_index.dtype, log.item_index.dtype) == (np.int32, np.int32)
    assert (log.row.dtype, log.indptr.dtype) == (np.int64, np.int64)
    assert log.timestamp is not None
    assert log.value is not None
    assert (log.timestamp.dtype, log.value.dtype) == (np.float64, np.float64)
    assert isinstance(log.event, pa.StringArray)
    assert all(
        getattr(log, name).flags.c_contiguous for name in ("user_index", "item_index", "row", "timestamp")
    )


def test_file_order_keeps_each_users_rows_as_they_came() -> None:
    log = build_interactions(table_of([(1, 0, 9), (0, 1, 5), (1, 1, 1)]), order=Order.FILE)
    assert log.row.tolist() == [1, 0, 2]
    assert log.timestamp is None


def test_a_clock_without_times_is_refused() -> None:
    table = table_of([(0, 0, 0), (1, 1, 1)], times=False)
    assert order_of(table) is Order.NONE
    with pytest.raises(SchemaError, match="no column 'timestamp'"):
        build_interactions(table, order=Order.CLOCK)


def test_take_by_mask_and_by_index_agree_and_stay_canonical() -> None:
    log = build_interactions(read_log(small_table()))
    mask = np.array([True, False, True, True])
    by_mask, by_index = log.take(mask), log.take(np.array([3, 0, 2]))
    assert_same(by_mask, by_index)
    assert by_mask.row.tolist() == log.row[mask].tolist()
    assert by_mask.users is log.users
    assert by_mask.indptr.tolist() == [0, 1, 2, 3]
    assert by_mask.event is not None
    assert by_mask.event.to_pylist() == ["view", "view", "cart"]
    assert len(log.take(np.zeros(4, bool))) == 0


def test_compact_forgets_users_and_items_without_rows() -> None:
    log = build_interactions(table_of([(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 1, 3)]))
    small = log.take(np.array([1, 3])).compact()
    assert small.users.ids.to_pylist() == [1, 3]
    assert small.items.ids.to_pylist() == ["i1"]
    assert small.user_index.tolist() == [0, 1]
    assert small.item_index.tolist() == [0, 0]
    assert small.row.tolist() == [1, 3]
    assert_same(small.compact(), small)


def known() -> Interactions:
    return build_interactions(table_of([(0, 0, 0), (1, 1, 1), (2, 2, 2)]))


def test_later_log_brings_its_own_users_and_leaves_out_unknown_items() -> None:
    later = table_of([(9, 7, 5), (2, 1, 6), (1, 2, 4), (2, 0, 3)])
    aligned = align_interactions(later, items=known().items)
    log = aligned.interactions
    assert (aligned.n_unknown_items, aligned.n_unknown_users) == (1, 0)
    assert log.users.ids.to_pylist() == [1, 2, 9]
    assert log.items is not None
    assert log.row.tolist() == [2, 3, 1]
    assert log.item_index.tolist() == [2, 0, 1]
    assert log.indptr.tolist() == [0, 1, 3, 3]


def test_later_log_in_known_users_counts_the_unknown_ones() -> None:
    later = table_of([(9, 1, 5), (2, 1, 6), (9, 7, 1)])
    aligned = align_interactions(later, items=known().items, users=known().users)
    assert (aligned.n_unknown_items, aligned.n_unknown_users) == (1, 2)
    assert aligned.interactions.row.tolist() == [1]
    assert aligned.interactions.user_index.tolist() == [2]
    nothing = align_interactions(table_of([(8, 8, 1), (9, 9, 2)]), items=known().items, users=known().users)
    assert len(nothing.interactions) == 0
    assert nothing.interactions.indptr.tolist() == [0, 0, 0, 0]


def test_a_log_aligned_to_itself_is_itself() -> None:
    table = read_log(small_table())
    log = build_interactions(table)
    assert_same(align_interactions(table, items=log.items, users=log.users).interactions, log)


def test_an_empty_table_is_refused() -> None:
    table = pa.table({"user_id": pa.array([], pa.string()), "item_id": pa.array([], pa.string())})
    with pytest.raises(DataError, match="holds no rows"):
        build_interactions(table)
