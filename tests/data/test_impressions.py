"""What a log says of displays: read and checked, and the lists, positions and rows that come of it."""

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import align_interactions, build_interactions
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import DataError, SchemaError, SettingsError

LABELLED = ColumnNames(query_id="query_id", position="position", label="label")
EVENTS = ColumnNames(query_id="query_id", position="position", impression_event="impression")
ROWS = [  # query, user, item, time, position, label
    ("q1", "u", "a", 1.0, 1, 0),
    ("q1", "u", "b", 1.0, 2, 1),
    ("q1", "u", "c", 1.0, 3, 0),
    (None, "u", "d", 2.0, None, 1),
    ("q2", "v", "c", 3.0, 1, 0),
    ("q2", "v", "a", 3.0, 2, 0),
    ("q3", "v", "b", 4.0, 1, 1),
    (None, "v", "a", 5.0, None, 1),
]


def columns(rows=ROWS, **changed):
    names = ("query_id", "user_id", "item_id", "timestamp", "position", "label")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) | changed


def log_of(given, names=LABELLED):
    return build_interactions(read_log(given, columns=names))


def lists_of(log):
    lists = log.impressions.lists
    items = [log.items.decode(lists.slice(i, i + 1).items).to_pylist() for i in range(len(lists))]
    places = np.split(log.impressions.position, lists.indptr[1:-1])
    return [dict(zip(*pair, strict=True)) for pair in zip(items, map(np.ndarray.tolist, places), strict=True)]


def test_what_was_only_shown_is_no_interaction_but_a_list():
    log = log_of(columns())
    assert log.items.decode(log.item_index).to_pylist() == ["b", "d", "b", "a"]
    assert log.items.ids.to_pylist() == ["a", "b", "c", "d"]
    assert log.row.tolist() == [1, 3, 6, 7]
    assert log.query.tolist() == [0, -1, 2, -1]
    assert log.position.tolist() == [2, 0, 1, 0]
    # q3 shows nothing beside what was taken, so nothing was logged as only shown: it has no list.
    assert lists_of(log) == [{"a": 1, "b": 2, "c": 3}, {"a": 2, "c": 1}, {}]
    assert log.impressions.taken.tolist() == [False, True, False, False, False]


def test_lists_keep_their_items_when_others_join_the_catalogue():
    table = pa.table({"item_id": ["0", "a", "bb", "d", "z"], "price": [1.0, 2.0, 3.0, 4.0, 5.0]})
    log = log_of(columns())
    described = describe_items(log, table)
    assert described.items.ids.to_pylist() == ["0", "a", "b", "bb", "c", "d", "z"]
    assert lists_of(described) == lists_of(log)
    assert described.impressions.taken.tolist() == log.impressions.taken.tolist()


def test_events_say_the_same_and_a_click_finds_its_position_in_the_list():
    events = [
        *(("q1", "u", item, 1.0, place, "impression") for place, item in enumerate("abc", 1)),
        ("q1", "u", "b", 2.0, None, "click"),
        ("q1", "u", "z", 2.5, None, "click"),  # taken, but from nowhere in the list
        (None, "v", "a", 3.0, None, "click"),
    ]
    given = columns(events)
    given["event"] = given.pop("label")
    log = log_of(given, EVENTS)
    assert log.items.decode(log.item_index).to_pylist() == ["b", "z", "a"]
    assert log.position.tolist() == [2, 0, 0]
    assert lists_of(log) == [{"a": 1, "b": 2, "c": 3}]


def test_an_item_shown_twice_has_its_best_place():
    rows = [*ROWS, ("q1", "u", "c", 1.0, 2, 0), ("q1", "u", "c", 1.0, 9, 0)]
    assert lists_of(log_of(columns(rows)))[0] == {"a": 1, "b": 2, "c": 2}


def test_without_a_name_such_columns_mean_nothing():
    assert set(read_log(columns()).column_names) == {"user_id", "item_id", "timestamp"}
    log = build_interactions(read_log(columns()))
    assert len(log) == len(ROWS)
    assert log.query is log.position is log.impressions is None


def test_positions_alone_need_no_query():
    named = ColumnNames(position="position")
    log = build_interactions(read_log(columns(), columns=named))
    assert log.query is log.impressions is None
    assert log.position.tolist() == [1, 2, 3, 0, 1, 2, 1, 0]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "position",
            [0, 1, 2, None, 0, 1, 0, None],
            "'position' is 0 in rows 1, 5 and 7; positions count from 1",
        ),
        (
            "position",
            [1, 2, 3, None, None, 2, 1, None],
            "'position' is missing where .* in row 5; fill it in",
        ),
        ("position", [1.5, 2, 3, None, 1, 2, 1, None], "'position' is no whole number from 1 on in row 1"),
        ("position", [1, -2, 3, None, 1, 2, 1, None], "'position' is no whole number from 1 on in row 2"),
        ("label", [0, 2, 0, 1, 0, 0, 1, 1], "'label' is neither 0 nor 1 in row 2"),
        ("label", [0, None, 0, 1, 0, 0, 1, 1], "'label' is neither 0 nor 1 in row 2"),
        ("query_id", ["q1", "q1", None, None, "q2", "q2", "q3", None], "'query_id' is missing .* in row 3"),
    ],
)
def test_bad_rows_are_named(name, values, message):
    with pytest.raises(DataError, match=message):
        read_log(columns(**{name: values}), columns=LABELLED)


def test_a_query_of_two_users_is_refused():
    given = columns(user_id=["u", "u", "v", "u", "v", "v", "v", "v"])
    with pytest.raises(DataError, match="query 'q1' has rows of more than one user, as row 3"):
        log_of(given)


def test_what_cannot_be_meant_is_refused():
    both = ColumnNames(label="label", impression_event="impression")
    with pytest.raises(SettingsError, match="give one of them"):
        read_log(columns(), columns=both)
    with pytest.raises(SchemaError, match="no column 'shown'"):
        read_log(columns(), columns=ColumnNames(label="shown"))
    with pytest.raises(SettingsError, match="no event is 'impression'"):
        read_log(columns() | {"event": ["click"] * 8}, columns=EVENTS)
    with pytest.raises(DataError, match="beside what was only shown: holds no rows"):
        log_of(columns(label=[0] * 8), ColumnNames(label="label"))


def test_labels_may_be_true_and_false_and_ids_numbers():
    given = columns(label=[row[-1] == 1 for row in ROWS], query_id=[1, 1, 1, None, 2, 2, 3, None])
    assert lists_of(log_of(given)) == lists_of(log_of(columns()))


def test_an_empty_query_in_a_csv_is_none(tmp_path):
    path = tmp_path / "log.csv"
    lines = ["query_id,user_id,item_id,timestamp,position,label"]
    lines += [",".join("" if value is None else str(value) for value in row) for row in ROWS]
    path.write_text("\n".join(lines) + "\n")
    assert lists_of(log_of(path)) == lists_of(log_of(columns()))


def test_a_later_log_is_read_without_what_was_only_shown():
    table = read_log(columns(), columns=LABELLED)
    items = build_interactions(table).items
    later = align_interactions(table, items=items)
    assert later.interactions.row.tolist() == [1, 3, 6, 7]
    assert later.n_unknown_items == 0


def test_cleaning_keeps_rows_of_different_queries_and_what_was_shown():
    rows = [*ROWS, ("q4", "u", "b", 1.0, 1, 1), ("q4", "u", "b", 1.0, 1, 1), ("q4", "u", "a", 1.0, 2, 0)]
    cleaned, report = clean(log_of(columns(rows)))
    assert report.n_duplicates == 1
    assert cleaned.query.tolist() == [0, 3, -1, 2, -1]
    assert lists_of(cleaned)[0] == {"a": 1, "b": 2, "c": 3}


def test_an_item_whose_row_was_dropped_does_not_pass_for_not_taken():
    log = log_of(columns())
    without = log.take(log.row != 1).compact()
    lists = without.impressions.known(without.query, without.item_index, without.n_items)
    assert without.items.decode(lists.slice(0, 1).items).to_pylist() == ["a", "c"]


def test_types_of_the_table():
    table = read_log(columns(), columns=LABELLED)
    assert table["query_id"].type == pa.string()
    assert table["position"].type == table["label"].type == pa.float64()
