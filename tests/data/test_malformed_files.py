"""Bad input gets one line that names the file, the column, the first bad rows and what to do."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.sources import read_log, read_pairs
from samplew_gbm.errors import DataError, SchemaError, SettingsError
from tests.data.logs import write_json, write_lines

HEADER = "user_id,item_id,timestamp"
GOOD = [f"u{number},i{number % 3},{number}" for number in range(50)]


def message(source: Any, kind: type[Exception] = DataError, **options: Any) -> str:
    """The one line of the error that reading ``source`` must raise."""
    with pytest.raises(kind) as caught:
        read_log(source, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 500
    if isinstance(source, Path):
        assert str(source) in text
    return text


def csv_bytes(*lines: bytes) -> bytes:
    return HEADER.encode() + b"\n" + b"".join(line + b"\n" for line in lines)


def truncated_parquet(path: Path) -> None:
    pq.write_table(pa.table({"user_id": np.arange(5000), "item_id": np.arange(5000)}), path)
    path.write_bytes(path.read_bytes()[:-2000])


def damaged_parquet(path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 2**40, 5000)
    pq.write_table(
        pa.table({"user_id": ids, "item_id": ids}), path, use_dictionary=False, compression="snappy"
    )
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(bytes(content))


def truncated_gzip(path: Path) -> None:
    text = "\n".join([HEADER, *(f"user{number * 7919 % 1000},i{number},{number}" for number in range(20000))])
    packed = gzip.compress(text.encode())
    path.write_bytes(packed[: len(packed) // 2])


def truncated_json_gzip(path: Path) -> None:
    packed = gzip.compress(
        b"".join(b'{"user_id":%d,"item_id":%d}\n' % (n * 7919 % 1000, n) for n in range(20000))
    )
    path.write_bytes(packed[: len(packed) // 2])


@pytest.mark.parametrize(
    ("name", "write", "expected"),
    [
        ("log.csv", lambda p: p.write_bytes(b""), "is empty"),
        ("log.csv", lambda p: p.write_bytes(b"\n\n"), "no column|is empty|holds no rows"),
        ("log.csv", lambda p: p.write_bytes(csv_bytes()), "holds no rows"),
        (
            "log.csv",
            lambda p: p.write_bytes(csv_bytes(b"a,x,1", b"b,y", b"c,z,3")),
            "row 2 has 2 values, the header 3",
        ),
        (
            "log.csv",
            lambda p: p.write_bytes(csv_bytes(b"a,x,1", b'"b",y,1,,')),
            "row 2 has 5 values, the header 3",
        ),
        (
            "log.csv",
            lambda p: p.write_bytes(csv_bytes(b"a,x,1", b"b,\xff\xfe,2")),
            "column 'item_id' is not UTF-8 text in row 2",
        ),
        ("log.csv", lambda p: p.write_bytes(b"us\xe9r,item\n1,2\n"), "not UTF-8"),
        ("log.csv", lambda p: p.write_bytes(HEADER.encode("utf-16")), "UTF-16"),
        ("log.csv", lambda p: pq.write_table(pa.table({"a": [1]}), p), "is a Parquet file; rename"),
        (
            "log.csv",
            lambda p: p.write_bytes(gzip.compress(csv_bytes(b"a,x,1"))),
            "compressed with gzip; rename",
        ),
        ("log.csv.gz", lambda p: p.write_bytes(csv_bytes(b"a,x,1")), "cannot be read"),
        ("log.csv.gz", truncated_gzip, "cannot be read"),
        ("log.jsonl.gz", truncated_json_gzip, "cannot be read"),
        ("log.parquet", lambda p: p.write_bytes(b""), "cannot be read as Parquet"),
        ("log.parquet", lambda p: p.write_bytes(csv_bytes(b"a,x,1")), "cannot be read as Parquet"),
        ("log.parquet", truncated_parquet, "cannot be read as Parquet"),
        ("log.parquet", damaged_parquet, "cannot be read as Parquet"),
        (
            "log.parquet",
            lambda p: pq.write_table(pa.table({"user_id": [], "item_id": []}), p),
            "holds no rows",
        ),
        ("log.xlsx", lambda p: p.write_bytes(b"x"), "unknown kind of file; its name must end in .parquet"),
        ("log", lambda p: p.write_bytes(b"x"), "unknown kind of file"),
        ("log.jsonl", lambda p: p.write_bytes(b""), "holds no rows"),
        ("log.jsonl", lambda p: p.write_bytes(b"\n \n"), "holds no rows"),
        (
            "log.jsonl",
            lambda p: p.write_bytes(b'{"user_id":1,"item_id":2}\n\n{"user_id":1,\n'),
            "line 3 is not valid JSON",
        ),
        (
            "log.jsonl",
            lambda p: p.write_bytes(b'{"user_id":1,"item_id":2}\n[1,2]\n'),
            "line 2 is not a JSON object",
        ),
        (
            "log.jsonl",
            lambda p: p.write_bytes(b'[{"user_id":1,"item_id":2}]\n'),
            "line 1 is not a JSON object",
        ),
        ("log.jsonl", lambda p: p.write_bytes(b'{"user_id":"\xff","item_id":2}\n'), "line 1 is not UTF-8"),
        ("log.jsonl", lambda p: p.write_bytes(b'{"user_id":NaN,"item_id":2}\n'), "line 1 is not valid JSON"),
        (
            "log.jsonl",
            lambda p: p.write_bytes(b'{"user_id":1,"item_id":2}\n{"user_id":3}\n'),
            "'item_id' has no id in row 2",
        ),
        (
            "log.jsonl",
            lambda p: write_json(p, {"item_id": 1}),
            "no column 'user_id' among the columns 'item_id'",
        ),
    ],
)
def test_broken_file_is_named_with_its_fault(
    name: str, write: Callable[[Path], Any], expected: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    text = message(tmp_path / name)
    assert any(part in text for part in expected.split("|")), text


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    assert "no such file or folder" in message(tmp_path / "none.csv")
    assert "holds no data files" in message(tmp_path)
    assert "no such file" in message("x" * 300)
    assert message("s3://bucket/log.parquet").endswith("others must be fetched first")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["log.jsonl", "log.csv.gz", "log.parquet"])
def test_a_pipe_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    assert "is no regular file, and is read more than once; write it to a file first" in message(
        tmp_path / name
    )


@pytest.mark.parametrize("name", [b"log-\xff.csv", b"log-\xff.parquet"])
def test_a_name_that_is_no_text_is_refused(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name)
    try:
        path.write_bytes(b"user_id,item_id\n")
    except OSError:
        pytest.skip("this file system holds no such names")
    assert "its name is not UTF-8 text, which Arrow needs; rename it" in message(path)


def test_folder_of_several_formats_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.csv", HEADER, *GOOD)
    write_json(tmp_path / "b.jsonl", {"user_id": 1, "item_id": 2})
    assert "several formats (a.csv, b.jsonl)" in message(tmp_path)


def test_folder_names_the_file_and_counts_its_own_rows(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.csv", HEADER, *GOOD)
    write_lines(tmp_path / "b.csv", HEADER, "u,i,1", "u,,2")
    with pytest.raises(DataError, match=r"b\.csv: column 'item_id' has no id in row 2; remove"):
        read_log(tmp_path)


def test_timestamp_missing_in_one_file_of_a_folder(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.csv", HEADER, *GOOD)
    write_lines(tmp_path / "b.csv", "user_id,item_id", "u,i")
    with pytest.raises(SchemaError, match=r"b\.csv: no column 'timestamp', which .*a\.csv has"):
        read_log(tmp_path)


def test_missing_column_lists_what_there_is_and_suggests_the_closest(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.csv", "UserID,item_id,when", *GOOD)
    text = message(path, SchemaError)
    assert "no column 'user_id' among the columns 'UserID', 'item_id', 'when'" in text
    assert "did you mean --user-column 'UserID'?" in text
    text = message(path, SchemaError, columns=ColumnNames(user_id="UserID", timestamp="time"))
    assert "no column 'time'" in text
    assert "--timestamp-column" in text


def test_a_column_that_is_wanted_as_another_is_no_guess(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.csv", "item_id,timestamp", "a,1")
    assert message(path, SchemaError).endswith("name it with --user-column NAME")


def test_wrong_delimiter_and_missing_header_are_hinted_at(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "semi.csv", "user_id;item_id", "a;b")
    assert "separated by ';'" in message(path, SchemaError)
    path = write_lines(tmp_path / "bare.csv", "196,242,3,881250949", "186,302,3,891717742")
    assert "no header line" in message(path, SchemaError)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_doubled_column_is_refused(name: str, tmp_path: Path) -> None:
    if name == "log.csv":
        write_lines(tmp_path / name, "user_id,item_id,user_id", "1,2,3")
    else:
        columns = [pa.array([1])] * 3
        pq.write_table(
            pa.Table.from_arrays(columns, names=["user_id", "item_id", "user_id"]), tmp_path / name
        )
    assert "column 'user_id' occurs more than once" in message(tmp_path / name, SchemaError)


def test_doubled_column_of_a_frame_is_refused() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["user_id", "item_id", "item_id"])
    assert "column 'item_id' occurs more than once" in message(frame, SchemaError)


def test_one_column_for_two_purposes_is_refused() -> None:
    assert "--user-column and --item-column both name column 'id'" in message(
        {"id": [1]}, SettingsError, columns=ColumnNames("id", "id")
    )


@pytest.mark.parametrize(
    ("weights", "kind", "expected"),
    [
        ([1.0, None, 2.0, float("nan")], DataError, "is missing or negative in rows 2 and 4; a weight is"),
        ([1.0, -0.5, 2.0, 3.0], DataError, "is missing or negative in row 2; a weight is a number from 0 on"),
        ([1.0, float("inf"), 2.0, 3.0], DataError, "has infinite values in row 2"),
        (["1", "2", "much", "3"], SchemaError, "holds 'much' in row 3, which is not a number"),
    ],
)
def test_a_weight_that_is_none_is_refused_with_its_rows(
    weights: list[Any], kind: type[Exception], expected: str
) -> None:
    log = {"user_id": [1, 1, 2, 2], "item_id": [1, 2, 3, 4], "trust": weights}
    text = message(log, kind, columns=ColumnNames(weight="trust"))
    assert text.startswith("the dict: column 'trust'")
    assert expected in text


def test_a_weight_column_that_is_named_must_be_there() -> None:
    text = message({"user_id": [1], "item_id": [1]}, SchemaError, columns=ColumnNames(weight="weight"))
    assert "no column 'weight' among the columns 'user_id', 'item_id'; name it with --weight-column" in text


def test_renaming_over_an_existing_column_is_refused_where_all_columns_are_kept() -> None:
    with pytest.raises(SchemaError, match="column 'user_id' stands beside"):
        read_pairs({"uid": [1], "user_id": [2], "item_id": [3]}, columns=ColumnNames(user_id="uid"))


@pytest.mark.parametrize(
    ("ids", "kind", "expected"),
    [
        (["a", None, "b", ""], DataError, "has no id in rows 2 and 4; remove"),
        ([None] * 9, DataError, "rows 1, 2, 3 and 6 more"),
        ([1, "a"], SchemaError, "mixes text and numbers, first in row 2 ('a')"),
        (["a", 1.5], SchemaError, "mixes text and numbers, first in row 2 (1.5)"),
        ([1, 2.5], SchemaError, "holds 2.5 in row 2"),
        ([1.0, 2.5], SchemaError, "holds 2.5 in row 2, which is not an exact whole number"),
        ([1.0, 2.0**53 + 2], SchemaError, "in row 2, which is not an exact whole number"),
        ([1.0, float("inf")], SchemaError, "holds inf in row 2"),
        ([1.0, float("nan")], DataError, "has no id in row 2"),
        ([1, True], SchemaError, "holds True in row 2"),
        (["a", b"b"], SchemaError, "holds b'b' in row 2"),
        ([{"a": 1}], SchemaError, "holds {'a': 1} in row 1"),
        ([10**80], SchemaError, "more than 76 digits"),
        (["a", "\ud800"], SchemaError, "cannot be stored as UTF-8"),
        (pa.array([True]), SchemaError, "is of type bool; ids must be text or whole numbers"),
        (pa.array([1]).cast(pa.timestamp("s")), SchemaError, "is of type timestamp[s]"),
        (np.array([1.5, 2.0]), SchemaError, "holds 1.5 in row 1"),
    ],
)
def test_what_cannot_be_an_id_is_refused_with_its_row(ids: Any, kind: type[Exception], expected: str) -> None:
    text = message({"user_id": ids, "item_id": list(range(len(ids)))}, kind)
    assert text.startswith("the dict: column 'user_id'")
    assert expected in text


def test_mixed_ids_of_json_are_named_by_row_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_json(
        tmp_path / "log.jsonl", *({"user_id": user, "item_id": 1} for user in (1, 2, 3, "4", "5"))
    )
    assert "mixes text and numbers, first in row 4 ('4')" in message(path, SchemaError)
    monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", 30)
    text = message(path, SchemaError)
    assert "'user_id' mixes" in text
    assert "row 4" in text


def test_columns_of_different_length_are_refused() -> None:
    assert "'user_id' has 2, 'item_id' has 1" in message({"user_id": [1, 2], "item_id": [1]})


def test_values_that_are_no_numbers_or_infinite_are_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.csv", "user_id,item_id,value", "a,b,1", "a,c,dear")
    assert "column 'value' holds 'dear' in row 2, which is not a number" in message(path, SchemaError)
    assert "infinite values in row 2" in message(
        {"user_id": [1, 2], "item_id": [1, 2], "value": [1.0, np.inf]}
    )


@pytest.mark.parametrize(("users", "items", "noun"), [([1, 1], [1, 2], "1 user"), ([1, 2], [5, 5], "1 item")])
def test_a_log_of_one_user_or_one_item_cannot_be_trained_on(
    users: list[int], items: list[int], noun: str
) -> None:
    table = read_log({"user_id": users, "item_id": items})
    with pytest.raises(DataError, match=f"holds {noun}; training needs at least 2"):
        build_interactions(table)
