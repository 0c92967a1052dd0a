"""Two logs as one: rows in place, repeats left out, nothing of the earlier one lost."""

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.appending import append_interactions
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.errors import DataError
from tests.pipeline.tiny_logs import described, log_table, random_table

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


def built(table, order=Order.CLOCK):
    return build_interactions(table, order=order)


def rows_of(log):
    time = np.zeros(len(log)) if log.timestamp is None else log.timestamp
    users, items = (vocabulary.decode(index).to_pylist() for vocabulary, index in _parts(log))
    return list(zip(users, items, time.tolist(), strict=True))


def _parts(log):
    return ((log.users, log.user_index), (log.items, log.item_index))


@ORDERS
def test_both_parts_of_a_log_make_the_log(order):
    table = random_table(n_rows=200)
    if order is Order.NONE:  # a set: no pair twice
        table = table.group_by(["user_id", "item_id"], use_threads=False).aggregate([("timestamp", "min")])
        table = table.rename_columns(["user_id", "item_id", "timestamp"])
    half = table.num_rows // 2
    appended = append_interactions(built(table.slice(0, half), order), built(table.slice(half), order))
    whole = built(table, order)
    assert rows_of(appended.interactions) == rows_of(whole)
    assert (appended.is_new == (whole.row >= half)).all()
    assert appended.n_repeated == 0


def test_rows_that_are_known_come_once():
    table = random_table(n_rows=120).group_by(["user_id", "item_id", "timestamp"], use_threads=False)
    log = built(table.aggregate([]))
    appended = append_interactions(log, log)
    assert rows_of(appended.interactions) == rows_of(log)
    assert not appended.is_new.any()
    assert appended.n_repeated == len(log)


def test_rows_in_the_order_of_a_file_are_never_repeats():
    log = built(random_table(n_rows=60), Order.FILE)
    assert len(append_interactions(log, log).interactions) == 120


def test_numbers_and_text_meet_as_text():
    old, new = (
        built(log_table([2, 10, 2], [1, 2, 3], [0, 0, 1])),
        built(log_table(["2", "x"], ["y", "3"], [5, 5])),
    )
    joined = append_interactions(old, new).interactions
    assert joined.users.ids.to_pylist() == ["10", "2", "x"]
    assert [row[:2] for row in rows_of(joined)] == [
        ("10", "2"),
        ("2", "1"),
        ("2", "3"),
        ("2", "y"),
        ("x", "3"),
    ]
    assert (np.diff(joined.user_index) >= 0).all()


def test_earlier_rows_have_no_event_no_value_and_a_mean_weight():
    old = built(log_table([0, 1], [0, 1], [0, 0]))
    late = log_table([0, 1], [1, 0], [1, 1])
    for name, values in (("event", ["buy", None]), ("value", [2.0, 3.0]), ("weight", [1.0, 3.0])):
        late = late.append_column(name, pa.array(values))
    joined = append_interactions(old, built(late)).interactions
    assert joined.event.to_pylist() == [None, "buy", None, None]
    np.testing.assert_array_equal(joined.value, [np.nan, 2, np.nan, 3])
    np.testing.assert_array_equal(joined.weight, [2, 1, 2, 3])


@pytest.mark.parametrize("name", [int, str])
def test_queries_and_what_they_showed_come_along(name):
    old = built(log_table([0, 1], [2, 10], [0, 0]))
    late = log_table([0, 0, 0, 1], [10, 2, 3, 2], [1, 1, 1, 2], name)
    for column, values in (
        ("query_id", [7, 7, 7, None]),
        ("label", [1, 0, 0, 1]),
        ("position", [3, 1, 2, None]),
    ):
        late = late.append_column(column, pa.array(values))
    joined = append_interactions(old, built(late)).interactions
    assert joined.query.tolist() == [-1, 0, -1, -1]
    assert joined.position.tolist() == [0, 3, 0, 0]
    shown = joined.impressions
    assert (np.diff(shown.lists.items) > 0).all()
    places = dict(
        zip(joined.items.decode(shown.lists.items).to_pylist(), shown.position.tolist(), strict=True)
    )
    assert places == {name(10): 3, name(2): 1, name(3): 2}


@pytest.mark.parametrize("name", [int, str])  # text sorts otherwise than the numbers
def test_what_is_said_of_items_stays_and_new_ones_have_none(name):
    old = describe_items(built(random_table(n_rows=120)), described(25))
    joined = append_interactions(old, built(log_table([0, 1], [-3, 7], [900, 900], name))).interactions
    place = joined.items.encode(old.items.ids)
    again = joined.content.take(place.astype(np.int64))
    for part in ("indptr", "tokens", "weight"):
        np.testing.assert_array_equal(getattr(again, part), getattr(old.content, part))
    new = joined.items.index_of(-3)
    assert joined.content.indptr[new] == joined.content.indptr[new + 1]


def test_logs_of_two_orders_are_refused():
    table = random_table(n_rows=60)
    with pytest.raises(DataError, match="ordered by time, the later one is by nothing"):
        append_interactions(built(table), built(table, Order.NONE))
