"""Weighing: every row of a log gets its importance and its sample weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.importance.weights import sample_weight
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import Samples
from samplew_gbm.pipeline.signals import signals_of
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Of every row of an ``Interactions``: importance and sample weight, ``float64[n]``, means about 1.

    A row that could not be judged (it has no past to be judged from) has 1 and 1.
    """

    importance: NDArray[np.float64]
    sample_weight: NDArray[np.float64]


def weigh(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> RowWeights:
    """Importance and sample weight of every row of a log, for this or any other trainer."""
    settings = settings or Settings()
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    events = event_times(interactions)
    samples = cross_fitted_samples(interactions, settings, events, n_threads=threads, progress=progress)
    return row_weights(interactions, samples, settings, n_threads=threads)


def row_weights(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> RowWeights:
    """Importance of the judged rows over each user's samples, and the sample weights."""
    importance = np.ones(len(interactions))
    weight = np.ones(len(interactions))
    if settings.importance == "none" or not samples:
        return RowWeights(importance, weight)
    rows = np.concatenate([part.judged_rows for part in samples])
    scheme = SCHEMES[settings.importance]
    judged = scheme(
        signals_of(interactions, samples, scheme, n_threads=n_threads),
        temperature=settings.temperature,
        random_state=settings.random_state,
        n_threads=n_threads,
    )
    importance[rows] = judged
    weight[rows] = sample_weight(judged, mix=settings.mix, low=settings.weight_low, high=settings.weight_high)
    return RowWeights(importance, weight)
