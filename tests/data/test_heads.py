"""The columns of a file without its rows; a file that cannot be read has none."""

from pathlib import Path

import pytest

from samplew_gbm.data.heads import column_names
from samplew_gbm.data.writing import write_table
from tests.data.logs import FILE_FORMS, small_table, write_lines

COLUMNS = {"user_id", "item_id", "timestamp", "event", "value"}


@pytest.mark.parametrize("form", FILE_FORMS)
def test_every_format_names_its_columns(form: str, tmp_path: Path) -> None:
    write_table(small_table(), tmp_path / form)
    assert column_names(tmp_path / form) == COLUMNS


def test_a_folder_adds_the_columns_in_its_paths(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    write_table(small_table(), tmp_path / "day=1" / "a.parquet")
    assert column_names(tmp_path) == COLUMNS | {"day"}


def test_a_key_that_the_first_line_lacks_is_found(tmp_path: Path) -> None:
    assert column_names(write_lines(tmp_path / "a.jsonl", '{"a":1}', "", '{"b":2}')) == {"a", "b"}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl", "a.csv.gz", "a.xlsx", "a"])
def test_what_cannot_be_read_has_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert column_names(path) == frozenset()
    for content in (b"", b"\xff\xfe\x00", b"PK\x03\x04"):
        path.write_bytes(content)
        assert column_names(path) <= {"PK\x03\x04"}
    path.unlink()
    path.mkdir()
    assert column_names(path) == frozenset()
