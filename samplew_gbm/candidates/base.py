"""What a candidate source is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Queries


class Source(Protocol):
    """Scores the whole catalogue for a query; its best items are nominated as candidates.

    Scores above 0 speak for an item, 0 says nothing; only items above 0 are nominated.
    """

    @property
    def name(self) -> str:
        """What the source is called in features and reports."""

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """Write the scores into ``out``, ``float32[len(queries), n_items]``. Called from several threads."""
