"""What MLflow loads of an exported folder: its ``python_function`` contract, without importing MLflow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import SCORE
from samplew_gbm.data.sources import read_pairs
from samplew_gbm.pipeline import Model, load_model, score


class PairScorer:
    """Scores the rows of any frame with the columns ``user_id`` and ``item_id``."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, pairs: Any, params: dict[str, Any] | None = None) -> NDArray[np.float64]:
        """``float64[n]``, one score a row, as ``samplew score`` gives it; there are no ``params``."""
        scores: NDArray[np.float64] = score(self.model, read_pairs(pairs))[SCORE].to_numpy()
        return scores


def _load_pyfunc(path: str) -> PairScorer:
    """MLflow's entry: ``path`` is that of the bundle."""
    return PairScorer(load_model(path))
