"""Ranking metrics. A new one is a file with ``metric(rows, k) -> float64[q]`` and a line here."""

from collections.abc import Callable

from samplew_gbm.evaluation.metrics.hit_rate import hit_rate
from samplew_gbm.evaluation.metrics.map import average_precision
from samplew_gbm.evaluation.metrics.mrr import mrr
from samplew_gbm.evaluation.metrics.ndcg import ndcg
from samplew_gbm.evaluation.metrics.recall import precision, recall
from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows

Metric = Callable[[RankedRows, int], Float64]

METRICS: dict[str, Metric] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": mrr,
    "map": average_precision,
}
