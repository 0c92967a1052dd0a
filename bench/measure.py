"""Wall seconds and peak resident memory of one command.

A child process inherits its parent's peak memory until it has replaced its own, so a large parent would be
measured in place of a small child. The command is therefore started by a bare interpreter that runs this very
file: it costs 10 MB, starts the command, waits for it, and writes down what the kernel says.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LAST_CHARACTERS = 4000


class CommandError(Exception):
    """A measured command ended with an error."""


@dataclass(frozen=True)
class Measurement:
    """``line`` as typed, wall ``seconds``, ``peak_rss_bytes`` of the process, the end of what it printed."""

    line: str
    seconds: float
    peak_rss_bytes: int
    output: str


def find_samplew(option: str | None = None) -> str:
    """The program: the option, the one beside this Python, or the first on the path."""
    beside = Path(sys.executable).parent / "samplew"
    found = option or (str(beside) if beside.exists() else shutil.which("samplew"))
    if found is None:
        raise CommandError("no samplew program: install the package into this environment (pip install .)")
    return found


def measure(line: str, folder: Path, program: str | None = None) -> Measurement:
    """Run ``line`` in ``folder``; ``program`` stands in for its first word. No shell, no standard input."""
    words = shlex.split(line)
    with tempfile.TemporaryDirectory() as scratch:
        result, log = Path(scratch, "result"), Path(scratch, "log")
        with log.open("wb") as output:
            helper = [sys.executable, "-I", "-S", __file__, str(result), program or words[0], *words[1:]]
            subprocess.run(
                helper,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        printed = log.read_text(errors="replace")[-LAST_CHARACTERS:]
        if not result.exists():
            raise CommandError(f"{line}\ncould not be started:\n{printed}")
        seen = json.loads(result.read_text())
    if seen["exit_status"] != 0:
        raise CommandError(f"{line}\nended with exit status {seen['exit_status']}:\n{printed}")
    return Measurement(line, seen["seconds"], seen["peak_rss_bytes"], printed)


def _main() -> None:
    """``measure.py RESULT COMMAND...``: what the bare interpreter does."""
    result, *command = sys.argv[1:]
    begin = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begin
    unit = 1 if sys.platform == "darwin" else 1024
    seen = {
        "seconds": seconds,
        "peak_rss_bytes": usage.ru_maxrss * unit,
        "exit_status": os.waitstatus_to_exitcode(status),
    }
    Path(result).write_text(json.dumps(seen))


if __name__ == "__main__":
    _main()
