"""Learned sample importance for LightGBM rankers.

Everything public is named here and loaded when it is first used, so that importing the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samplew_gbm.columns import ColumnNames
    from samplew_gbm.data.describing import describe_items, describe_users
    from samplew_gbm.data.interactions import build_interactions
    from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
    from samplew_gbm.data.sources import read_items, read_log, read_pairs, read_user_table
    from samplew_gbm.data.streaming import read_interactions
    from samplew_gbm.data.vectors import read_vectors
    from samplew_gbm.drift.measuring import measure_drift
    from samplew_gbm.estimator import AttentionImportance, ImportanceRanker
    from samplew_gbm.explain.recommendation import explain_recommendation
    from samplew_gbm.export.exporting import export_model
    from samplew_gbm.pipeline import (
        Model,
        continue_training,
        evaluate,
        load_model,
        recommend,
        save_model,
        score,
        train,
        weigh,
        with_arrivals,
        with_new_users,
    )
    from samplew_gbm.progress import Progress
    from samplew_gbm.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AttentionImportance",
    "ColumnNames",
    "ImportanceRanker",
    "Model",
    "Progress",
    "Settings",
    "build_interactions",
    "continue_training",
    "describe_items",
    "describe_users",
    "evaluate",
    "explain_recommendation",
    "export_model",
    "join_item_vectors",
    "join_user_vectors",
    "load_model",
    "measure_drift",
    "read_interactions",
    "read_items",
    "read_log",
    "read_pairs",
    "read_user_table",
    "read_vectors",
    "recommend",
    "save_model",
    "score",
    "train",
    "weigh",
    "with_arrivals",
    "with_new_users",
]

_HOMES = {
    "AttentionImportance": "estimator",
    "ColumnNames": "columns",
    "ImportanceRanker": "estimator",
    "Progress": "progress",
    "Settings": "settings",
    "build_interactions": "data.interactions",
    "describe_items": "data.describing",
    "describe_users": "data.describing",
    "explain_recommendation": "explain.recommendation",
    "export_model": "export.exporting",
    "join_item_vectors": "data.joining",
    "join_user_vectors": "data.joining",
    "measure_drift": "drift.measuring",
    "read_interactions": "data.streaming",
    "read_items": "data.sources",
    "read_log": "data.sources",
    "read_pairs": "data.sources",
    "read_user_table": "data.sources",
    "read_vectors": "data.vectors",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'pipeline')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
