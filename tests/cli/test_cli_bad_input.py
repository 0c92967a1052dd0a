"""Logs and models as they should not be: one line that names the file, the right exit code, no traceback."""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.cli_calls import FAST, call


def text(content: str | bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def parquet(**columns: list[object]) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table(columns), path)


def cut_parquet(path: Path) -> None:
    parquet(user_id=["a", "b"], item_id=["x", "y"])(path)
    path.write_bytes(path.read_bytes()[:-20])


def cut_gzip(path: Path) -> None:
    rows = "\n".join(f"u{n % 97},i{n % 89}" for n in range(5000))
    path.write_bytes(gzip.compress(f"user_id,item_id\n{rows}\n".encode())[:-1000])


BAD_LOGS = {
    "empty.csv": (text(""), "empty.csv"),
    "empty.parquet": (text(""), "empty.parquet"),
    "empty.jsonl": (text(""), "empty.jsonl"),
    "header.csv": (text("user_id,item_id\n"), "header.csv: holds no rows"),
    "user.csv": (text("user_id,item_id\na,x\na,y\n"), "user.csv: holds 1 user; training needs at least 2"),
    "item.csv": (text("user_id,item_id\na,x\nb,x\n"), "item.csv: holds 1 item; training needs at least 2"),
    "missing.csv": (text("user_id,when\na,1\nb,2\n"), "missing.csv: no column 'item_id'"),
    "misnamed.csv": (text("user_id,item\na,x\nb,y\n"), "did you mean --item-column 'item'?"),
    "doubled.csv": (text("user_id,item_id,item_id\na,x,y\nb,y,x\n"), "'item_id' occurs more than once"),
    "nan.parquet": (
        parquet(user_id=["a", "b"], item_id=["x", "y"], timestamp=[float("nan"), 2.0]),
        "nan.parquet: column 'timestamp'",
    ),
    "inf.csv": (text("user_id,item_id,timestamp\na,x,1\nb,y,inf\n"), "inf.csv: column 'timestamp'"),
    "null.csv": (text("user_id,item_id\na,x\n,y\nb,y\n"), "null.csv: column 'user_id'"),
    "latin.csv": (text("user_id,item_id\na,caf\xe9\nb,y\n".encode("latin-1")), "latin.csv"),
    "cut.parquet": (cut_parquet, "cut.parquet"),
    "cut.csv.gz": (cut_gzip, "cut.csv.gz"),
    "not.parquet": (text("user_id,item_id\na,x\nb,y\n"), "not.parquet"),
    "log.xlsx": (text("PK"), "log.xlsx: unknown kind of file"),
}


@pytest.mark.parametrize("command", ["train", "weigh"])
@pytest.mark.parametrize("name", BAD_LOGS)
def test_a_bad_log_ends_with_3_and_its_name(name: str, command: str, folder: Path) -> None:
    write, message = BAD_LOGS[name]
    write(folder / name)
    target = {"train": ["--model", "old.parquet"], "weigh": ["--out", "old.parquet"]}[command]
    (folder / "old.parquet").write_bytes(b"old")
    called = call(command, name, *target)
    assert called.code == 3, called.err
    assert called.err.count("\n") == 1
    assert message in called.error()
    assert sorted(os.listdir(folder)) == sorted(["old.parquet", name])
    assert (folder / "old.parquet").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet"])
def test_a_log_that_is_not_there_is_said(name: str, folder: Path) -> None:
    called = call("train", name, "--model", "m.swg")
    assert called.code == 3
    assert called.error() == f"samplew: error: {name}: no such file or folder"


def test_a_folder_without_data_is_said(folder: Path) -> None:
    (folder / "logs").mkdir()
    assert "logs: holds no data files" in call("train", "logs", "--model", "m.swg").error()


def test_mixed_ids_are_refused_with_their_place(folder: Path) -> None:
    (folder / "mixed.jsonl").write_text('{"user_id":"a","item_id":1}\n{"user_id":"b","item_id":"x"}\n')
    called = call("train", "mixed.jsonl", "--model", "m.swg")
    assert called.code == 3
    assert "mixed.jsonl: column 'item_id' mixes text and numbers, first in row 2 ('x')" in called.error()
    (folder / "logs").mkdir()
    parquet(user_id=[1, 2], item_id=["x", "y"])(folder / "logs" / "a.parquet")
    parquet(user_id=["p", "q"], item_id=["x", "y"])(folder / "logs" / "b.parquet")
    called = call("weigh", "logs", "--out", "w.csv")
    assert called.code == 3
    assert "b.parquet: column 'user_id' holds text, but numbers in" in called.error()


def test_duplicated_rows_are_dropped_and_counted(files: Path, folder: Path) -> None:
    log = pq.read_table(files / "log.parquet")
    pq.write_table(pa.concat_tables([log, log.slice(0, 7)]), folder / "twice.parquet")
    called = call("weigh", "twice.parquet", "--out", "w.parquet", *FAST)
    assert called.code == 0, called.err
    assert "dropped 7 " in called.err
    weighted = pq.read_table(folder / "w.parquet")
    assert weighted["sample_weight"].to_pylist()[-7:] == [0.0] * 7
    assert weighted["importance"].to_pylist()[-7:] == [0.0] * 7
    assert min(weighted["sample_weight"].to_pylist()[:7]) > 0


def test_columns_can_be_named(folder: Path, files: Path) -> None:
    log = pq.read_table(files / "log.parquet").rename_columns(["customer", "sku", "when"])
    pq.write_table(log, folder / "log.parquet")
    names = ["--user-column", "customer", "--item-column", "sku", "--timestamp-column", "when"]
    called = call("train", "log.parquet", "--model", "m.swg", *FAST, *names)
    assert called.code == 0, called.err
    assert "clock" in called.out
    both = call("train", "log.parquet", "--model", "m.swg", "--user-column", "sku", "--item-column", "sku")
    assert both.code == 4
    assert "both name column 'sku'" in both.error()


def flip(content: bytes) -> bytes:
    at = len(content) - len(content) // 3
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("model", content)
    return packed.getvalue()


def newer(content: bytes) -> bytes:
    return content[:4] + struct.pack("<I", 999) + content[8:]


BAD_MODELS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "flipped": (flip, "is damaged"),
    "cut": (lambda content: content[:-100], "is cut short"),
    "longer": (lambda content: content + b"x", "has bytes that do not belong to it"),
    "newer": (newer, "written by a newer samplew_gbm"),
    "zip": (zipped, "is a zip file"),
    "empty": (lambda _: b"", "is empty"),
    "other": (lambda _: b"user_id,item_id\n", "is another kind of file"),
}


@pytest.mark.parametrize("command", ["recommend", "score", "evaluate", "inspect"])
@pytest.mark.parametrize("fault", BAD_MODELS)
def test_a_bad_model_ends_with_4_and_its_name(
    fault: str, command: str, model: Path, files: Path, folder: Path
) -> None:
    damage, message = BAD_MODELS[fault]
    (folder / "bad.swg").write_bytes(damage(model.read_bytes()))
    (folder / "old.csv").write_text("old")
    words: dict[str, list[object]] = {
        "recommend": ["--model", "bad.swg", "--out", "old.csv"],
        "score": [files / "pairs.csv", "--model", "bad.swg", "--out", "old.csv"],
        "evaluate": ["--model", "bad.swg", "--test", files / "truth.parquet"],
        "inspect": ["bad.swg"],
    }
    called = call(command, *words[command])
    assert called.code == 4, called.err
    assert called.err.count("\n") == 1
    assert called.error().startswith("samplew: error: bad.swg: ")
    assert message in called.error()
    assert (folder / "old.csv").read_text() == "old"
    assert sorted(os.listdir(folder)) == ["bad.swg", "old.csv"]


@pytest.mark.parametrize("path", ["absent.swg", "."])
def test_a_model_that_is_not_there_is_said(path: str, folder: Path) -> None:
    called = call("inspect", path)
    assert called.code == 4
    assert called.error().startswith(f"samplew: error: {path}: cannot be read (")


def test_a_bad_history_or_test_or_list_of_users_is_said(model: Path, folder: Path) -> None:
    (folder / "bad.csv").write_text("user,item\na,x\n")
    recommend = ["recommend", "--model", model, "--out", "top.csv"]
    for words in (
        [*recommend, "--users", "bad.csv"],
        [*recommend, "--history", "bad.csv"],
        ["evaluate", "--model", model, "--test", "bad.csv"],
        ["score", "bad.csv", "--model", model, "--out", "top.csv"],
    ):
        called = call(*words)
        assert called.code == 3
        assert "bad.csv: no column 'user_id'" in called.error()
    assert os.listdir(folder) == ["bad.csv"]
