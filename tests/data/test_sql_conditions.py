"""Conditions that a database judges: its rows are those that are left when all rows are read and judged here.

A query is run as it stands, so ``SELECT * FROM log`` is the twin of the table ``log``.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.database_url import parse_database_url
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.sources import log_request, read_log
from samplew_gbm.data.sql_reader import read_sql
from samplew_gbm.errors import SamplewError
from tests.data.postgres import Server

SIGNS = ("=", "!=", "<", "<=", ">", ">=")
WHOLE = (-(2**63), -(2**53) - 1, -1, 0, 1, 7, 8, 2**31, 2**53, 2**53 + 1, 2**63 - 1, None)
REAL = (-1e300, -0.0, 0.0, 0.1, 0.30000000000000004, 7.0, 7.5, 8.0, float("inf"), None)
TEXT = ("", "10", "9", "A", "a", "a ", "B", "é", "z", "\U0001f600", "it's \\ ?{}", None)
NUMBERS = ("7", "7.5", "-1", "0.3", "1e3", "9007199254740993", "9223372036854775807", "1e999", "nan", "-0")
TIMES = (
    "2020-01-01", "1577836800", "2020-01-01T00:00:00.5Z", "2020-01-01T01:00:00+01:00", "1577836800000",
    "1969-07-20T20:17:40Z", "1", "0001-01-01", "9999-12-31", "99999999999",
)  # fmt: skip


def sqlite(folder: Path, create: str, rows: Sequence[tuple[Any, ...]]) -> str:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute(create)
        connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.close()
    return f"sqlite:///{folder / 'shop.db'}"


def n_sent(source: str, *words: str, columns: ColumnNames | None = None) -> int:
    """How many rows the database sends."""
    request = log_request(columns or ColumnNames(), "auto", words)
    return read_sql(parse_database_url(source), request).table.num_rows


def items_of(part: Part, request: Request) -> Any:
    """The items of the rows that the conditions leave, or the kind of error that they raise."""
    try:
        return part.matching(request).table["item_id"].to_pylist()
    except SamplewError as error:
        return type(error)


def check_twins(base: str, column: str, texts: Sequence[str], columns: ColumnNames | None = None) -> None:
    table, query = (parse_database_url(f"{base}?{way}") for way in ("table=log", "query=SELECT * FROM log"))
    names = columns or ColumnNames()
    whole = read_sql(query, log_request(names, "auto", [f"{column}=1"]))
    for sign in SIGNS:
        for text in texts:
            request = log_request(names, "auto", [f"{column}{sign}{text}"])
            assert items_of(read_sql(table, request), request) == items_of(whole, request), (sign, text)


def numbered(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [(n % 3, n, value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        *(("", values) for values in (WHOLE, REAL, (*WHOLE, *REAL), TEXT, (*WHOLE, *TEXT), (None, None))),
        *(("INTEGER", values) for values in (WHOLE, TEXT)),
        *(("NUMERIC", values) for values in ((*WHOLE, *REAL), TEXT)),
        ("REAL", REAL),
        ("TEXT", WHOLE),
        ("TEXT COLLATE NOCASE", TEXT),
    ],
)
def test_sqlite_judges_as_we_do(declared: str, values: tuple[Any, ...], tmp_path: Path) -> None:
    rows = [(n % 3, n, f"e{n % 2}", value) for n, value in enumerate(values)]
    base = sqlite(tmp_path, f"CREATE TABLE log (user_id, item_id, event, x {declared})", rows)
    check_twins(base, "x", (*NUMBERS, "A", "a ", "é", "\U0001f600", "0a", "it's \\ ?{}"))


@pytest.mark.parametrize(
    "values",
    [
        (1577836799, 1577836800, 1577836801, -1, 0, 1, 99999999999),
        (1577836799999, 1577836800000, 1577836800500, 1577836801000, 10**11, 10**14 - 1),
        (1577836800 * 10**9, 1577836800 * 10**9 + 1, 10**17, 2**62, -(10**17)),
        (1577836799.5, 1577836800.0, 1577836800.5, -14182940.0, 1),
        (
            "2020-01-01T00:00Z",
            "2019-12-31T23:30:00-01:00",
            "2020-01-01 00:30:00+01:00",
            "1969-07-20T20:17:40Z",
        ),
        ("2019-12-31T00:00:00Z", "2020-01-02T00:00:00+14:00", "2020-01-01T00:00:00.500-13:00"),
        ("2020-01-01", "2019-12-31 12:00", "0001-01-01", "9999-12-31T23:59:59"),
        ("1577836800", "1577836799.5", "0"),
        ("2020-01-01", "soon"),
    ],
)
def test_times_of_sqlite(values: tuple[Any, ...], tmp_path: Path) -> None:
    base = sqlite(tmp_path, "CREATE TABLE log (user_id, item_id, timestamp)", numbered(values))
    check_twins(base, "timestamp", TIMES)


def test_sqlite_sends_only_what_is_wanted(tmp_path: Path) -> None:
    rows = [
        (n % 3, n, 1_577_836_800 + 3600 * n, "view" if n % 2 else "cart", f"2020-01-{1 + n // 24:02}")
        for n in range(240)
    ]
    create = 'CREATE TABLE log (user_id, item_id, timestamp, event, "a ""?{}"" day")'
    table = f"{sqlite(tmp_path, create, rows)}?table=log"
    assert n_sent(table, "event=cart") == 120
    assert n_sent(table, "event!=cart", "item_id<10") == 5
    assert n_sent(table, 'a "?{}" day>=2020-01-09') == 48
    assert n_sent(table, "timestamp>2020-01-09") == 48
    assert n_sent(table, "timestamp<2020-01-02") == 25
    by_day = ColumnNames(timestamp='a "?{}" day')
    assert n_sent(table, 'a "?{}" day>=2020-01-09', columns=by_day) == 96  # days more for other zones
    assert n_sent(table, "event=cart' OR '1'='1") == 0
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("UPDATE log SET event = 7 WHERE item_id = 3")
    connection.close()
    assert n_sent(table, "event=cart") == 240  # numbers among text come as text, if all rows are asked for


def test_a_table_of_utf16_and_one_without_row_ids_are_judged_here(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("PRAGMA encoding = 'UTF-16le'")
    connection.close()
    base = sqlite(tmp_path, "CREATE TABLE log (user_id, item_id, x)", numbered([t for t in TEXT if t]))
    check_twins(base, "x", ("Z", "Ā", "\U0001f600"))
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE bare (user_id PRIMARY KEY, item_id) WITHOUT ROWID")
        connection.execute("INSERT INTO bare VALUES (2, 3), (1, 4)")
    connection.close()
    assert n_sent(f"{base}?table=bare", "user_id=1") == 2
    assert read_log(f"{base}?table=bare", where=["user_id=1"])["item_id"].to_pylist() == [4]


@pytest.mark.parametrize(
    ("declared", "values", "texts"),
    [
        ("smallint", (-1, 0, 7, 8, None), NUMBERS),
        ("bigint", WHOLE, NUMBERS),
        ("float8", (*REAL, float("nan"), 2.0**53 + 2), NUMBERS),
        ("float4", (0.1, 0.5, 7.0, 16777216.0, None), (*NUMBERS, "0.1", "16777217")),
        ("numeric", (7, 7.5, 0.3, None), NUMBERS),
        ("bool", (True, False, None), ("true", "False", "1", "x")),
        ("text", TEXT, (*(text for text in TEXT if text), "ab", "x' OR '1'='1")),
        ("varchar", TEXT, ("a", "A", "é", "it's \\ ?{}")),
        ("char(3)", ("a", "ab", "abc", None), ("a", "a  ", "ab", "abc")),
        ('text COLLATE "blind"', TEXT, ("a", "A", "Z", "é")),
    ],
)
def test_postgresql_judges_as_we_do(
    declared: str, values: tuple[Any, ...], texts: tuple[str, ...], postgres: Server
) -> None:
    create_log(postgres, declared, values)
    check_twins(postgres.url(), "x", texts)


def create_log(server: Server, declared: str, values: Sequence[Any]) -> None:
    """A table ``log`` whose column ``x`` is of a type."""
    blind = "(provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
    statements = ["DROP TABLE IF EXISTS log", f'CREATE COLLATION IF NOT EXISTS "blind" {blind}']
    statements.append(f"CREATE TABLE log (user_id int, item_id int, x {declared})")
    for n, value in enumerate(values):
        text = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
        statements.append(f"INSERT INTO log VALUES ({n % 3}, {n}, {text})")
    server.execute(*statements)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        *((kind, True) for kind in ("timestamp", "timestamptz", "date", "bigint", "float8", "text")),
        *((kind, False) for kind in ("timestamp", "timestamptz", "date")),
    ],
)
def test_times_of_postgresql(
    kind: str, named: bool, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: Sequence[Any] = (
        "2019-12-31 23:59:59.999999", "2020-01-01", "2020-01-01 00:00:00.5", "2020-01-01 00:30:00",
        "2020-01-02", "1969-07-20 20:17:40", "0001-01-01", "9999-12-31",
    )  # fmt: skip
    if kind in ("bigint", "float8"):
        values = (1577836799, 1577836800, 1577836801, 0, -14182940)
    monkeypatch.setenv("PGTZ", "America/St_Johns")
    create_log(postgres, kind, [f"{v}+00" if kind == "timestamptz" else v for v in values])
    texts = ("2020-01-01", "2020-01-01T00:00:00.5Z", "1577836800000", "1969-07-20T20:17:40Z", "0001-01-01")
    check_twins(postgres.url(), "x", texts, ColumnNames(timestamp="x") if named else None)


def test_postgresql_sends_only_what_is_wanted_in_its_order(postgres: Server) -> None:
    n = 5000
    postgres.write(
        "log",
        pa.table(
            {
                "user_id": pa.array([f"u{n % 7}" for n in range(n)]),
                "item_id": pa.array([at * 2971 % n for at in range(n)]),
                "timestamp": pa.array(
                    [1_577_836_800_000_000 + n for n in range(n)], pa.timestamp("us", "UTC")
                ),
                'a "$1{}" n': pa.array(range(n)),
            }
        ),
    )
    postgres.execute("CREATE INDEX ON log (item_id)", "CREATE INDEX ON log (user_id)", "ANALYZE log")
    table = postgres.table("log")
    assert n_sent(table, "item_id<20") == 21
    kept = read_log(table, where=["item_id<20"])["item_id"].to_pylist()
    assert kept == [item for item in (at * 2971 % n for at in range(n)) if item < 20]
    assert n_sent(table, "user_id=u3", 'a "$1{}" n>=4000') == 143
    assert n_sent(table, "user_id!=u3", 'a "$1{}" n!=0') == n - 715
    assert n_sent(table, "timestamp>=2020-01-03") == 0
    postgres.execute("CREATE VIEW seen AS SELECT * FROM log")
    assert n_sent(postgres.table("seen"), "item_id<20") == n
    assert read_log(postgres.table("seen"), where=["item_id<20"]).num_rows == 20
    postgres.execute("DROP VIEW seen")


def test_what_a_database_does_not_send_is_not_checked(tmp_path: Path) -> None:
    rows = [(1, 1, 1_577_836_800), (2, 2, 1_577_836_900), (3, 3, 10**15)]
    base = sqlite(tmp_path, "CREATE TABLE log (user_id, item_id, timestamp)", rows)
    with pytest.raises(SamplewError, match="impossible times"):
        read_log(f"{base}?table=log")
    assert read_log(f"{base}?table=log", where=["item_id<3"]).num_rows == 2
