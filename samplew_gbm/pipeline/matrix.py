"""Training on a ready feature matrix: affinity -> importance -> the gate -> a ranker."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.pipeline.forms import without_weights
from samplew_gbm.pipeline.matrix_affinity import affinity_of
from samplew_gbm.pipeline.matrix_gating import judge_matrix
from samplew_gbm.pipeline.matrix_rows import Learner, MatrixRows
from samplew_gbm.pipeline.matrix_weighing import weigh_matrix
from samplew_gbm.pipeline.rankers import train_rankers
from samplew_gbm.pipeline.verdict import Verdict
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import Ranker, RankerData
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class TrainedMatrix:
    """A ranker of a matrix, the settings that it was trained with, and what was made of the rows.

    ``importance`` is ``float64[n]``, mean 1 over the rows; ``weight`` ``float64[n]``, None for all 1.
    ``verdict`` is None where no gate was asked.
    """

    ranker: Ranker
    settings: Settings
    importance: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    verdict: Verdict | None


def own_rankers(valid: RankerData | None, *, n_threads: int, progress: Progress) -> Learner:
    """The rankers that a log gets too, for rows of any matrix; stopped on ``valid`` where it is given."""

    def learn(rows: MatrixRows, weight: NDArray[np.float64] | None, settings: Settings) -> Ranker:
        ranker, _ = train_rankers(
            rows.data(weight),
            rows.owner.astype(np.int32),
            settings,
            names=rows.names,
            monotone=None,
            n_threads=n_threads,
            progress=progress,
            categorical=rows.categorical,
            valid=valid,
        )
        return ranker

    return learn


def train_matrix(
    rows: MatrixRows,
    settings: Settings,
    learner: Learner,
    *,
    gate: bool = True,
    trusted: bool = True,
    search: bool = False,
    pairs: bool = True,
    n_threads: int,
    progress: Progress | None = None,
) -> TrainedMatrix:
    """Weigh the rows, ask the gate, train.

    Where the gate refuses, the ranker is that of the twin to the last byte: of the caller's own weights and
    nothing else. ``trusted``, ``search`` and ``pairs`` as in ``judge_matrix``.
    """
    verdict, progress = None, progress or Progress()
    if settings.importance == "none":
        settings = without_weights(settings)
    elif gate:
        settings, verdict = judge_matrix(
            rows,
            settings,
            learner,
            trusted=trusted,
            search=search,
            pairs=pairs,
            n_threads=n_threads,
            progress=progress,
        )
    affinity = np.full(len(rows), np.nan, np.float32)
    with progress.stage("weigh the rows"):
        if settings.importance != "none":
            affinity = affinity_of(rows, settings, learner, n_threads=n_threads)
        weights = weigh_matrix(rows, affinity, settings, n_threads=n_threads)
    with progress.stage("train the ranker"):
        ranker = learner(rows, weights.weight, settings)
    return TrainedMatrix(ranker, settings, weights.importance, weights.weight, verdict)
