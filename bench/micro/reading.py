"""Rows a second that ``read_log`` reads: Parquet, CSV, JSON lines, SQLite and PostgreSQL, on one core.

    python -m bench.micro.reading --rows 5e6 --out bench/results/reading.json

The log has whole-number users and items and a timestamp. The process is held to one core. ``cpu`` counts the
processor's seconds of this process, which other work on the machine does not disturb; ``wall`` is the clock.
A PostgreSQL server works in processes of its own: its rows are by the clock, and it is left out where
its programs are not installed.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.command import new_parser, out_option, write_result
from bench.machine import describe
from samplew_gbm import read_log
from samplew_gbm.data.writing import write_table
from tests.data.postgres import binaries, running_server

FILES = ("log.parquet", "log.csv.gz", "log.jsonl.gz")


def generated(n_rows: int) -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "user_id": rng.integers(0, 300_000, n_rows),
            "item_id": rng.integers(0, 50_000, n_rows),
            "timestamp": np.sort(rng.integers(1_600_000_000, 1_700_000_000, n_rows)),
        }
    )


def in_sqlite(table: pa.Table, path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE log (user_id INTEGER, item_id INTEGER, timestamp INTEGER)")
        columns = (column.to_numpy().tolist() for column in table.columns)
        connection.executemany("INSERT INTO log VALUES (?, ?, ?)", zip(*columns, strict=True))
    connection.close()
    return f"sqlite:///{path}?table=log"


def sources(table: pa.Table, folder: Path, stack: ExitStack) -> Iterator[tuple[str, Any]]:
    for name in FILES:
        write_table(table, folder / name)
        yield name.partition(".")[2], folder / name
    yield "sqlite", in_sqlite(table, folder / "log.db")
    if binaries() is not None:
        server = stack.enter_context(running_server())
        server.write("log", table)
        yield "postgresql", server.table("log")


def measure(source: Any, n_rows: int, repetitions: int) -> dict[str, float]:
    """Millions of rows a second, the median of some readings after one that is not counted."""
    cpu, wall = [], []
    for _ in range(repetitions + 1):
        begin = time.process_time(), time.perf_counter()
        table = read_log(source)
        cpu.append(time.process_time() - begin[0])
        wall.append(time.perf_counter() - begin[1])
        assert table.num_rows == n_rows
    rate = n_rows / 1e6
    return {"cpu": rate / statistics.median(cpu[1:]), "wall": rate / statistics.median(wall[1:])}


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--rows", type=float, default=5e6)
    parser.add_argument("--repetitions", type=int, default=3)
    out_option(parser, required=False)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    n_rows, results = int(arguments.rows), {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for name, source in sources(generated(n_rows), Path(folder), stack):
            results[name] = measure(source, n_rows, arguments.repetitions)
            print(name, {clock: round(rate, 2) for clock, rate in results[name].items()}, flush=True)
    if arguments.out:
        settings = {"rows": n_rows, "repetitions": arguments.repetitions, "unit": "million rows a second"}
        write_result(arguments.out, {"machine": describe(), "settings": settings, "results": results})


if __name__ == "__main__":
    main()
