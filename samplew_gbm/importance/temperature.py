"""The temperature that gives the weights a wanted effective sample size."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.weights import effective_share

MILDEST, SHARPEST = 1e6, 1e-3  # those that the setting allows
STOPS = 19  # two a power of ten, looked at in turn for where the share passes the wanted one
TOLERANCE = 1e-5  # of the share; single precision importance tells little below


def temperature_for(weight_at: Callable[[float], NDArray[np.float64]], share: float) -> float:
    """The mildest temperature at which ``effective_share(weight_at(temperature))`` passes ``share``.

    A softmax evens out as its temperature rises (the sum of its squares falls), so without limits the share
    rises with the temperature. Limits on the weights can bend that where nearly all rows have reached one;
    therefore the temperature is looked for from above, and a mild one is found before a sharp one.

    A share that cannot be reached - segments of one row weigh 1 at any temperature, a narrow limit keeps
    weights alike, a scheme may not have a temperature - gets the temperature of the closest share found, the
    mildest of equals. Compare ``effective_share`` of the result with the wanted one where that matters.
    """
    found: dict[float, float] = {}
    above = MILDEST
    for temperature in np.geomspace(MILDEST, SHARPEST, STOPS).tolist():
        found[temperature] = effective_share(weight_at(temperature))
        if found[temperature] < share:
            return _bisect(weight_at, share, temperature, above)
        above = temperature
    return min(found, key=found.__getitem__)


def _bisect(
    weight_at: Callable[[float], NDArray[np.float64]], share: float, below: float, above: float
) -> float:
    """Halve, on the scale of logarithms, what lies between a share too small and one large enough."""
    while above / below > 1 + 1e-9:
        middle = float(np.sqrt(below * above))
        difference = effective_share(weight_at(middle)) - share
        if abs(difference) <= TOLERANCE:
            return middle
        below, above = (middle, above) if difference < 0 else (below, middle)
    return above
