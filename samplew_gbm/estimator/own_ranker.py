"""A caller's own LightGBM ranker in place of ours: cloned, and trained on the same rows and weights."""

import re
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from samplew_gbm.errors import ParameterError
from samplew_gbm.pipeline.matrix_rows import MatrixRows
from samplew_gbm.pipeline.rankers import STOP_K
from samplew_gbm.ranking.groups import group_of
from samplew_gbm.ranking.ranker import Ranker, RankerData
from samplew_gbm.settings import Settings

_NOTE_OF_THREADS = re.compile(r"^\[num_threads: -?\d+\]\n", re.MULTILINE)


class OwnRanker:
    """Learns with clones of an ``LGBMRanker``; ``last`` is the clone trained last."""

    def __init__(self, estimator: Any, valid: RankerData | None, n_threads: int | None) -> None:
        if not _is_ranker(estimator):
            is_class = isinstance(estimator, type)
            what = f"the class {estimator.__name__}" if is_class else type(estimator).__name__
            raise ParameterError(f"estimator is {what}; give an LGBMRanker, or None for rankers of our own")
        self.n_trees = int(estimator.get_params()["n_estimators"])
        self.last: Any = None
        self._estimator, self._valid, self._n_threads = estimator, valid, n_threads

    def __call__(self, rows: MatrixRows, weight: NDArray[np.float64] | None, settings: Settings) -> Ranker:
        """Its parameters stay as they are but for fewer trees, where a gate asks for a cheap try."""
        own = clone(self._estimator).set_params(n_estimators=min(self.n_trees, settings.n_trees))
        if self._n_threads is not None:
            own.set_params(n_jobs=self._n_threads)
        options: dict[str, Any] = {}
        if self._valid is not None:
            options = _stopping(own, self._valid)
        own.fit(
            rows.features,
            rows.label,
            group=group_of(rows.indptr),
            sample_weight=weight,
            feature_name=list(rows.names),
            categorical_feature=list(rows.categorical) or "auto",
            **options,
        )
        self.last = own
        booster = own.booster_
        gain = booster.feature_importance("gain").tolist()
        n_trees = own.best_iteration_ or booster.num_trees()
        # Any number of threads grows the same trees; LightGBM's note of it would be the only difference.
        text = _NOTE_OF_THREADS.sub("", booster.model_to_string())
        return Ranker(text, rows.names, n_trees, dict(zip(rows.names, gain, strict=True)))


def _is_ranker(estimator: Any) -> bool:
    """Whether it can be cloned, cut to fewer trees and fitted on queries."""
    if isinstance(estimator, type) or not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        return False
    return "n_estimators" in estimator.get_params() and "group" in signature(estimator.fit).parameters


def _stopping(own: Any, valid: RankerData) -> dict[str, Any]:
    """The rows to stop on, under the names that this LightGBM has for them, and the place of its NDCG."""
    group: dict[str, Any] = {"eval_group": [group_of(valid.indptr)]}
    if "eval_at" not in own.get_params():
        group["eval_at"] = (STOP_K,)
    if "eval_X" in signature(own.fit).parameters:  # 4.7 and later
        return {"eval_X": valid.features, "eval_y": valid.label, **group}
    return {"eval_set": [(valid.features, valid.label)], **group}
