"""The feature matrix: the registered blocks side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.affinity import affinity
from samplew_gbm.features.base import FeatureBlock, FeatureContext
from samplew_gbm.features.content import content
from samplew_gbm.features.history import history
from samplew_gbm.features.numbers import numbers
from samplew_gbm.features.popularity import popularity
from samplew_gbm.features.repeats import repeats
from samplew_gbm.features.similarity import similarity
from samplew_gbm.features.vectors import vectors

BLOCKS: tuple[FeatureBlock, ...] = (
    affinity,
    similarity,
    content,
    vectors,
    popularity,
    history,
    numbers,
    repeats,
)
"""To add a block, write its file and name it here."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMatrix:
    """``values`` is ``float32[c, f]``, a row for each candidate, a column for each of ``names``."""

    names: tuple[str, ...]
    values: NDArray[np.float32]


def feature_matrix(context: FeatureContext) -> FeatureMatrix:
    """Run every block and put its columns side by side."""
    columns: dict[str, NDArray[np.float32]] = {}
    for block in BLOCKS:
        columns.update(block(context))
    values = np.empty((len(context.candidates.lists.items), len(columns)), np.float32)
    for place, column in enumerate(columns.values()):
        values[:, place] = column
    return FeatureMatrix(tuple(columns), values)
