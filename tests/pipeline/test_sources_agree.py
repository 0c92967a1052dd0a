"""The same log from every source trains the same model file, byte for byte."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from samplew_gbm import build_interactions, read_log, save_model, train
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.writing import write_table
from samplew_gbm.settings import Settings
from tests.data.postgres import Server

SETTINGS = Settings(n_trees=8, n_epochs=2, n_queries=200, n_rankers=1, linear_items=0)


def log() -> pa.Table:
    """Text users, numbered items, times in seconds, an event that is sometimes missing, broken values."""
    rng = np.random.default_rng(3)
    n = 900
    user = rng.integers(0, 60, n)
    return pa.table(
        {
            "user_id": [f"user {u}" for u in user],
            "item_id": (user % 5) * 10 + rng.integers(0, 10, n),
            "timestamp": 1_700_000_000 + np.sort(rng.integers(0, 10**6, n)),
            "event": [None if u == 7 else "view" for u in user],
            "value": np.round(rng.random(n), 3),
        }
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return trained(log(), tmp_path_factory.mktemp("expected") / "model.swg")


def trained(source: Any, path: Path) -> bytes:
    interactions, _ = clean(build_interactions(read_log(source)))
    save_model(train(interactions, SETTINGS, gate=False, n_threads=2), path)
    return path.read_bytes()


def in_sqlite(folder: Path) -> str:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute(
            "CREATE TABLE log (user_id TEXT, item_id INTEGER, timestamp INTEGER, event TEXT, value)"
        )
        rows = [tuple(row.values()) for row in log().to_pylist()]
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{folder}/shop.db?table=log"


def in_parts(folder: Path) -> Path:
    for part in range(3):
        (folder / f"part={part}").mkdir()
        write_table(log().slice(part * 300, 300), folder / f"part={part}" / "a.parquet")
    return folder


def in_file(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_table(log(), folder / name)
        return folder / name

    return write


SOURCES: dict[str, Callable[[Path], Any]] = {
    "parquet": in_file("log.parquet"),
    "folder": in_parts,
    "csv.gz": in_file("log.csv.gz"),
    "jsonl": in_file("log.jsonl"),
    "sqlite": in_sqlite,
    "pandas": lambda folder: log().to_pandas(),
    "polars": lambda folder: pl.DataFrame(log()),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_trains_the_same_file(name: str, expected: bytes, tmp_path: Path) -> None:
    source = SOURCES[name](tmp_path)
    assert trained(source, tmp_path.parent / f"{name}.swg") == expected


def test_postgresql_trains_the_same_file(postgres: Server, expected: bytes, tmp_path: Path) -> None:
    postgres.write("agree", log())
    assert trained(postgres.table("agree"), tmp_path / "model.swg") == expected


def test_another_log_trains_another_file(expected: bytes, tmp_path: Path) -> None:
    assert trained(log().slice(1), tmp_path / "model.swg") != expected
