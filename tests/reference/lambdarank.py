"""LambdaRank on NDCG with pair weights, pair by pair in double precision, rho without a table."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FACTORS = {
    "product": lambda winner, loser: winner * loser,
    "winner": lambda winner, loser: winner,
    "mean": lambda winner, loser: (winner + loser) / 2,
}


def lambdarank(
    indptr: npt.NDArray[np.int64],
    label: npt.NDArray[np.int32],
    scores: Array,
    truncation: int,
    weight: npt.NDArray[np.float32] | None = None,
    factor: str = "product",
    norm: bool = True,
) -> tuple[Array, Array]:
    """Gradients and hessians of all rows."""
    gradients, hessians = np.zeros(len(label)), np.zeros(len(label))
    weight = np.ones(len(label)) if weight is None else weight.astype(np.float64)
    for start, stop in pairwise(indptr):
        own = slice(start, stop)
        found = one_query(label[own], scores[own], truncation, weight[own], factor, norm)
        gradients[own], hessians[own] = found
    return gradients, hessians


def one_query(
    label: npt.NDArray[np.int32], scores: Array, truncation: int, weight: Array, factor: str, norm: bool
) -> tuple[Array, Array]:
    n = len(label)
    gradient, hessian, unweighted = np.zeros(n), np.zeros(n), 0.0
    gain, discount = 2.0**label - 1, 1 / np.log2(2.0 + np.arange(n))
    most = np.sum(np.sort(gain)[::-1][:truncation] * discount[:truncation])
    place = np.empty(n, int)
    place[np.argsort(-scores, kind="stable")] = np.arange(n)
    for winner in range(n):
        for loser in range(n):
            if label[winner] <= label[loser] or min(place[winner], place[loser]) >= truncation:
                continue
            apart = scores[winner] - scores[loser]
            delta = (gain[winner] - gain[loser]) / most
            delta *= abs(discount[place[winner]] - discount[place[loser]])
            if norm and scores.min() != scores.max():
                delta /= 0.01 + abs(apart)
            rho = 1 / (1 + np.exp(apart))
            pull, curvature = rho * delta, rho * (1 - rho) * delta
            unweighted += 2 * pull
            f = FACTORS[factor](weight[winner], weight[loser])
            gradient[winner] -= f * pull
            gradient[loser] += f * pull
            hessian[[winner, loser]] += f * curvature
    scale = np.log2(1 + unweighted) / unweighted if norm and unweighted > 0 else 1.0
    return scale * gradient, scale * hessian
