"""What a long computation tells its caller while it runs: stages, how far they are, what they cost."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from samplew_gbm.runtime import peak_rss_bytes

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One finished stage: wall seconds, and the peak resident memory of the process at its end."""

    name: str
    seconds: float
    peak_rss_bytes: int


class Progress:
    """Silent by default; a subclass shows what the three ``on_`` methods tell it."""

    def __init__(self) -> None:
        self.stages: list[StageRecord] = []

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """Run one stage; the value is a function that takes how much of ``total`` is done."""
        begin = time.perf_counter()
        self.on_begin(name, total)
        yield lambda done: self.on_advance(name, done, total)
        record = StageRecord(name, time.perf_counter() - begin, peak_rss_bytes())
        self.stages.append(record)
        self.on_end(record)

    def on_begin(self, name: str, total: int | None) -> None:
        """A stage starts."""

    def on_advance(self, name: str, done: int, total: int | None) -> None:
        """``done`` of ``total`` units are finished."""

    def on_end(self, record: StageRecord) -> None:
        """A stage finished without an error."""
