"""Progress on stderr: a bar on a terminal, a line for each long stage anywhere else."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from samplew_gbm.cli._interrupt import INTERRUPTS
from samplew_gbm.cli._output import seconds_text
from samplew_gbm.progress import Progress, StageRecord

SHOWN_AFTER = 1.0  # seconds; what is faster is not worth a line
_REDRAW = 0.2
_BAR = 30
_ERASE = "\r\x1b[K"


@dataclass(slots=True)
class _Stage:
    name: str
    total: int | None
    done: int = 0
    begin: float = field(default_factory=time.monotonic)
    announced: bool = False

    def age(self) -> float:
        return time.monotonic() - self.begin

    def bar(self) -> str:
        """The name, how much of it is done where that is known, and the seconds so far."""
        part = ""
        if self.total:
            share = min(self.done / self.total, 1.0)
            part = f" [{'#' * int(_BAR * share):<{_BAR}}] {100 * share:.0f} %"
        return f"{self.name}{part} {seconds_text(self.age())}"


class ConsoleProgress(Progress):
    """Shows the innermost running stage once it has taken a second.

    A thread of its own redraws, for some stages work long without saying how far they are.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._terminal = stream.isatty()
        self._running: list[_Stage] = []
        self._drawn = False
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._redraw, name="progress", daemon=True)

    def on_begin(self, name: str, total: int | None) -> None:
        """Show ``name`` from now on."""
        INTERRUPTS.check()
        with self._lock:
            self._running.append(_Stage(name, total))

    def on_advance(self, name: str, done: int, total: int | None) -> None:
        """Remember how far the stage is."""
        INTERRUPTS.check()
        if self._running:
            self._running[-1].done = done

    def on_end(self, record: StageRecord) -> None:
        """Leave a line for a stage that took long."""
        with self._lock:
            self._erase()
            if self._running:
                self._running.pop()
            if record.seconds >= SHOWN_AFTER:
                self._write(f"{record.name}: {seconds_text(record.seconds)}\n")

    def start(self) -> None:
        """Begin to draw."""
        self._thread.start()

    def close(self) -> None:
        """Stop drawing and leave the line empty."""
        self._end.set()
        self._thread.join()
        self._erase()

    def _redraw(self) -> None:
        while not self._end.wait(_REDRAW):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        stage = self._running[-1] if self._running else None
        if stage is None or stage.age() < SHOWN_AFTER:
            return
        if self._terminal:
            self._write(_ERASE + stage.bar())
            self._drawn = True
        elif not stage.announced:
            self._write(f"{stage.name} ...\n")
            stage.announced = True

    def _erase(self) -> None:
        if self._drawn:
            self._write(_ERASE)
            self._drawn = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextmanager
def console_progress() -> Iterator[ConsoleProgress]:
    """Progress on stderr for the length of the block."""
    progress = ConsoleProgress(sys.stderr)
    progress.start()
    try:
        yield progress
    finally:
        progress.close()
