"""Weighing: every row of a log gets its importance and its sample weight."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.interactions import Interactions, check_log
from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.importance.temperature import temperature_for
from samplew_gbm.importance.weights import effective_share, limited_product, mixed, sample_weight
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.factors import active_factors
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import Samples
from samplew_gbm.pipeline.signals import signals_of
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

ATTENTION = "attention"


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Of every row of an ``Interactions``: importance and sample weight, ``float64[n]``, means about 1.

    A row that could not be judged (it has no past to be judged from) has importance 1, and 1 for the factor
    ``"attention"``; where no other factor is on its weight is 1.

    ``factors`` are ``float64[n]``, first ``"attention"``, the mixed importance, then those that are on. Where
    their product keeps within the limits ``sample_weight`` is ``base`` times that product; ``base`` is
    ``float64[n]``: 1 over the mean of the limited products of all rows - where attention is alone, of the
    judged rows, and 1 for the others. ``temperature`` is the one that importance was made with, and
    ``effective_sample`` the effective sample size of the judged rows by attention alone, as a share.
    """

    importance: NDArray[np.float64]
    sample_weight: NDArray[np.float64]
    factors: dict[str, NDArray[np.float64]]
    base: NDArray[np.float64]
    temperature: float
    effective_sample: float


def weigh(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> RowWeights:
    """Importance and sample weight of every row of a log, for this or any other trainer."""
    settings = settings or Settings()
    check_log(interactions, settings)
    interactions = labelled(interactions, settings)
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    events = event_times(interactions)
    samples = cross_fitted_samples(interactions, settings, events, n_threads=threads, progress=progress)
    return row_weights(interactions, samples, settings, n_threads=threads)


def row_weights(
    interactions: Interactions,
    samples: list[Samples],
    settings: Settings,
    *,
    signals: SampleSignals | None = None,
    n_threads: int,
) -> RowWeights:
    """Importance of the judged rows over each user's samples, and the sample weights.

    ``signals`` are those of the scheme, where they are known already.
    """
    importance = np.ones(len(interactions))
    temperature, rows = settings.temperature, np.empty(0, np.int64)
    if settings.importance != "none" and samples:
        rows = np.concatenate([part.judged_rows for part in samples])
        chosen = SCHEMES[settings.importance]
        scheme = partial(
            chosen,
            signals or signals_of(interactions, samples, chosen, settings, n_threads=n_threads),
            random_state=settings.random_state,
            n_threads=n_threads,
        )
        temperature = temperature_of(scheme, settings)
        importance[rows] = scheme(temperature=temperature)
    return _with_factors(importance, rows, active_factors(interactions, settings), temperature, settings)


def temperature_of(scheme: Callable[..., NDArray[np.float32]], settings: Settings) -> float:
    """The temperature set, or the one that brings the judged rows to the effective sample size set."""
    if not settings.effective_sample:
        return settings.temperature

    def weight_at(temperature: float) -> NDArray[np.float64]:
        importance = scheme(temperature=temperature)
        low, high = settings.weight_low, settings.weight_high
        return sample_weight(importance, mix=settings.mix, low=low, high=high)

    return temperature_for(weight_at, settings.effective_sample)


def _with_factors(
    importance: NDArray[np.float64],
    judged: NDArray[np.int64],
    others: dict[str, NDArray[np.float64]],
    temperature: float,
    settings: Settings,
) -> RowWeights:
    attention, weight, base = (np.ones(len(importance)) for _ in range(3))
    attention[judged] = mixed(importance[judged], settings.mix)
    factors = {ATTENTION: attention, **others}
    # Attention alone says nothing of rows that were not judged, so their ones stay out of its mean.
    rows = np.arange(len(importance)) if others else judged
    low, high = settings.weight_low, settings.weight_high
    if len(rows):
        limited = limited_product([factor[rows] for factor in factors.values()], low=low, high=high)
        weight[rows], base[rows] = limited / limited.mean(), 1 / limited.mean()
    share = effective_share(limited_product([attention[judged]], low=low, high=high))
    return RowWeights(importance, weight, factors, base, temperature, share)
