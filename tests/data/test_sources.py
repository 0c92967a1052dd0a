"""Every source of the same log gives the same table and the same interactions."""

import string
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.interactions import Order, build_interactions, order_of
from samplew_gbm.data.sources import read_log, read_pairs, read_users
from samplew_gbm.data.writing import write_table
from samplew_gbm.errors import DataError, SchemaError, SettingsError
from tests.data.logs import FILE_FORMS, FORMS, as_form, assert_same, small_table, write_json, write_lines

TRICKY = [
    "007",
    "1e5",
    "NaN",
    "null",
    "-0",
    "0x1F",
    "true",
    "2024-01-01",
    "a,b",
    'q"t',
    "line\nbreak",
    " pad ",
    "ü",
    "9" * 30,
]
IDS = st.one_of(
    st.lists(st.sampled_from(TRICKY), min_size=2, max_size=40),
    st.lists(
        st.text(string.printable + "äß字", min_size=1, max_size=4).map(lambda t: "x" + t),
        min_size=2,
        max_size=40,
    ),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=40),
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_interactions(form: str, tmp_path: Path) -> None:
    expected = build_interactions(read_log(small_table()))
    table = read_log(as_form(small_table(), form, tmp_path))
    assert table.column_names == ["user_id", "item_id", "timestamp", "event", "value"]
    assert_same(build_interactions(table), expected)
    assert expected.items.ids.to_pylist() == [-7, 5, 2**63 - 1]
    assert expected.row.tolist() == [1, 2, 0, 3]


@settings(max_examples=25, deadline=None)
@given(IDS, IDS, st.data())
def test_any_ids_round_trip_through_every_file(
    users: list[Any], items: list[Any], data: st.DataObject
) -> None:
    n = min(len(users), len(items))
    users, items = users[:n], items[:n]
    times = data.draw(st.lists(st.integers(0, 2**33), min_size=n, max_size=n))
    table = pa.table({"user_id": users, "item_id": items, "timestamp": times})
    with tempfile.TemporaryDirectory() as folder:
        for form in FILE_FORMS:
            again = read_log(as_form(table, form, Path(folder)))
            assert again["user_id"].to_pylist() == users, form
            assert again["item_id"].to_pylist() == items, form
            assert again["timestamp"].to_pylist() == times, form


@pytest.mark.parametrize("form", FILE_FORMS)
@pytest.mark.parametrize(
    "ids", [["007", "7"], ["1e5", "2"], ["NaN", "1"], ["1.0", "2"], ["+1", "2"], ["-0", "1"], ["9" * 20, "1"]]
)
def test_text_ids_never_become_numbers(form: str, ids: list[str], tmp_path: Path) -> None:
    table = read_log(as_form(pa.table({"user_id": ids, "item_id": ids}), form, tmp_path))
    assert table["user_id"].to_pylist() == ids
    assert table["item_id"].type == pa.string()


def test_csv_ids_that_are_all_integers_are_numbers(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.csv", "user_id,item_id", "12,-3", f"{2**63 - 1},0")
    table = read_log(path)
    assert table["user_id"].to_pylist() == [12, 2**63 - 1]
    assert table["item_id"].type == pa.int64()


def test_json_ids_beyond_int64_become_text(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "log.jsonl", {"user_id": 2**64, "item_id": 2**63}, {"user_id": 5, "item_id": 2**63 - 1}
    )
    table = read_log(path)
    assert table["user_id"].to_pylist() == [str(2**64), "5"]
    assert table["item_id"].to_pylist() == [str(2**63), str(2**63 - 1)]


def test_json_text_stays_text_even_when_it_looks_like_something_else(tmp_path: Path) -> None:
    rows = [{"user_id": "12", "item_id": "2024-01-01"}, {"user_id": "13", "item_id": "2024-01-02"}]
    table = read_log(write_json(tmp_path / "log.jsonl", *rows))
    assert table["user_id"].to_pylist() == ["12", "13"]
    assert table["item_id"].to_pylist() == ["2024-01-01", "2024-01-02"]


def test_json_blocks_of_any_size_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"user_id": user, "item_id": f"i{user % 3}", "event": "v" if user > 4 else None} for user in range(8)
    ]
    rows[6]["user_id"] = 2**70
    rows[7]["value"] = 2.5
    path = write_json(tmp_path / "log.jsonl", *rows)
    whole = read_log(path)
    for size in (1, 7, 64, 100):
        monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", size)
        again = read_log(path)
        assert again.drop(["value"]).equals(whole.drop(["value"]))
        np.testing.assert_array_equal(again["value"].to_numpy(), whole["value"].to_numpy())
    assert whole["user_id"].to_pylist() == [*(str(user) for user in range(6)), str(2**70), "7"]
    np.testing.assert_array_equal(whole["value"].to_numpy(), [np.nan] * 7 + [2.5])


def test_float_columns_of_whole_ids_are_taken_exactly() -> None:
    table = read_log(pd.DataFrame({"user_id": [1.0, 2.0**53], "item_id": np.array([3, 4], np.float32)}))
    assert table["user_id"].to_pylist() == [1, 2**53]
    assert table["user_id"].type == pa.int64()


def test_pandas_objects_categories_and_times() -> None:
    frame = pd.DataFrame(
        {
            "user_id": np.array([2**62 + 1, 5], dtype=object),
            "item_id": pd.Categorical(["b", "a"]),
            "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("Europe/Berlin"),
            "junk": [object(), object()],
        },
        index=[9, 9],
    )
    table = read_log(frame)
    assert table["user_id"].to_pylist() == [2**62 + 1, 5]
    assert table["item_id"].to_pylist() == ["b", "a"]
    assert table["timestamp"][0].as_py() == datetime(2023, 12, 31, 23, tzinfo=UTC).timestamp()


def test_polars_categories_and_datetimes() -> None:
    frame = pl.DataFrame(
        {"user_id": ["a", "b"], "item_id": [1, 2], "timestamp": [datetime(2024, 1, 1), datetime(2024, 1, 2)]}
    )
    table = read_log(
        frame.with_columns(pl.col("user_id").cast(pl.Categorical), pl.col("item_id").cast(pl.UInt64))
    )
    assert table["user_id"].to_pylist() == ["a", "b"]
    assert table["item_id"].type == pa.int64()
    assert table["timestamp"][0].as_py() == datetime(2024, 1, 1, tzinfo=UTC).timestamp()


def test_dict_of_mixed_containers() -> None:
    source = {
        "user_id": ("a", "b"),
        "item_id": np.array(["x", "y"]),
        "timestamp": pl.Series([1, 2]),
        "event": pd.Series(["v", None]),
    }
    table = read_log(source)
    assert table["item_id"].to_pylist() == ["x", "y"]
    assert table["timestamp"].to_pylist() == [1.0, 2.0]
    assert table["event"].to_pylist() == ["v", None]


def test_mapped_columns_and_columns_left_out(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "log.csv", "who,what,when,user_id,how much", "a,x,5,ignored,1.5", "b,y,6,ignored,"
    )
    names = ColumnNames(user_id="who", item_id="what", timestamp="when", value="how much")
    table = read_log(path, columns=names)
    assert table.column_names == ["user_id", "item_id", "timestamp", "value"]
    assert table["user_id"].to_pylist() == ["a", "b"]
    np.testing.assert_array_equal(table["value"].to_numpy(), [1.5, np.nan])


def test_a_weight_is_read_where_one_is_named_and_goes_with_its_row(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "log.csv", "user_id,item_id,weight,trust", "b,x,9,0.5", "a,y,9,2", "a,x,9,1"
    )
    assert "weight" not in read_log(path).column_names
    assert build_interactions(read_log(path)).weight is None
    table = read_log(path, columns=ColumnNames(weight="trust"))
    assert table["weight"].to_pylist() == [0.5, 2, 1]
    log = build_interactions(table)
    assert log.weight is not None
    assert log.weight.tolist() == [2, 1, 0.5]
    assert log.take(np.array([2])).weight.tolist() == [0.5]  # type: ignore[union-attr]
    same = read_log(path, columns=ColumnNames(weight="weight"))
    assert same["weight"].to_pylist() == [9, 9, 9]


def test_order_follows_the_timestamp_column_and_the_option(tmp_path: Path) -> None:
    with_times, without = small_table(), small_table().drop(["timestamp"])
    assert order_of(read_log(with_times)) is Order.CLOCK
    assert order_of(read_log(without)) is Order.NONE
    table = read_log(with_times, order="file")
    assert "timestamp" not in table.column_names
    ordered = build_interactions(table, order=order_of(table, "file"))
    assert ordered.order is Order.FILE
    assert ordered.row.tolist() == [1, 0, 2, 3]
    with pytest.raises(SettingsError, match="'sideways'"):
        read_log(with_times, order="sideways")  # type: ignore[arg-type]


def test_folder_reads_its_files_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write_table(
            pa.table({"user_id": [f"u{number}"], "item_id": [number]}), tmp_path / f"part-{number}.parquet"
        )
    write_lines(tmp_path / "_SUCCESS")
    write_lines(tmp_path / ".part-1.crc")
    write_lines(tmp_path / "notes.md", "not data")
    assert read_log(tmp_path)["item_id"].to_pylist() == [1, 2, 10]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl", ".parquet"])
def test_partition_folders_become_columns(suffix: str, tmp_path: Path) -> None:
    for day, event in (("2024-01-01", "view"), ("2024-01-02", "cart")):
        folder = tmp_path / f"timestamp={day}" / f"event={event}"
        folder.mkdir(parents=True)
        write_table(pa.table({"user_id": [1, 2], "item_id": ["a", "b"]}), folder / f"data{suffix}")
    table = read_log(tmp_path)
    assert table["event"].to_pylist() == ["view", "view", "cart", "cart"]
    assert np.diff(table["timestamp"].to_numpy()).tolist() == [0, 86400, 0]
    assert table["user_id"].to_pylist() == [1, 2, 1, 2]


def test_partition_column_of_ids_becomes_numbers_and_nothing_stays_missing(tmp_path: Path) -> None:
    for user in ("7", "12"):
        (tmp_path / f"user_id={user}").mkdir()
        write_table(pa.table({"item_id": ["a"]}), tmp_path / f"user_id={user}" / "x.parquet")
    assert read_log(tmp_path)["user_id"].to_pylist() == [7, 12]
    (tmp_path / "user_id=__HIVE_DEFAULT_PARTITION__").mkdir()
    write_table(pa.table({"item_id": ["a"]}), tmp_path / "user_id=__HIVE_DEFAULT_PARTITION__" / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet: column 'user_id' has no id in row 1"):
        read_log(tmp_path)


def test_folder_settles_id_types_over_all_its_files(tmp_path: Path) -> None:
    write_lines(tmp_path / "1.csv", "user_id,item_id", "1,5", "2,6")
    write_lines(tmp_path / "2.csv", "user_id,item_id,event", "3,007,view")
    table = read_log(tmp_path)
    assert table["user_id"].to_pylist() == [1, 2, 3]
    assert table["item_id"].to_pylist() == ["5", "6", "007"]
    assert table["event"].to_pylist() == [None, None, "view"]


def test_folder_of_parquet_promotes_integers_and_refuses_text_beside_them(tmp_path: Path) -> None:
    write_table(pa.table({"user_id": pa.array([1], pa.int8()), "item_id": [1]}), tmp_path / "1.parquet")
    write_table(pa.table({"user_id": pa.array([2**63], pa.uint64()), "item_id": [1]}), tmp_path / "2.parquet")
    assert read_log(tmp_path)["user_id"].to_pylist() == ["1", str(2**63)]
    write_table(pa.table({"user_id": ["1"], "item_id": [1]}), tmp_path / "3.parquet")
    with pytest.raises(
        SchemaError, match=r"3\.parquet: column 'user_id' holds text, but numbers in .*1\.parquet"
    ):
        read_log(tmp_path)


def test_parquet_columns_with_dots_and_nested_neighbours(tmp_path: Path) -> None:
    table = pa.table({"user.id": [1, 2], "user": [{"id": 5}, {"id": 6}], "item_id": ["a", "b"]})
    pq.write_table(table, tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet", columns=ColumnNames(user_id="user.id"))[
        "user_id"
    ].to_pylist() == [1, 2]


def test_pairs_keep_every_other_column(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "p.csv", "query_id,uid,item_id,zip,price,note", "q1,1,a,007,1.50,", "q1,2,b,010,2,x"
    )
    table = read_pairs(path, columns=ColumnNames(user_id="uid"))
    assert table.to_pydict() == {
        "user_id": [1, 2],
        "item_id": ["a", "b"],
        "query_id": ["q1", "q1"],
        "zip": ["007", "010"],
        "price": [1.5, 2.0],
        "note": [None, "x"],
    }


@pytest.mark.parametrize("form", FORMS)
def test_pairs_of_every_form_keep_their_columns(form: str, tmp_path: Path) -> None:
    table = read_pairs(as_form(small_table(), form, tmp_path))
    assert table.column_names == small_table().column_names
    assert table["timestamp"].to_pylist() == [30, 10, 10, 20]
    assert table["event"].to_pylist() == ["view", "view", None, "cart"]


def test_users_are_one_column_with_repeats(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "u.csv", "user_id,age", "7,1", "7,2", "8,3")
    assert read_users(path).to_pydict() == {"user_id": [7, 7, 8]}


def test_a_source_of_no_known_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot read a log from int"):
        read_log(5)
