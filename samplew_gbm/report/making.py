"""From a log to its report: one cross-fitting, and on it the judgement of noise and the scheme chosen."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.evaluation.grouped import GroupMeans
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.weighing import row_weights
from samplew_gbm.progress import Progress
from samplew_gbm.report.findings import (
    ItemRelevance,
    SuspiciousRows,
    item_relevance,
    suspicious_rows,
    user_values,
)
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

JUDGES = ("consensus", "taste")
"""Of noise and of users, as both compare rows of different users; the first by default. ``consensus`` found
noise best on the noisy log it was measured on (``bench/README.md``), but it lifts what is popular, and finds
accidents there hardly better than chance; these ``taste`` finds."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What the importance of the ``n_judged`` of ``n_rows`` rows says.

    ``importance`` is ``float64[n_judged]`` by ``judge``; so are ``suspicious`` and ``users``, while ``items``
    are by ``scheme``.
    """

    judge: str
    scheme: str
    n_rows: int
    n_judged: int
    importance: NDArray[np.float64]
    suspicious: SuspiciousRows
    users: GroupMeans
    items: ItemRelevance


def make_report(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    judge: str = JUDGES[0],
    top: int = 20,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report of a log; at least ``top`` suspicious rows are listed where there are so many.

    ``judge`` is one of ``JUDGES``. ``DataError`` where no row can be judged. Costs what ``weigh`` costs and
    the signals of the judge.
    """
    settings, progress = settings or Settings(importance=judge), progress or Progress()
    if judge not in JUDGES:
        raise SettingsError(f"judge is {judge!r}; give one of {', '.join(JUDGES)}")
    if settings.importance == "none":
        raise SettingsError("importance is 'none', by which every row counts 1; give a scheme to report on")
    interactions = labelled(interactions, settings)
    threads = resolve_threads(n_threads)
    samples = cross_fitted_samples(
        interactions, settings, event_times(interactions), n_threads=threads, progress=progress
    )
    judged = np.concatenate([np.empty(0, np.int64), *(part.judged_rows for part in samples)])
    if not len(judged):
        raise DataError("no row of the log can be judged, as no user has a past; give a longer log")
    affinity = np.concatenate([part.affinity for part in samples])

    def importance_by(scheme: str) -> NDArray[np.float64]:
        chosen = msgspec.structs.replace(settings, importance=scheme)
        return row_weights(interactions, samples, chosen, n_threads=threads).importance

    with progress.stage("report"):
        noise = importance_by(judge)
        chosen = noise if settings.importance == judge else importance_by(settings.importance)
        return Report(
            judge=judge,
            scheme=settings.importance,
            n_rows=len(interactions),
            n_judged=len(judged),
            importance=noise[judged],
            suspicious=suspicious_rows(interactions, noise, judged, at_least=top),
            users=user_values(interactions, noise, judged),
            items=item_relevance(interactions, chosen, judged, affinity),
        )
