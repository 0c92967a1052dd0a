"""What the weights of a training were like, as it is kept in the model."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.pipeline.weighing import RowWeights
from samplew_gbm.settings import Settings

N_BARS = 40
TAIL = 0.995  # the last bar holds all beyond this quantile: a few large values would flatten the rest
_ROUNDING = 1e-9  # relative: a limit is met up to what dividing by the mean rounds off


class Histogram(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many values lie between each two of the rising ``edges``, the first of them 0.

    What lies beyond the last is counted in the last bar.
    """

    edges: list[float]
    counts: list[int]


class WeightSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the sample weights of the judged rows: how they spread, and the shares held by either limit."""

    histogram: Histogram
    share_at_low: float
    share_at_high: float


def histogram_of(values: NDArray[np.float64]) -> Histogram:
    """The histogram of ``float64[n]``, n at least 1, not below 0 and with a mean of about 1."""
    upper = max(float(np.quantile(values, TAIL)), 1.25)
    counts, edges = np.histogram(np.minimum(values, upper), N_BARS, (0, upper))
    return Histogram(edges.tolist(), counts.tolist())


def summary_of(weights: RowWeights, judged: NDArray[np.int64], settings: Settings) -> WeightSummary | None:
    """The summary over the ``judged`` rows; ``None`` where nothing was weighed."""
    if settings.importance == "none" or not len(judged):
        return None
    weight = weights.sample_weight[judged]
    limited = weight / weights.base[judged]
    return WeightSummary(
        histogram=histogram_of(weight),
        share_at_low=float(np.mean(limited <= settings.weight_low * (1 + _ROUNDING))),
        share_at_high=float(np.mean(limited >= settings.weight_high * (1 - _ROUNDING))),
    )
