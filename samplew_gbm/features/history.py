"""The shape of a history: how long it is."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext


def history(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Length of the query's history; the same for all its candidates, it tells the other features apart."""
    sizes = context.queries.meant.sizes.astype(np.float32)
    return {"history_length": sizes[context.candidates.lists.owner]}
