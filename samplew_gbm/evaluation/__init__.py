"""How good a ranking is: metrics per query and their means."""

from samplew_gbm.evaluation.evaluate import Evaluation, evaluate, evaluate_lists, ranked_metrics
from samplew_gbm.evaluation.metrics import METRICS

__all__ = ["METRICS", "Evaluation", "evaluate", "evaluate_lists", "ranked_metrics"]
