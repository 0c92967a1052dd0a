"""What a feature block is, and what it may look at."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Queries


@dataclass(frozen=True, slots=True, eq=False)
class FeatureContext:
    """The values a block may use: queries, their candidates, and tables learned from rows before them.

    ``max_history`` is how many of a history's latest items attention looks back on.
    """

    queries: Queries
    candidates: CandidateTable
    tables: ItemTables
    max_history: int


class FeatureBlock(Protocol):
    """A function of the context that returns named columns, each ``float32[c]`` in candidate order.

    It must return the same names for any two contexts whose tables have the same members, and use nothing
    that happened at or after the time of a query. Where it has nothing to say it returns no column.
    """

    def __call__(self, context: FeatureContext) -> dict[str, NDArray[np.float32]]: ...
