"""What MLflow loads of an exported folder: its ``python_function`` contract, without importing MLflow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.bundle import read_bundle
from samplew_gbm.bundle.model_kinds import MATRIX_MODEL, kind_of
from samplew_gbm.columns import SCORE
from samplew_gbm.data.matrix import read_matrix_like
from samplew_gbm.data.sources import read_pairs
from samplew_gbm.pipeline import Model, score
from samplew_gbm.pipeline.matrix_inference import score_matrix
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_storage import matrix_model_in
from samplew_gbm.pipeline.storage import model_in


class PairScorer:
    """Scores the rows of any frame with the columns ``user_id`` and ``item_id``."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, pairs: Any, params: dict[str, Any] | None = None) -> NDArray[np.float64]:
        """``float64[n]``, one score a row, as ``samplew score`` gives it; there are no ``params``."""
        scores: NDArray[np.float64] = score(self.model, read_pairs(pairs))[SCORE].to_numpy()
        return scores


class RowScorer:
    """Scores the rows of any frame that has the features of a model of a matrix."""

    def __init__(self, model: MatrixModel) -> None:
        self.model = model

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> NDArray[np.float64]:
        """``float64[n]``, one score a row, as ``samplew score`` gives it; there are no ``params``."""
        encoding = self.model.encoding
        if not encoding.named:  # nothing to find columns by but their places
            rows = dict(zip(encoding.names, np.asarray(rows).T, strict=True))
        unknown = self.model.unknown_category
        matrix = read_matrix_like(rows, encoding, labelled=False, unknown=unknown)
        return score_matrix(self.model, matrix, n_threads=None)


def _load_pyfunc(path: str) -> PairScorer | RowScorer:
    """MLflow's entry: ``path`` is that of the bundle."""
    bundle = read_bundle(path)
    if kind_of(bundle) == MATRIX_MODEL:
        return RowScorer(matrix_model_in(bundle))
    return PairScorer(model_in(bundle))
