"""What a candidate source is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Queries
from samplew_gbm.data.subset import Subset


class Source(Protocol):
    """Scores the items that it reaches for a query; its best items are nominated as candidates.

    Scores above 0 speak for an item, 0 says nothing; only items above 0 are nominated.
    """

    @property
    def name(self) -> str:
        """What the source is called in features and reports."""

    @property
    def reach(self) -> Subset:
        """The items that it scores; of every other item it says 0, whoever asks."""

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """Write the scores into ``out``, ``float32[len(queries), len(reach)]``. Several threads call it."""
