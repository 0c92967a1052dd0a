"""What every call of the C core shares: array types, checked sizes, progress, Ctrl-C."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from samplew_gbm import _native

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
ReportDone = Callable[[int], None]

_POLL_SECONDS = 0.2
_LONG_WORK = 2e9  # multiply-adds that may take longer than one poll


class Csr(NamedTuple):
    """Compressed rows: row r holds entries ``indptr[r]:indptr[r + 1]``."""

    indptr: Int64
    indices: Int32
    data: Float32


def instruction_set() -> str:
    """Name of the instruction set in use: ``portable``, ``avx2`` or ``avx512``.

    The environment variable ``SWG_CPU_DISABLE`` (a comma list of names, read once) takes some away.
    """
    return str(_native.instruction_set())


def checked_size(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(f"{name}: must be from {least} to {most}, got {value}")
    return int(value)


def _join(worker: threading.Thread, control: Int64, progress: ReportDone | None) -> None:
    alive = True
    while alive:  # progress is told at least once, and at last of everything
        worker.join(_POLL_SECONDS)
        alive = worker.is_alive()
        if progress is not None:
            progress(int(control[0]))


def run(
    call: Callable[[Int64 | None], object], work: float, control: Int64 | None, progress: ReportDone | None
) -> None:
    """Run ``call(control)`` here, or in a thread of its own where somebody watches or Ctrl-C could come."""
    on_main = threading.current_thread() is threading.main_thread()
    if progress is None and not (on_main and (control is not None or work > _LONG_WORK)):
        call(control)
        return
    cells = np.zeros(2, dtype=np.int64) if control is None else control
    failures: list[BaseException] = []

    def target() -> None:
        try:
            call(cells)
        except BaseException as error:
            failures.append(error)

    worker = threading.Thread(target=target, name="samplew-native", daemon=True)
    worker.start()
    try:
        _join(worker, cells, progress)
    except BaseException:
        cells[1] = 1
        worker.join()
        raise
    if failures:
        raise failures[0]
