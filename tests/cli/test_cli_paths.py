"""Where results go is checked before any work."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from samplew_gbm.cli._paths import TABLE_ENDINGS
from samplew_gbm.data.writing import write_table
from samplew_gbm.errors import SettingsError
from tests.cli.cli_calls import call


def test_the_endings_are_those_that_can_be_written(folder: Path, table: pa.Table) -> None:
    for ending in TABLE_ENDINGS:
        write_table(table, folder / f"table{ending}")
    with pytest.raises(SettingsError) as error:
        write_table(table, folder / "table.txt")
    assert sorted(str(error.value).partition("end in ")[2].split(", ")) == sorted(TABLE_ENDINGS)


def outputs(path: object) -> list[list[object]]:
    return [
        ["recommend", "--model", "m.swg", "--out", path],
        ["score", "absent.csv", "--model", "m.swg", "--out", path],
        ["weigh", "absent.csv", "--out", path],
    ]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("name", ["top.txt", "top", "csv", "top.csv.zip"])
def test_an_unknown_ending_lists_those_known(which: int, name: str, folder: Path) -> None:
    called = call(*outputs(name)[which])
    assert called.code == 2
    assert "its name must end in .parquet, .csv" in called.error()


@pytest.mark.parametrize("which", range(4))
def test_a_folder_that_is_not_there_is_said_at_once(which: int, folder: Path) -> None:
    words = [*outputs("absent/top.csv"), ["train", "absent.csv", "--model", "absent/top.csv"]][which]
    called = call(*words)
    assert called.code == 2
    assert f"there is no folder {folder / 'absent'}; create it first" in called.error()


@pytest.mark.parametrize("which", range(4))
def test_a_folder_is_not_a_file(which: int, folder: Path) -> None:
    (folder / "top.csv").mkdir()
    called = call(*[*outputs("top.csv"), ["train", "absent.csv", "--model", "top.csv"]][which])
    assert called.code == 2
    assert "is a folder; name a file in it" in called.error()


def test_a_folder_without_permission_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != folder)
    called = call("weigh", "absent.csv", "--out", "top.csv")
    assert called.code == 2
    assert "cannot be written; choose another" in called.error()


@pytest.mark.parametrize(
    "words",
    [
        ["train", "log.csv", "--model", "log.csv"],
        ["weigh", "log.csv", "--out", "./log.csv"],
        ["score", "log.csv", "--model", "m.swg", "--out", "log.csv"],
        ["score", "pairs.csv", "--model", "m.swg", "--history", "log.csv", "--out", "log.csv"],
        ["recommend", "--model", "m.swg", "--users", "log.csv", "--out", "log.csv"],
        ["recommend", "--model", "log.csv", "--out", "link.csv"],
    ],
)
def test_an_input_is_never_overwritten(words: list[str], folder: Path) -> None:
    (folder / "log.csv").write_text("user_id,item_id\n")
    (folder / "link.csv").symlink_to("log.csv")
    called = call(*words)
    assert called.code == 2
    assert "is also read; write to another file" in called.error()
    assert (folder / "log.csv").read_text() == "user_id,item_id\n"
    assert sorted(os.listdir(folder)) == ["link.csv", "log.csv"]
