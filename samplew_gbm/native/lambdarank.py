"""Gradients of LambdaRank with weights of pairs."""

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Float64, Int32, Int64

PAIR_FACTORS = ("product", "winner", "mean")


def lambdarank_plan(indptr: Int64, label: Int32, truncation: int) -> Float64:
    """What `lambdarank` needs of labels and queries that does not change from one iteration to the next.

    ``label`` int32[n] is from 0 to 31; query q holds rows ``indptr[q]:indptr[q + 1]``.
    """
    longest = min(len(label), int(np.diff(indptr).max(initial=0)))
    plan = np.empty(max(0, len(indptr) - 1) + longest + 2**20, np.float64)
    _native.lambdarank_plan(indptr, label, plan, int(truncation))
    return plan


def lambdarank(
    indptr: Int64,
    label: Int32,
    plan: Float64,
    scores: Float64,
    truncation: int,
    weight: Float32 | None = None,
    factor: str = "product",
    norm: bool = True,
    n_threads: int = 1,
) -> tuple[Float32, Float32]:
    """LightGBM's LambdaRank on NDCG, each pair's lambda times a function of the two rows' weights.

    ``factor`` is ``product``, ``winner`` (the weight of the row with the higher label) or ``mean``; without
    ``weight`` it is 1. ``plan`` is `lambdarank_plan` of the same ``indptr``, ``label`` and ``truncation``.

    Returns gradients float32[n] and hessians float32[n]; the gradients of a query sum to 0.
    """
    if factor not in PAIR_FACTORS:
        raise ValueError(f"factor: give one of {', '.join(PAIR_FACTORS)}, got {factor!r}")
    code = PAIR_FACTORS.index(factor)
    gradients, hessians = np.empty(len(label), np.float32), np.empty(len(label), np.float32)
    options = (int(truncation), code, bool(norm), int(n_threads))
    _native.lambdarank(indptr, label, plan, scores, weight, *options, gradients, hessians)
    return gradients, hessians
