"""What a ranker of a feature matrix was learned from, and how that went."""

import msgspec
import numpy as np

from samplew_gbm.importance.weights import effective_share
from samplew_gbm.pipeline.matrix import TrainedMatrix
from samplew_gbm.pipeline.matrix_rows import MatrixRows
from samplew_gbm.pipeline.verdict import Verdict

OWN = "rankers of our own"


class MatrixReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts of what was learned from, and what the weights came to.

    ``n_positives`` are rows with a label above 0; ``n_users`` is None where no users and items were given.
    ``judge`` says by what rows were judged: ``vectors`` of the items that were given, ``embeddings`` of users
    and items, ``scores`` of rankers of other queries, or ``nobody``. ``learner`` is ``OWN`` or the class of
    the caller's. ``effective_sample_size`` is that of the positives' weights, as a share.
    """

    n_rows: int
    n_queries: int
    n_positives: int
    n_users: int | None
    n_trees: int
    learner: str
    judge: str
    own_weights: bool
    effective_sample_size: float
    verdict: Verdict | None


def report_of(rows: MatrixRows, model: TrainedMatrix, *, importance: str, learner: str) -> MatrixReport:
    """The report of a training on ``rows``, which asked for weights by the scheme ``importance``."""
    positive = rows.label > 0
    judge = "scores" if rows.user is None else "embeddings" if rows.vectors is None else "vectors"
    return MatrixReport(
        n_rows=len(rows),
        n_queries=len(rows.owner),
        n_positives=int(np.count_nonzero(positive)),
        n_users=None if rows.user is None else len(np.unique(rows.user)),
        n_trees=model.ranker.n_trees,
        learner=learner,
        judge="nobody" if importance == "none" else judge,
        own_weights=rows.own is not None,
        effective_sample_size=1.0 if model.weight is None else effective_share(model.weight[positive]),
        verdict=model.verdict,
    )
