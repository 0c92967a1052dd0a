"""Tables and queries of SQLite and of a real PostgreSQL server: rows, types, order and what goes wrong."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.database_url import parse_database_url
from samplew_gbm.data.heads import column_names
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.sources import read_items, read_log, read_pairs, read_users
from samplew_gbm.errors import DataError, SchemaError, SettingsError
from tests.data.logs import assert_same, small_table
from tests.data.postgres import ENCODED, PASSWORD, Server, free_port


def database(folder: Path, create: str, *rows: tuple[Any, ...], name: str = "shop.db") -> str:
    """A SQLite file with one table ``log``; the address to which ``?table=`` or ``?query=`` is added."""
    with sqlite3.connect(folder / name) as connection:
        connection.execute(create)
        if rows:
            connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.close()
    return f"sqlite:///{folder / name}"


def test_a_table_of_sqlite_is_the_log(tmp_path: Path) -> None:
    rows = [tuple(row.values()) for row in small_table().to_pylist()]
    base = database(
        tmp_path,
        "CREATE TABLE log (user_id, item_id, timestamp, event, value, rest)",
        *((*row, b"junk") for row in rows),
    )
    table = read_log(f"{base}?table=log")
    assert table.column_names == ["user_id", "item_id", "timestamp", "event", "value"]
    assert_same(build_interactions(table), build_interactions(read_log(small_table())))


def test_a_table_of_sqlite_keeps_the_order_of_its_rows(tmp_path: Path) -> None:
    rows = [(user, item) for user in (3, 1, 2) for item in (9, 7, 8)]
    base = database(tmp_path, "CREATE TABLE log (user_id INTEGER, item_id INTEGER)", *rows)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE INDEX both ON log (user_id, item_id)")  # covers the query
        connection.execute("CREATE VIEW seen AS SELECT * FROM log")
        connection.execute("CREATE TABLE bare (user_id PRIMARY KEY, item_id) WITHOUT ROWID")
        connection.execute("INSERT INTO bare VALUES (2, 3), (1, 4)")
    connection.close()
    assert [tuple(row.values()) for row in read_log(f"{base}?table=log").to_pylist()] == rows
    assert read_log(f"{base}?table=seen").num_rows == len(rows)
    assert sorted(read_log(f"{base}?table=bare")["user_id"].to_pylist()) == [1, 2]
    query = "select item_id as i, user_id as u from log order by user_id desc, item_id"
    table = read_log(f"{base}?query={query}", columns=ColumnNames("u", "i"))
    assert [tuple(row.values()) for row in table.to_pylist()] == sorted(
        rows, key=lambda row: (-row[0], row[1])
    )


def test_columns_of_sqlite_whose_kind_shows_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samplew_gbm.data.sql_reader.FIRST_BATCH", 2)
    rows = [(f"u{n}", n, n, "late" if n == 20 else None, 0.5 if n == 30 else n) for n in range(40)]
    base = database(tmp_path, "CREATE TABLE log (user_id, item_id, timestamp, event, value)", *rows)
    for source in (f"{base}?table=log", f"{base}?query=select * from log order by item_id"):
        table = read_log(source)
        assert [tuple(row.values()) for row in table.to_pylist()] == rows


@pytest.mark.parametrize("first", [2, 1 << 16])
def test_ids_of_sqlite_that_mix_text_and_numbers(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samplew_gbm.data.sql_reader.FIRST_BATCH", first)
    rows = [(n if n < 5 else f"u{n}", n) for n in range(9)]
    base = database(tmp_path, "CREATE TABLE log (user_id, item_id)", *rows)
    with pytest.raises(SchemaError, match="column 'user_id' mixes"):
        read_log(f"{base}?table=log")


def test_pairs_items_and_users_come_from_tables_too(tmp_path: Path) -> None:
    base = database(
        tmp_path, 'CREATE TABLE log ("user_id", "item_id", "a ""price""")', ("a", 1, 2.5), ("b", 2, 3.5)
    )
    assert read_pairs(f"{base}?table=log").column_names == ["user_id", "item_id", 'a "price"']
    assert read_items(f"{base}?table=log")['a "price"'].to_pylist() == [2.5, 3.5]
    assert read_users(f"{base}?table=log").to_pydict() == {"user_id": ["a", "b"]}
    assert column_names(parse_database_url(f"{base}?table=log")) == {"user_id", "item_id", 'a "price"'}
    assert column_names(parse_database_url(f"{base}?table=none")) == frozenset()


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("?table=nope", "no such table: nope"),
        ("?table=log&x=1", "has no option 'x'"),
        ("?query=selec 1", "syntax error"),
        ("?query=delete from log", "readonly"),
        ("?query=select 1 as user_id", "no column 'item_id'"),
        ("?query=select * from log where false", "holds no rows"),
        ("?query=select null as user_id, 1 as item_id", "column 'user_id' has no id in row 1"),
        (".not?table=log", "there is no file"),
    ],
)
def test_what_goes_wrong_with_sqlite(tail: str, words: str, tmp_path: Path) -> None:
    base = database(tmp_path, "CREATE TABLE log (user_id, item_id)", (1, 2))
    with pytest.raises((DataError, SettingsError), match=words) as caught:
        read_log(base + tail)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("user_id,item_id\n" * 100)
    with pytest.raises(DataError, match="not a database"):
        read_log(f"sqlite:///{tmp_path}/a.db?table=log")


@pytest.mark.parametrize("scheme", ["sqlite:///{}/shop.db", "postgresql://h/d"])
def test_a_missing_driver_is_named(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sqlite", "postgresql"):
        monkeypatch.setitem(sys.modules, f"adbc_driver_{name}", None)
        monkeypatch.setitem(sys.modules, f"adbc_driver_{name}.dbapi", None)
    with pytest.raises(SettingsError, match=r"pip install 'samplew_gbm\[sql\]'"):
        read_log(f"{scheme.format(tmp_path)}?table=log")


def test_a_table_of_postgresql_is_the_log(postgres: Server) -> None:
    postgres.write("shop log", small_table())
    table = read_log(postgres.table('public."shop log"'))
    assert_same(build_interactions(table), build_interactions(read_log(small_table())))


def test_types_of_postgresql(postgres: Server) -> None:
    postgres.execute(
        "DROP TABLE IF EXISTS odd",
        "CREATE TABLE odd (number numeric, code uuid, at timestamptz, big bigint, word text, day date,"
        " small smallint, price numeric(9, 2), kind char(4), note jsonb)",
        "INSERT INTO odd VALUES (12, '81f46c34-a4bb-469c-8708-f8127cd67d27', '2024-01-01T01:00:00+01', 5,"
        " 'ü', '2024-01-01', 3, 1.25, 'view', '{}'),"
        " (98765432109876543210, NULL, '2024-01-02Z', -5, '', NULL, 4, NULL, NULL, NULL)",
    )
    names = ColumnNames(user_id="number", item_id="big", timestamp="at", event="kind", value="price")
    table = read_log(postgres.table("odd"), columns=names)
    assert table["user_id"].to_pylist() == ["12", "98765432109876543210"]
    assert table["item_id"].to_pylist() == [5, -5]
    assert table["timestamp"].to_pylist() == [1704067200.0, 1704153600.0]
    assert table["event"].to_pylist() == ["view", None]
    assert table["value"].to_pylist()[0] == 1.25
    by_code = postgres.query("select code as user_id, small as item_id from odd where code is not null")
    assert read_log(by_code)["user_id"].to_pylist() == ["81f46c34-a4bb-469c-8708-f8127cd67d27"]
    assert read_log(by_code)["item_id"].to_pylist() == [3]
    with pytest.raises(SchemaError, match=r"column 'price' holds 1\.25"):
        read_log(postgres.table("odd"), columns=ColumnNames(user_id="price", item_id="big"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 1 as user_id, 2 as item_id where false", "holds no rows"),
        ("select null::text as user_id, 2 as item_id", "column 'user_id' has no id in row 1"),
        ("select * from nope", 'relation "nope" does not exist'),
        ("selec 1", "syntax error"),
        ("create table made (a int)", "read-only transaction"),
        ("select 1 as user_id, 1/0 as item_id", "division by zero"),
        ("select '{a}'::text[] as user_id, 1 as item_id", "ids must be text or whole numbers"),
    ],
)
def test_what_goes_wrong_with_postgresql(query: str, words: str, postgres: Server) -> None:
    with pytest.raises(DataError) as caught:
        read_log(postgres.query(query))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert_hidden(str(caught.value))


def test_a_missing_table_and_column_of_postgresql(postgres: Server) -> None:
    postgres.execute("DROP TABLE IF EXISTS narrow", "CREATE TABLE narrow (users int, item_id int)")
    with pytest.raises(DataError, match=r'"public\.nope" does not exist'):
        read_log(postgres.table("public.nope"))
    with pytest.raises(SchemaError, match="did you mean --user-column"):
        read_log(postgres.table("narrow"))


def test_nobody_gets_in_with_a_wrong_password_and_none_is_shown(postgres: Server) -> None:
    closed = Server(free_port())
    for url in (postgres.url(password="wrong%2Fword"), postgres.url(user="nobody"), closed.url()):
        with pytest.raises(DataError, match="cannot be opened") as caught:
            read_log(f"{url}?table=log")
        assert_hidden(str(caught.value))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_libpqs_own_password_is_taken(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.write("log", small_table())
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = postgres.table("log").replace(f":{ENCODED}@", "@")
    assert ENCODED not in url
    assert read_log(url).num_rows == 4


def assert_hidden(text: str) -> None:
    for secret in (PASSWORD, ENCODED, "wrong/word", "wrong%2Fword"):
        assert secret not in text


def test_a_large_table_of_postgresql_keeps_its_order(postgres: Server) -> None:
    n = 300_000
    postgres.write("many", pa.table({"user_id": pa.array(range(n)), "item_id": pa.array(range(n, 0, -1))}))
    table = read_log(postgres.table("many"))
    assert table["user_id"].to_pylist() == list(range(n))
    assert table["item_id"].to_pylist() == list(range(n, 0, -1))
