"""The scikit-learn estimators: importance and weighted ranking on a ready feature matrix."""

from samplew_gbm.estimator.ranker import ImportanceRanker
from samplew_gbm.estimator.transformer import AttentionImportance

__all__ = ["AttentionImportance", "ImportanceRanker"]
