"""Conditions on rows: the same rows from every source, as a comparison in plain Python chooses them."""

import operator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.conditions import Condition, parse_conditions
from samplew_gbm.data.sources import read_log
from samplew_gbm.data.writing import write_table
from samplew_gbm.errors import DataError, SchemaError, SettingsError
from tests.data.logs import FORMS, as_form
from tests.data.postgres import Server

SIGNS = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
N = 60


def table() -> pa.Table:
    return pa.table(
        {
            "user_id": [f"u{n % 7}" for n in range(N)],
            "item_id": list(range(N)),
            "timestamp": [1_700_000_000 + 3600 * n for n in range(N)],
            "price": [None if n % 11 == 0 else n / 4 for n in range(N)],
            "stock": [(n * 7) % 13 for n in range(N)],
            "kind": [None if n % 9 == 0 else ["10", "9", "view"][n % 3] for n in range(N)],
        }
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sign", SIGNS)
def test_the_rows_are_those_of_a_plain_comparison(form: str, sign: str, tmp_path: Path) -> None:
    source = as_form(table(), form, tmp_path)
    if form == "reader":
        source = table()  # a reader can be read once
    for column, text, value in (
        ("stock", "9", 9),
        ("price", "7.5", 7.5),
        ("kind", "9", "9"),
        ("user_id", "u3", "u3"),
    ):
        kept = read_log(source, where=[f"{column} {sign} {text}"])
        values = table()[column].to_pylist()
        expected = [n for n, x in enumerate(values) if x is not None and SIGNS[sign](x, value)]
        assert kept["item_id"].to_pylist() == expected, (column, form)
        assert kept.column_names == ["user_id", "item_id", "timestamp"]


@pytest.mark.parametrize("form", ["a.parquet", "a.csv", "a.jsonl", "table"])
def test_the_timestamp_compares_in_time_whatever_its_form(form: str, tmp_path: Path) -> None:
    source = as_form(table(), form, tmp_path)
    for words in ("timestamp>=2023-11-15", "timestamp>=1700006400", "timestamp>=2023-11-15T00:00:00Z"):
        kept = read_log(source, where=[words])["timestamp"].to_pylist()
        assert kept == [t for t in table()["timestamp"].to_pylist() if t >= 1700006400]
    both = read_log(source, where=["timestamp>=2023-11-15", "timestamp<2023-11-16", "stock>3"])
    assert 0 < both.num_rows < 24


def test_folders_that_cannot_match_are_not_opened(tmp_path: Path) -> None:
    for month in (9, 10, 11):
        folder = tmp_path / f"month={month}" / "shop=a b"
        folder.mkdir(parents=True)
        write_table(table().slice(month, 5), folder / "a.parquet")
    (tmp_path / "month=9" / "shop=a b" / "b.parquet").write_bytes(b"broken")
    kept = read_log(tmp_path, where=["month>=10", "shop=a b", "stock<12"])
    expected = [n for n in (*range(10, 15), *range(11, 16)) if (n * 7) % 13 < 12]
    assert kept["item_id"].to_pylist() == expected
    with pytest.raises(DataError, match=r"b\.parquet: cannot be read as Parquet"):
        read_log(tmp_path, where=["month<10"])


def test_row_groups_that_cannot_match_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    days = pa.array([date(2024, 1, 1 + n // 6) for n in range(N)])
    times = pa.array([datetime(2024, 1, 1 + n // 6, tzinfo=UTC) for n in range(N)])
    written = table().append_column("day", days).append_column("at", times)
    pq.write_table(written, path, row_group_size=6, compression="none", use_dictionary=False)
    spoilt = path.read_bytes().replace(b"u3", b"\xff\xff", 1)  # in the first group: no text any more
    path.write_bytes(spoilt)
    last = list(range(54, 60))
    for words in ("item_id>=54", "item_id>53.5", "at>=2024-01-10"):
        assert read_log(path, where=[words])["item_id"].to_pylist() == last, words
    assert read_log(path, where=["day>=2024-01-10", "item_id>6"])["item_id"].to_pylist() == list(
        range(54, 60)
    )


def test_conditions_hold_for_databases(postgres: Server) -> None:
    postgres.write("priced", table())
    kept = read_log(postgres.table("priced"), where=["price>=7.5", "kind=view", "timestamp<2023-11-17"])
    rows = table().to_pylist()
    expected = [
        row["item_id"]
        for row in rows
        if (row["price"] or 0) >= 7.5 and row["kind"] == "view" and row["timestamp"] < 1700179200
    ]
    assert kept["item_id"].to_pylist() == expected
    assert expected


def test_parsing() -> None:
    assert parse_conditions(["a>=1", " b c != x = y "]) == (
        Condition("a", ">=", "1"),
        Condition("b c", "!=", "x = y"),
    )
    for text in ("a", ">1", "a 1", ""):
        with pytest.raises(SettingsError, match="write COLUMN"):
            parse_conditions([text])


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ("stock>=many", SchemaError, "which 'many' of --where does not fit"),
        ("shelf=1", SchemaError, "no column 'shelf'"),
        ("stock>99", DataError, "has no rows where stock>99"),
        ("timestamp>soon", SettingsError, "'soon' is no time"),
    ],
)
def test_what_goes_wrong(words: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_log(table(), where=[words])


def test_other_kinds_of_columns() -> None:
    rows: dict[str, Any] = {"user_id": [1, 2, 3], "item_id": [4, 5, 6], "seen": [True, False, None]}
    assert read_log(rows, where=["seen=true"])["user_id"].to_pylist() == [1]
    rows["seen"] = [None, None, None]
    with pytest.raises(DataError, match="has no rows where"):
        read_log(rows, where=["seen!=1"])


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("number", ["1", "1.5", "-1", "9007199254740993", "16777217", "1e300"])
def test_numbers_of_any_size_and_kind(sign: str, number: str, tmp_path: Path) -> None:
    for kind, values in (
        (pa.int64(), [1, None, 2**63 - 1]),
        (pa.uint64(), [1, None, 2**64 - 1]),
        (pa.float64(), [1.0, None, 2.0**60]),
        (pa.float32(), [1.0, None, 2.0**60]),
        (pa.decimal128(20, 2), [Decimal("1.5"), None, Decimal(10) ** 15]),
    ):
        rows = pa.table({"user_id": [1, 2, 3], "item_id": [4, 5, 6], "x": pa.array(values, kind)})
        pq.write_table(rows, tmp_path / "a.parquet")
        compared = zip([1, 2, 3], values, strict=True)
        expected = [n for n, x in compared if x is not None and SIGNS[sign](x, float(number))]
        for source in (rows, tmp_path / "a.parquet"):
            if expected:
                assert read_log(source, where=[f"x{sign}{number}"])["user_id"].to_pylist() == expected, kind
                continue
            with pytest.raises(DataError, match="has no rows where"):
                read_log(source, where=[f"x{sign}{number}"])
