"""The gate of a feature matrix: are the weights kept? Asked of owners of queries who chose nothing.

Whatever judges the rows of a half - embeddings, or rankers - is learned from that half alone. Hence nothing
that the weights know comes from the queries that they are judged on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.pipeline.forms import settings_to_try, without_weights
from samplew_gbm.pipeline.matrix_affinity import affinity_of
from samplew_gbm.pipeline.matrix_rows import Learner, MatrixRows
from samplew_gbm.pipeline.matrix_weighing import weigh_matrix
from samplew_gbm.pipeline.proving import (
    LEAST_ASKED,
    Half,
    Steps,
    judge_halves,
    n_trainings,
    ndcg_by_owner,
    sides_of,
    some_owners,
)
from samplew_gbm.pipeline.verdict import QUERIES, USERS, Verdict, undecided
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

LABEL = "the label of the matrix"


def judge_matrix(
    rows: MatrixRows,
    settings: Settings,
    learner: Learner,
    *,
    trusted: bool,
    search: bool,
    pairs: bool,
    n_threads: int,
    progress: Progress,
) -> tuple[Settings, Verdict]:
    """The settings to train with, and the verdict on the weights.

    ``trusted``: labels are judgements, on which weights must prove themselves; without, they are clicks that
    the weights are there to doubt, and weights stay unless shown to hurt. With ``search`` each half chooses
    among several forms of the weights, those of ``pairs`` too where the learner can.
    """
    unit = QUERIES if rows.user is None else USERS
    kept = some_owners(*np.unique(rows.owner, return_counts=True), settings.random_state)
    rows = rows.take(np.flatnonzero(np.isin(rows.owner, kept)))
    n_asked = len(np.unique(rows.owner[np.unique(rows.query[rows.label > 0])]))
    if n_asked < LEAST_ASKED:
        return without_weights(settings), undecided(n_asked, unit)
    others = () if rows.item is None else ("centred",)
    tried = settings_to_try(settings, others, pairs=pairs) if search else [settings]
    with progress.stage("judge the weights", n_trainings(len(tried))) as advance:
        owners, place = np.unique(rows.owner, return_inverse=True)
        side, steps = sides_of(len(owners), settings.random_state)[place], Steps(advance)
        parts = [rows.take(np.flatnonzero(side == half)) for half in (0, 1)]
        halves = []
        for learn, judge in (parts, parts[::-1]):
            affinity = affinity_of(learn, settings, learner, n_threads=n_threads)
            owner = np.unique(judge.owner, return_inverse=True)[1]
            halves.append(
                _Half(
                    learn=learn,
                    affinity=affinity,
                    judge=judge,
                    owner=owner,
                    learner=learner,
                    n_threads=n_threads,
                    advance=steps,
                )
            )
        return judge_halves(halves, tried, proof=trusted, label=LABEL, unit=unit)


@dataclass(slots=True, eq=False, kw_only=True)
class _Half(Half):
    """Learns on the rows ``learn``, of that ``affinity``, and judges on those of other owners.

    ``owner`` is ``int64[q]``, the place of the owner of each query to judge.
    """

    learn: MatrixRows
    affinity: NDArray[np.float32]
    judge: MatrixRows
    owner: NDArray[np.int64]
    learner: Learner
    n_threads: int

    def _train_and_judge(self, setting: Settings) -> NDArray[np.float64]:
        weights = weigh_matrix(self.learn, self.affinity, setting, n_threads=self.n_threads)
        ranker = self.learner(self.learn, weights.weight, setting)
        scores = ranker.scorer(self.n_threads)(self.judge.features)
        return ndcg_by_owner(scores, self.judge.label, self.judge.indptr, self.owner)
