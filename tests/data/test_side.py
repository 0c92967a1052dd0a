"""What is known beside a log: vectors and numbers join it by id, and stay with their items and users."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.describing import describe_items, describe_users
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
from samplew_gbm.data.side import places_of, unit_rows
from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.errors import DataError, SchemaError, SettingsError

LOG = pa.table({"user_id": ["u", "u", "v", "w"], "item_id": ["b", "d", "d", "b"]})
VECTORS = {"a": [3.0, 4.0], "d": [0.0, 2.0], "b": [0.0, 0.0]}


def log():
    return build_interactions(LOG)


def joined():
    return join_item_vectors(log(), {"text": read_vectors(VECTORS)})


def test_vectors_bring_items_that_the_log_lacks_and_keep_directions_only():
    found = joined()
    assert found.items.ids.to_pylist() == ["a", "b", "d"]
    assert found.items.decode(found.item_index).to_pylist() == ["b", "d", "d", "b"]
    (text,) = found.side.item_vectors
    np.testing.assert_allclose(text.unit, [[0.6, 0.8], [0, 0], [0, 1]], rtol=1e-6)
    assert text.known.tolist() == [True, False, True]


def test_what_was_known_stays_with_its_items_when_others_join():
    table = pa.table({"item_id": ["b", "d", "e"], "kind": ["x", "x", "y"], "price": [1.5, 2.5, 9.0]})
    first = describe_items(joined(), table)
    second = join_item_vectors(
        describe_items(log(), table),
        {"text": read_vectors(VECTORS), "more": read_vectors({"c": [1.0], "b": [1.0]})},
    )
    assert first.items.ids.to_pylist() == ["a", "b", "d", "e"]
    assert second.items.ids.to_pylist() == ["a", "b", "c", "d", "e"]
    for found, rows in ((first, [0, 1, 2, 3]), (second, [0, 1, 3, 4])):
        np.testing.assert_allclose(
            found.side.item_vectors[0].unit[rows], [[0.6, 0.8], [0, 0], [0, 1], [0, 0]], rtol=1e-6
        )
        np.testing.assert_array_equal(found.side.item_numbers.values[rows, 0], [np.nan, 1.5, 2.5, 9.0])
        sizes = np.diff(found.content.indptr)[rows]
        assert (sizes > 0).tolist() == [False, True, True, False]


def test_taking_and_compacting_keeps_side_tables_beside_their_ids():
    users = pa.table({"user_id": ["v", "u"], "age": [30, 40]})
    described = describe_users(joined(), users)
    assert described.take(np.array([0])).side is described.side
    compact = described.take(np.array([2])).compact()
    assert (compact.users.ids.to_pylist(), compact.items.ids.to_pylist()) == (["v"], ["d"])
    np.testing.assert_array_equal(compact.side.item_vectors[0].unit, [[0, 1]])
    np.testing.assert_array_equal(compact.side.user_numbers.values, [[30]])


def test_user_vectors_lie_in_the_space_of_items():
    found = join_user_vectors(joined(), {"text": read_vectors({"u": [0.0, 5.0], "stranger": [1.0, 1.0]})})
    np.testing.assert_array_equal(found.side.user_vectors[0].unit, [[0, 1], [0, 0], [0, 0]])
    for name, width in (("image", 2), ("text", 3)):
        with pytest.raises(SettingsError, match=rf"'{name}' of width {width} needs .* there are: text \(2\)"):
            join_user_vectors(joined(), {name: read_vectors({"u": np.ones(width)})})


@pytest.mark.parametrize(
    ("name", "vectors", "fault", "match"),
    [
        ("text", {1: [1.0]}, SchemaError, "item ids are numbers, but text in the log"),
        ("text", {"q": [1.0]}, DataError, "no item of the log has a vector"),
        ("text", {"b": [0.0]}, DataError, "no item of the log has a vector"),
        ("a b", {"b": [1.0]}, SettingsError, "'a b' is no name"),
        ("taken", {"b": [1.0]}, SettingsError, "two tables are called 'taken'"),
    ],
)
def test_vectors_that_cannot_be_joined_are_refused(name, vectors, fault, match):
    known = join_item_vectors(log(), {"taken": read_vectors({"b": [1.0]})})
    with pytest.raises(fault, match=match):
        join_item_vectors(known, {name: read_vectors(vectors)})


def test_a_column_of_lists_of_decimals_is_vectors():
    table = pa.table({"item_id": ["b", "d", "e"], "clip": [[1.0, 0.0], None, [0.0, 0.5]]})
    found = describe_items(log(), table)
    assert found.content is None
    (clip,) = found.side.item_vectors
    assert clip.name == "clip"
    np.testing.assert_array_equal(clip.unit, [[1, 0], [0, 0], [0, 1]])
    doubled = pa.table({"item_id": ["b", "b"], "clip": [[1.0], [2.0]]})
    with pytest.raises(DataError, match="id 'b' stands in rows 1 and 2"):
        describe_items(log(), doubled)


def test_prices_dates_and_many_whole_numbers_are_quantities_and_few_are_names():
    n = 202
    items = [f"i{item}" for item in range(n)]
    table = pa.table(
        {
            "item_id": items,
            "price": np.arange(n) / 2,
            "since": [datetime.date(1970, 1, 1) + datetime.timedelta(day) for day in range(n)],
            "cents": np.arange(n) // 2,
            "grade": np.arange(n) // 3,
            "kind": ["x", "y"] * (n // 2),
        }
    )
    found = describe_items(build_interactions(pa.table({"user_id": items, "item_id": items})), table)
    numbers = found.side.item_numbers
    assert numbers.names == ("price", "since", "cents")
    row = found.items.ids.to_pylist().index("i30")
    assert numbers.values[row].tolist() == [15.0, 30.0, 15.0]


def test_several_rows_of_an_item_are_averaged():
    table = pa.table({"item_id": ["b", "b", "d"], "price": [1.0, 2.0, None], "kind": ["x", "x", "x"]})
    np.testing.assert_array_equal(describe_items(log(), table).side.item_numbers.values, [[1.5], [np.nan]])


def test_users_are_numbers_and_places_by_frequency():
    table = pa.table(
        {
            "user_id": ["w", "u", "v", "stranger"],
            "age": [20, None, 40, 1],
            "town": ["rare", "often", "often", "rare"],
            "active": [True, False, None, True],
            "the age": [0.5, 1.5, 2.5, 0.0],
        }
    )
    found = describe_users(log(), table).side.user_numbers
    assert found.names == ("age", "town", "active", "the_age")
    expected = [[np.nan, 0, 0, 1.5], [40, 0, np.nan, 2.5], [20, 1, 1, 0.5]]
    np.testing.assert_array_equal(found.values, expected)


@pytest.mark.parametrize(
    ("columns", "fault", "match"),
    [
        ({}, SchemaError, "no column beside"),
        ({"tags": [["x"], ["y"]]}, SchemaError, "column 'tags' is of type"),
        ({"x": [1.0, np.inf]}, DataError, r"column 'x' has infinite values, or such beyond 3e\+38, in row 2"),
        ({"x": [1e39, 1.0]}, DataError, r"column 'x' has infinite values, .* in row 1"),
        ({"a b": [1, 2], "a_b": [1, 2]}, SchemaError, "two columns are called like 'a_b'"),
    ],
)
def test_users_that_cannot_be_described_are_refused(columns, fault, match):
    with pytest.raises(fault, match=match):
        describe_users(log(), pa.table({"user_id": ["u", "v"], **columns}))
    with pytest.raises(DataError, match="no user of the log is described"):
        describe_users(log(), pa.table({"user_id": ["q"], "age": [1]}))


def test_places_are_shares_of_the_others_and_equal_values_share_theirs():
    found = places_of(np.array([5.0, 1.0, np.nan, 1.0, 9.0], np.float32))
    np.testing.assert_allclose(found, [2 / 3, 1 / 6, np.nan, 1 / 6, 1], rtol=1e-6)
    np.testing.assert_array_equal(places_of(np.array([3.0], np.float32)), [0])


def test_unit_rows_have_length_one_whatever_their_scale():
    found = unit_rows(np.array([[3e30, 4e30], [3e-30, 4e-30], [0, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-6)
