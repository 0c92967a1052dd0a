"""Training as users call it: prepare, ask the gate what stays, train."""

from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, check_log
from samplew_gbm.data.trusted import Trusted
from samplew_gbm.importance.taste import NOTABLE_SHARE
from samplew_gbm.pipeline.accidents import accident_share_of
from samplew_gbm.pipeline.gating import judge_weights
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.training import Prepared, fit, prepare
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import FIND, Settings


def train(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    gate: bool = True,
    trusted: Trusted | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model on a log. ``DataError`` where the log is too small to learn a ranking from.

    With ``gate`` weights that do not help are refused (``gating``): the model is then the unweighted one, its
    ranker the same to the last byte, and its ``report.verdict`` says why. ``trusted`` names the rows that the
    weights must prove themselves on; a trusted label without a gate is not asked. Where such a log tells of
    accidents, and ``settings.denoise`` is 0, tables without them are offered to the gate as well: that is a
    second preparation.
    """
    settings, progress = settings or Settings(), progress or Progress()
    check_log(interactions, settings)
    threads = resolve_threads(n_threads)
    ask = np.ones(len(interactions), bool)
    if trusted is not None:
        ask = trusted.rows(interactions)  # refused before hours of work
    judge = gate and settings.importance != "none"
    prepared = prepare(
        interactions, settings, ask=ask if judge else None, n_threads=threads, progress=progress
    )
    verdict = None
    if judge:
        begin = len(progress.stages)
        denoised = None
        if trusted is not None:
            denoised = _denoised(interactions, settings, ask, n_threads=threads, progress=progress)
        settings, verdict = judge_weights(
            prepared, settings, trusted, denoised=denoised, n_threads=threads, progress=progress
        )
        stages = [*prepared.stages, *progress.stages[begin:]]
        if denoised is not None and settings.denoise == FIND:
            prepared = denoised
        samples = [replace(part, whole=None) for part in prepared.samples]  # room for the training
        prepared = replace(prepared, samples=samples, stages=stages)
    return fit(prepared, settings, verdict=verdict, n_threads=threads, progress=progress)


def _denoised(
    interactions: Interactions,
    settings: Settings,
    ask: NDArray[np.bool_],
    *,
    n_threads: int,
    progress: Progress,
) -> Prepared | None:
    """The log prepared without its accidents; None where it tells of few, or the settings say how many."""
    if settings.denoise:
        return None
    with progress.stage("look for accidents"):
        share = accident_share_of(interactions, settings.random_state, n_threads=n_threads)
    if share < NOTABLE_SHARE:
        return None
    without = msgspec.structs.replace(settings, denoise=FIND)
    return prepare(interactions, without, ask=ask, n_threads=n_threads, progress=progress)
