"""Addresses of tables and queries: what they name, what is wrong with one, and that no password shows."""

import pytest

from samplew_gbm.data.database_url import is_database_url, parse_database_url
from samplew_gbm.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "file", "table", "query"),
    [
        ("sqlite:///shop.db?table=events", "shop.db", ("events",), ""),
        ("sqlite:////a%20b/shop.db?table=main.events", "/a b/shop.db", ("main", "events"), ""),
        ('sqlite:///s.db?table="a.b"."c""d"', "s.db", ("a.b", 'c"d'), ""),
        (
            "sqlite:///s.db?query=select a + b from t where c = 'x&y'",
            "s.db",
            (),
            "select a + b from t where c = 'x&y'",
        ),
        ("sqlite:///s.db?query=select%20%2a from t;", "s.db", (), "select * from t"),
        ("SQLITE:///s.db?table=t", "s.db", ("t",), ""),
    ],
)
def test_addresses_of_sqlite(text: str, file: str, table: tuple[str, ...], query: str) -> None:
    assert is_database_url(text)
    url = parse_database_url(text)
    assert (url.kind, url.file, url.table, url.query) == ("sqlite", file, table, query)


def test_options_of_postgresql_are_left_to_libpq() -> None:
    url = parse_database_url("postgres://ann@h:5/shop?sslmode=require&table=a.b&host=/run/my sock")
    assert url.uri == "postgresql://ann@h:5/shop?sslmode=require&host=%2Frun%2Fmy%20sock"
    assert url.table == ("a", "b")
    assert str(url) == "postgresql://ann@h:5/shop?table=a.b"
    assert url.file == ""


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:s3cr%2Ft@h/shop?table=t",
        "postgresql://ann@h/shop?password=s3cr/t&table=t",
        "postgresql://ann@h/shop?password=s3cr%2Ft&query=select 1",
    ],
)
def test_a_password_is_in_no_text(text: str) -> None:
    url = parse_database_url(text)
    for shown in (str(url), repr(url), url.name, f"{url}", url.redacted(f"bad {url.uri}: s3cr/t, s3cr%2Ft")):
        assert "s3cr" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:s3/cret@h/shop?table=t",
        "postgresql://ann:12/s3cret@h/shop?table=t",
        "postgresql://ann:s3c@ret@h/shop?table=t",
        "postgresql://ann:s3cret@h:port/shop?table=t",
        "postgresql://ann:s3cret@h/shop",
        "postgresql://ann:s3cret@h/shop?table=",
        "postgresql://ann:s3cret@h/shop?table=a&table=b",
        "postgresql://ann:s3cret@h/shop?table=a&query=select 1",
        "sqlite://shop.db?table=t",
        "sqlite:///?table=t",
        "sqlite:///shop.db?mode=rw&table=t",
        'sqlite:///shop.db?table=a"b',
        "sqlite:///shop.db?table=a..b",
    ],
)
def test_a_bad_address_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_database_url(text)
    assert "s3c" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["log.parquet", "sqlite", "sqlite:/x", "mysql://x", "a://b"])
def test_other_words_are_paths(path: str) -> None:
    assert not is_database_url(path)
