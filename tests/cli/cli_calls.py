"""Calls of the command line, in this process and in one of their own; a log of names that are no good."""

import contextlib
import io
import subprocess
import sys
from dataclasses import dataclass

import pyarrow as pa

from samplew_gbm.cli import run

FAST = ("--threads", "2", "--set", "n_trees=20", "--set", "n_factors=8", "--set", "n_negatives=10")


@dataclass(frozen=True)
class Called:
    """How one call of ``samplew`` ended."""

    code: int
    out: str
    err: str

    def error(self) -> str:
        """The one error line; anything beside it fails the test."""
        assert self.code != 0, self.out
        lines = [line for line in self.err.splitlines() if line.startswith("samplew: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        assert self.out == ""
        return lines[0]


def call(*words: object) -> Called:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(word) for word in words])
    return Called(code, out.getvalue(), err.getvalue())


def start(*words: object, **options: object) -> subprocess.Popen[str]:
    """The same in a process of its own; stdout and stderr are pipes unless ``options`` say otherwise."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "samplew_gbm", *map(str, words)]
    return subprocess.Popen(command, text=True, **(pipes | options))  # type: ignore[call-overload,no-any-return]


def call_apart(*words: object, **options: object) -> Called:
    process = start(*words, **options)
    out, err = process.communicate(timeout=120)
    return Called(process.returncode, out or "", err or "")


def renamed(log: pa.Table, *, user: str, item: str) -> pa.Table:
    """The log whose most frequent user and item are called something else."""
    for name, new in (("user_id", user), ("item_id", item)):
        values = log[name].to_pylist()
        most = max(set(values), key=values.count)
        column = pa.array([new if value == most else value for value in values])
        log = log.set_column(log.column_names.index(name), name, column)
    return log
