"""The candidate rows of queries, and what every source says of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists, gather_ranges


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTable:
    """``lists`` names the ``c`` candidate items of ``q`` queries, items ascending within a query.

    ``values`` and ``ranks`` are ``float32[c, s]``: a candidate's score in each of the ``s`` sources and its
    1-based rank in that source's list of nominees (an item below the list has the list's length plus 1);
    ``best`` is ``float32[q, s]``, the best score of an item that is not hidden.
    """

    lists: Lists
    sources: tuple[str, ...]
    values: NDArray[np.float32]
    ranks: NDArray[np.float32]
    best: NDArray[np.float32]

    def keep(self, rows: NDArray[np.bool_]) -> "CandidateTable":
        """The candidates where ``rows``, ``bool[c]``, is true; all queries stay."""
        sizes = np.bincount(self.lists.owner[rows], minlength=len(self.lists))
        lists = Lists.from_sizes(sizes, self.lists.items[rows])
        return CandidateTable(lists, self.sources, self.values[rows], self.ranks[rows], self.best)

    def take(self, index: NDArray[np.int64]) -> "CandidateTable":
        """The candidates of the queries of ``index``, in that order."""
        rows = gather_ranges(self.lists.indptr[index], self.lists.indptr[index + 1])
        return CandidateTable(
            self.lists.take(index), self.sources, self.values[rows], self.ranks[rows], self.best[index]
        )
