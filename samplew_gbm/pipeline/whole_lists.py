"""Whole candidate lists of some judged queries: what a gate ranks.

A training query keeps a random part of what it did not take, and the shorter a list, the better any ranker
looks at its top: by sampled lists one whose candidates are better may look worse (Krichene and Rendle, "On
sampled metrics for item recommendation", KDD 2020). So a gate, which compares rankers over different tables
as well, is given every candidate of the queries that it asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.queries import gather_ranges

N_ASKED = 15_000  # rows at most whose queries keep whole lists: one has the room of four training queries


@dataclass(frozen=True, slots=True, eq=False)
class WholeLists:
    """Of a block of queries every candidate of those ``asked``, ``int64``: places of all judged, ascending.

    Of them ``query``, ``int64[q]``, have a positive among their candidates; their users are ``user_index``,
    ``int32[q]``, and their rows ``indptr``, ``int64[q + 1]``; ``features`` and ``row`` are as of ``Samples``.
    """

    asked: NDArray[np.int64]
    query: NDArray[np.int64]
    user_index: NDArray[np.int32]
    indptr: NDArray[np.int64]
    features: NDArray[np.float32]
    row: NDArray[np.int64]

    def take(self, index: NDArray[np.int64]) -> "WholeLists":
        """The lists at the places ``index`` of ``query``; what is ``asked`` stays."""
        rows = gather_ranges(self.indptr[index], self.indptr[index + 1])
        return WholeLists(
            asked=self.asked,
            query=self.query[index],
            user_index=self.user_index[index],
            indptr=np.concatenate([[0], np.cumsum(np.diff(self.indptr)[index])]),
            features=self.features[rows],
            row=self.row[rows],
        )


def rows_to_ask(
    interactions: Interactions,
    folds: Sequence[Fold],
    ask: NDArray[np.bool_],
    n_queries: int,
    random_state: int,
) -> NDArray[np.bool_]:
    """Of the judged rows that are in ``ask``, ``bool[n]``, those whose queries are asked, ``bool[n]``.

    At most ``N_ASKED``, and a quarter of the ``n_queries`` that are learned from: one of each user by chance,
    then another of each, and in the last round of some.
    """
    judged = np.concatenate([np.empty(0, np.int64), *(fold.judge for fold in folds)])
    rows = judged[ask[judged]]
    rng = np.random.default_rng((random_state, 1))
    turn = rng.permutation(interactions.n_users)[interactions.user_index[rows]]
    by_user = np.lexsort((rng.random(len(rows)), turn))
    begins = np.flatnonzero(np.diff(turn[by_user], prepend=-1))
    round_of = np.arange(len(rows)) - np.repeat(begins, np.diff([*begins, len(rows)]))
    order = by_user[np.argsort(round_of, kind="stable")]
    chosen = np.zeros(len(interactions), bool)
    chosen[rows[order[: min(N_ASKED, n_queries // 4)]]] = True
    return chosen
