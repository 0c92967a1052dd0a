"""LambdaRank that weighs pairs: LightGBM's own objective, each pair's pull times a function of two weights.

A row weight multiplies a row's finished gradient, so a positive of small weight still pushes its query's
negatives down at full strength. A pair weight multiplies both ends of a pair: what one row gains the other
loses, and a query's gradients sum to 0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm import native

Float32 = NDArray[np.float32]
Objective = Callable[[NDArray[np.float64], Any], tuple[Float32, Float32]]

FACTORS = {"pair": "product", "pair_winner": "winner", "pair_mean": "mean"}
"""The pair factor of each ``weighting`` that weighs pairs."""


def pair_objective(
    label: NDArray[np.int32],
    indptr: NDArray[np.int64],
    weight: NDArray[np.float64] | None,
    *,
    weighting: str,
    truncation: int,
    n_threads: int,
) -> Objective:
    """The objective of rows in the order of the `Dataset`; without ``weight`` LightGBM's, tree for tree.

    LightGBM multiplies by a `Dataset`'s weight inside its own objectives only; it takes the gradients of
    another one as they are. Hence the weight comes in here, and the `Dataset` gets none. LightGBM copies
    what it finds in its parameters: a function, unlike an object with arrays, stays one.
    """
    plan = native.lambdarank_plan(indptr, label, truncation)
    own = None if weight is None else weight.astype(np.float32)
    factor = FACTORS[weighting]

    def objective(scores: NDArray[np.float64], _: Any) -> tuple[Float32, Float32]:
        return native.lambdarank(indptr, label, plan, scores, truncation, own, factor, n_threads=n_threads)

    return objective


class KeepDraws:
    """A callback by which a custom objective sees the columns that LightGBM's own would.

    Before the first tree LightGBM sets the objective to none once more, though it was made so, and that
    draws a sample of the columns which no tree uses: every later tree would get its neighbour's.
    """

    before_iteration = True

    def __call__(self, env: Any) -> None:
        env.model._Booster__set_objective_to_none = True
