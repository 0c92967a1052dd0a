"""What each candidate source says of a candidate: score, score relative to the source's best, rank."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext

LEAST_BEST = np.float32(1e-9)  # a best score below this is no measure to divide by


def directions(sources: tuple[str, ...]) -> dict[str, int]:
    """The way a score should go with each column: up (1) with affinity, down (-1) with rank."""
    columns: dict[str, int] = {}
    for source in sources:
        columns |= {source: 1, f"{source}_relative": 1, f"{source}_rank": -1}
    return columns


def affinity(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Three columns a source."""
    table = context.candidates
    owner = table.lists.owner
    columns: dict[str, NDArray[np.float32]] = {}
    for place, source in enumerate(table.sources):
        value = table.values[:, place]
        columns[source] = value
        columns[f"{source}_relative"] = value / np.maximum(table.best[owner, place], LEAST_BEST)
        columns[f"{source}_rank"] = table.ranks[:, place]
    return columns
