"""How likely it was to be seen: what is shown everywhere is taken often without being liked more.

Inverse propensity weighting after Schnabel et al., "Recommendations as Treatments: Debiasing Learning and
Evaluation", ICML 2016. Nobody logs exposure, so how often an item occurs stands in for it, to a power below 1
as popularity is only partly exposure: Yang et al., "Unbiased Offline Recommender Evaluation for
Missing-Not-At-Random Implicit Feedback", RecSys 2018.

Where the log has positions, exposure is examination: the place ``k`` of a list is looked at in proportion to
``k ** -power``, and a row taken from a low place is worth more (Joachims et al., "Unbiased Learning-to-Rank
with Biased Feedback", WSDM 2017). The power is given, or found from items that were shown in several places.
"""

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 1.0  # rows that every item gets on top: one row more or less says little of a rare item
LOW, HIGH = 0.1, 10.0  # a few rows of rare items must not carry the whole gradient
MOST, PRECISION = 4.0, 1e-4  # of the power that is found
TINY = 1e-9  # of a slope that is nothing but rounding, and of the views of an item never shown


def inverse_propensity(item: NDArray[np.int32], *, n_items: int, power: float) -> NDArray[np.float64]:
    """``clip(exposure ** -power, LOW, HIGH)``, then divided by its mean over the rows; ``float64[n]``.

    ``item`` is ``int32[n]``. The exposure of an item is its smoothed count over the mean item's, so that 1 is
    usual and the limits mean the same for every log.

    Counts are over all rows given, also those later than the row that is weighed: adding rows changes the
    weights of old ones. That is no leak into what is predicted, as only weights of training rows see them;
    that a weight never depends on the future is not promised.
    """
    counts = np.bincount(item, minlength=n_items) + SMOOTHING
    factor: NDArray[np.float64] = np.clip((counts / counts.mean()) ** -power, LOW, HIGH)[item]
    return factor / factor.mean() if len(factor) else factor


def inverse_examination(position: NDArray[np.int32], *, power: float) -> NDArray[np.float64]:
    """``min(position ** power, HIGH)``, then divided by its mean over the rows; ``float64[n]``.

    ``position`` is ``int32[n]`` from 1 on; a row of unknown position, 0, has the mean: nothing is said of it.
    """
    factor, known = np.ones(len(position)), position > 0
    raised = np.minimum(position[known].astype(np.float64) ** power, HIGH)
    factor[known] = raised / raised.mean() if len(raised) else raised
    return factor


def examination_power(
    item: NDArray[np.int32], position: NDArray[np.int32], taken: NDArray[np.bool_]
) -> float:
    """The power of ``examination = position ** -power`` by the same items in several places; in [0, MOST].

    ``item``, ``position`` (from 1) and ``taken`` are of ``n`` rows shown. The clicks of item ``i`` in place
    ``k`` are Poisson with mean ``shown_ik * r_i * k ** -power``; with its maximum for every ``r_i`` put in,
    the likelihood is that of where an item's clicks fall among its own places, concave in the power. So good
    items at the top do not pass for examination: each is compared with itself, the idea of Agarwal et al.,
    "Estimating Position Bias without Intrusive Interventions", WSDM 2019. Found by bisection of the slope;
    0 where nothing was taken, or no item was in two places.
    """
    log_place = np.log(position.astype(np.float64))
    clicks = np.bincount(item[taken], minlength=int(item.max(initial=-1)) + 1)
    at_clicks = log_place[taken].sum()

    def slope(power: float) -> float:
        weight = np.exp(-power * log_place)
        total = np.maximum(np.bincount(item, weight, len(clicks)), TINY)
        mean = np.bincount(item, weight * log_place, len(clicks)) / total
        return float((clicks * mean).sum() - at_clicks)

    low, high = 0.0, MOST
    if slope(low) <= TINY:
        return low
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return (low + high) / 2
