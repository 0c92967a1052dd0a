"""From importance to the sample weight that LightGBM gets."""

import numpy as np
from numpy.typing import NDArray


def sample_weight(
    importance: NDArray[np.float32], *, mix: float, low: float, high: float
) -> NDArray[np.float64]:
    """``clip((1 - mix) + mix * importance, low, high)``, then divided by its mean; ``float64[n]``.

    LightGBM normalises nothing: leaf limits and regularisation see the scale, so the mean is kept at 1.
    """
    weight = np.clip((1 - mix) + mix * importance.astype(np.float64), low, high)
    return weight / weight.mean() if len(weight) else weight


def effective_share(weight: NDArray[np.float64]) -> float:
    """Effective sample size ``(sum w)^2 / sum w^2`` as a share of the number of samples (Kish 1965)."""
    if not len(weight):
        return 1.0
    return float(weight.sum() ** 2 / (len(weight) * np.square(weight).sum()))
