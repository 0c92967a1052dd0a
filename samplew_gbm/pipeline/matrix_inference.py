"""Scores and metrics of the rows of a matrix that was read for a model (``read_matrix_like``)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import QUERY_ID
from samplew_gbm.data.matrix import RankingMatrix
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError
from samplew_gbm.evaluation.evaluate import evaluate_rows
from samplew_gbm.pipeline.inference import METRIC_NAMES
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.runtime import resolve_threads


@dataclass(frozen=True, slots=True)
class MatrixEvaluation:
    """Means of metrics named like "NDCG@10" over ``n_queries`` queries that have a label above 0.

    ``n_without_positives`` queries have none, and are left out.
    """

    metrics: dict[str, float]
    n_queries: int
    n_without_positives: int


def score_matrix(model: MatrixModel, rows: RankingMatrix, *, n_threads: int | None) -> NDArray[np.float64]:
    """The score of each row, ``float64[n]``: higher is better; scores compare within a query."""
    return model.ranker.scorer(resolve_threads(n_threads))(rows.features)


def evaluate_matrix(
    model: MatrixModel, rows: RankingMatrix, *, ks: tuple[int, ...], n_threads: int | None
) -> MatrixEvaluation:
    """Metrics of labelled rows, by query; ``DataError`` where none has a label above 0."""
    assert rows.label is not None
    if not (rows.label > 0).any():
        raise DataError("has no label above 0, so no query can be judged; give labels of some")
    scores = score_matrix(model, rows, n_threads=n_threads)
    query = Vocabulary.factorize(rows.ids[QUERY_ID])[1].astype(np.int64)
    found = evaluate_rows(scores, rows.label, query, metrics=tuple(METRIC_NAMES), ks=ks)
    metrics = {}
    for name, value in found.mean.items():
        metric, _, k = name.partition("@")
        metrics[f"{METRIC_NAMES[metric]}@{k}"] = value
    return MatrixEvaluation(metrics, found.n_queries - found.n_without_positives, found.n_without_positives)
