"""What MLflow loads of an exported folder: its ``python_function`` contract, without importing MLflow."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.bundle import read_bundle
from samplew_gbm.bundle.model_kinds import MATRIX_MODEL, kind_of
from samplew_gbm.columns import SCORE
from samplew_gbm.data.matrix import read_matrix_like
from samplew_gbm.data.sources import read_pairs
from samplew_gbm.pipeline import Model, score
from samplew_gbm.pipeline.storage import model_in

if TYPE_CHECKING:
    from samplew_gbm.estimator import ImportanceRanker


class PairScorer:
    """Scores the rows of any frame with the columns ``user_id`` and ``item_id``."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, pairs: Any, params: dict[str, Any] | None = None) -> NDArray[np.float64]:
        """``float64[n]``, one score a row, as ``samplew score`` gives it; there are no ``params``."""
        scores: NDArray[np.float64] = score(self.model, read_pairs(pairs))[SCORE].to_numpy()
        return scores


class RowScorer:
    """Scores the rows of any frame that has the features of a ranker of matrices."""

    def __init__(self, ranker: "ImportanceRanker") -> None:
        self.ranker = ranker

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> NDArray[np.float64]:
        """``float64[n]``, one score a row, as ``samplew score`` gives it; there are no ``params``."""
        encoding = self.ranker.encoding_
        if not encoding.named:  # nothing to find columns by
            return self.ranker.predict(np.asarray(rows))
        from samplew_gbm.estimator.judging import score_rows

        unknown = self.ranker.unknown_category
        matrix = read_matrix_like(rows, encoding, labelled=False, unknown=unknown)
        return score_rows(self.ranker, matrix, n_threads=None)


def _load_pyfunc(path: str) -> PairScorer | RowScorer:
    """MLflow's entry: ``path`` is that of the bundle."""
    bundle = read_bundle(path)
    if kind_of(bundle) == MATRIX_MODEL:
        from samplew_gbm.estimator import ImportanceRanker

        return RowScorer(ImportanceRanker.from_bundle(bundle))
    return PairScorer(model_in(bundle))
