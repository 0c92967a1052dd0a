"""Importance and sample weight before and after, of rows judged by tables of the rows before them."""

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.appending import Appended
from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.drift.shifts import Shift, shift_of_values
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.weighing import row_weights
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

GROUP = "weights"


def shifts_of_weights(
    old: Interactions,
    appended: Appended,
    settings: Settings,
    threshold: float,
    *,
    n_threads: int,
    progress: Progress,
) -> Iterator[Shift]:
    """What the old rows weigh among themselves, and the new ones behind them; costs weighing both.

    Factors of events, values or positions, which not every side has, are left out.
    """
    scheme = "attention" if settings.importance == "none" else settings.importance
    settings = msgspec.structs.replace(
        settings, importance=scheme, behaviour="", grades="", position_power=0.0, value_power=0.0
    )
    sides = [
        _weighed(log, settings, only, n_threads, progress)
        for log, only in ((old, None), (appended.interactions, appended.is_new))
    ]
    if not all(len(side[0]) for side in sides):
        return
    for place, name in enumerate(("importance", "sample weight")):
        yield shift_of_values(GROUP, name, *(side[place] for side in sides), threshold=threshold)


def _weighed(
    log: Interactions,
    settings: Settings,
    only: NDArray[np.bool_] | None,
    n_threads: int,
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Importance and sample weight of the judged rows."""
    log = labelled(log, settings)
    samples = cross_fitted_samples(
        log, settings, event_times(log), only=only, n_threads=n_threads, progress=progress
    )
    rows = np.concatenate([np.empty(0, np.int64), *(part.judged_rows for part in samples)])
    found = row_weights(log, samples, settings, n_threads=n_threads)
    return found.importance[rows], found.sample_weight[rows]
