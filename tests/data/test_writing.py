"""A written file is the whole new one or the whole old one, on full disks and interruptions too."""

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.writing import atomic_write, write_table
from samplew_gbm.errors import DataError, SettingsError

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")

FULL_DISK = """
import resource, signal, sys
import pyarrow as pa
from samplew_gbm.data.writing import write_table
from samplew_gbm.errors import DataError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
table = pa.table({"x": [hash(str(n)) for n in range(200_000)]})
try:
    write_table(table, sys.argv[1])
except DataError as error:
    print(error)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_disk_that_fills_up_leaves_the_old_file_whole(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"old")
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.count("\n") == 1
    assert run.stdout.startswith(f"{path}: cannot be written (File too large)")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == [path.name]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_full_device_is_reported_and_stays_a_device(tmp_path: Path) -> None:
    link = tmp_path / "out.csv"
    link.symlink_to("/dev/full")
    with pytest.raises(DataError, match="No space left on device"):
        write_table(pa.table({"x": list(range(9))}), link)
    assert os.path.exists("/dev/full")
    assert link.is_symlink()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interruption_leaves_the_old_file_and_nothing_else(
    error: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with atomic_write(path) as file:
            file.write(b"half of the new")
            file.flush()
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["bundle"]


def test_nothing_is_seen_at_the_path_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["bundle"]


def test_permissions_of_an_old_file_and_a_link_survive(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_table(pa.table({"x": [1]}), link)
    assert link.is_symlink()
    assert target.read_bytes() == b'"x"\n1\n'
    assert target.stat().st_mode & 0o777 == 0o640


def test_missing_folder_and_a_folder_as_target_are_refused(tmp_path: Path) -> None:
    table = pa.table({"x": [1]})
    with pytest.raises(DataError, match=r"out\.csv: cannot be written \(No such file or directory\)"):
        write_table(table, tmp_path / "none" / "out.csv")
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(DataError, match=r"dir\.csv: cannot be written \(Is a directory\)"):
        write_table(table, tmp_path / "dir.csv")
    assert names(tmp_path) == ["dir.csv"]


def test_unknown_ending_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"must end in \.parquet, \.csv,"):
        write_table(pa.table({"x": [1]}), tmp_path / "out.xlsx")
    assert names(tmp_path) == []


def test_a_table_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"out\.csv: the table cannot be written as \.csv"):
        write_table(pa.table({"x": [[1, 2]]}), tmp_path / "out.csv")
    assert names(tmp_path) == []


def sample() -> pa.Table:
    return pa.table(
        {
            "user_id": pa.array(["a", 'q"u', None]).dictionary_encode(),
            "rank": [1, 2, 3],
            "score": [0.1, float("nan"), None],
            "at": [datetime(2024, 1, 1, tzinfo=UTC)] * 3,
        }
    )


def test_csv_text_is_quoted_and_null_is_empty(tmp_path: Path) -> None:
    write_table(sample().drop(["at"]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == '"user_id","rank","score"\n"a",1,0.1\n"q""u",2,nan\n,3,\n'


def test_json_lines_hold_an_object_each(tmp_path: Path) -> None:
    write_table(sample(), tmp_path / "out.jsonl.gz")
    rows = [
        json.loads(line) for line in gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).splitlines()
    ]
    assert [row["score"] for row in rows] == [0.1, None, None]
    assert [row["user_id"] for row in rows] == ["a", 'q"u', None]
    assert rows[0]["at"] == "2024-01-01T00:00:00Z"


def test_parquet_keeps_types(tmp_path: Path) -> None:
    write_table(sample(), tmp_path / "OUT.PARQUET")
    table = pq.read_table(tmp_path / "OUT.PARQUET")
    assert table.schema.equals(sample().schema)
    assert table["user_id"].to_pylist() == ["a", 'q"u', None]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_table_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_table(sample(), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_table_is_written(suffix: str, tmp_path: Path) -> None:
    write_table(sample().slice(0, 0), tmp_path / f"out{suffix}")
    assert (tmp_path / f"out{suffix}").exists()
