"""What a gate asks users of a log: the rows to judge by in the queries that keep whole lists, found or not.

Rankers over other tables have other candidates. Both are judged by the same queries of the same users only if
what their candidates lack counts as ranked nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.evaluation.metrics.ndcg import dcg, ideal_dcg
from samplew_gbm.evaluation.ranked_rows import rows_from_scores
from samplew_gbm.pipeline.assembling import TrainingRows, whole_lists_of
from samplew_gbm.pipeline.proving import WIDE_K, K
from samplew_gbm.pipeline.samples import NEGATIVE, Samples


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The ``m`` judged queries of all folds, and the rows of the log that they are judged by.

    ``label`` is ``int32[n]`` of the ``n`` rows of the log, 0 for those that tell nothing; ``user`` is
    ``int32[m]``; ``ideals`` holds for ``K`` and ``WIDE_K`` the DCG of the best order, ``float64[m]``, 0 where
    nothing is asked.
    """

    label: NDArray[np.int32]
    user: NDArray[np.int32]
    ideals: dict[int, NDArray[np.float64]]

    @property
    def ideal(self) -> NDArray[np.float64]:
        """That for ``K``."""
        return self.ideals[K]

    @property
    def users(self) -> NDArray[np.int32]:
        """Those who are asked something, sorted."""
        return np.unique(self.user[self.ideal > 0])

    def answering(self, rows: TrainingRows) -> TrainingRows:
        """Of ``rows`` those of the queries that hold something to judge by; themselves where all do."""
        asked = np.add.reduceat(self._labels(rows), rows.indptr[:-1]) if len(rows.query) else np.empty(0)
        return rows if (asked > 0).all() else rows.take(np.flatnonzero(asked > 0))

    def ndcg(
        self, users: NDArray[np.int32], rows: TrainingRows, scores: NDArray[np.float64], k: int = K
    ) -> NDArray[np.float64]:
        """NDCG at ``k`` of each of the ``users``, ``float64`` beside them: the mean of what he is asked.

        ``k`` is ``K`` or ``WIDE_K``; ``rows`` are those that answer queries of theirs, with ``scores``
        ``float64``; a query that no row answers is worth 0.
        """
        found = np.zeros(len(self.user))
        gained = dcg(rows_from_scores(scores, self._labels(rows), rows.indptr), k)
        found[rows.query] = gained / self.ideals[k][rows.query]
        ours = (self.ideal > 0) & np.isin(self.user, users)
        place = np.searchsorted(users, self.user[ours])
        mean: NDArray[np.float64] = np.bincount(place, found[ours]) / np.bincount(place)
        return mean

    def _labels(self, rows: TrainingRows) -> NDArray[np.int32]:
        return np.where(rows.row == NEGATIVE, 0, self.label[rows.row]).astype(np.int32)


def asked_of(
    interactions: Interactions, samples: Sequence[Samples], trusted: NDArray[np.bool_] | None = None
) -> Asked:
    """The queries of the ``samples``; judged by the ``trusted`` rows, ``bool[n]``, or by all as graded.

    ``ValueError`` where the samples were made without whole lists.
    """
    if trusted is None:
        grade = interactions.grade
        label = np.ones(len(interactions), np.int32) if grade is None else grade.astype(np.int32)
    else:
        label = trusted.astype(np.int32)
    users = [interactions.user_index[part.judged_rows[part.judged_indptr[:-1]]] for part in samples]
    return Asked(
        label,
        np.concatenate([np.empty(0, np.int32), *users]),
        {
            k: np.concatenate([np.empty(0), *(_ideal(part, label, k) for part in samples)])
            for k in (K, WIDE_K)
        },
    )


def _ideal(part: Samples, label: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    """Of each query that one fold judged; 0 of those that are not asked."""
    labels = label[part.judged_rows]
    best = ideal_dcg(rows_from_scores(labels, labels, part.judged_indptr), k)
    asked = np.concatenate([block.asked for block in whole_lists_of(part)])
    ideal = np.zeros(len(best))
    ideal[asked] = best[asked]
    return ideal
