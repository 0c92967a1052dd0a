"""What each feature adds to the scores of candidates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import feature_matrix
from samplew_gbm.pipeline.inference import COLD_PENALTY, scores_of
from samplew_gbm.pipeline.model import Model

POPULARITY = "popularity"  # the one feature that ranks for who has no history


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Of ``c`` candidates: feature ``values`` ``float32[c, f]`` in columns ``names``, and what they add.

    ``parts`` is ``float64[c, f]``, ``base`` and ``score`` are ``float64[c]``. ``base`` and the parts of a row
    sum to its score; under the objective ``binary`` to the log odds, of which the score is the probability.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    parts: NDArray[np.float64]
    base: NDArray[np.float64]
    score: NDArray[np.float64]


def contributions_of(
    model: Model, queries: Queries, candidates: CandidateTable, *, n_threads: int
) -> Contributions:
    """What the features add to the scores that ``score`` and ``recommend`` give these candidates.

    A query without a history is ranked by popularity alone, so all but the base is its part.
    """
    context = FeatureContext(queries, candidates, model.tables, model.settings.max_history)
    matrix = feature_matrix(context)
    found = model.ranker.contributor(n_threads)(matrix.values)
    parts, base = found[:, :-1].copy(), found[:, -1].copy()
    score = scores_of(model, model.ranker.scorer(n_threads), queries, candidates)
    cold = (queries.histories.sizes == 0)[candidates.lists.owner]
    parts[cold], base[cold] = 0.0, -COLD_PENALTY
    parts[cold, matrix.names.index(POPULARITY)] = score[cold] + COLD_PENALTY
    return Contributions(matrix.names, matrix.values, parts, base, score)
