"""Where it was shown: what stands higher is seen by more, and clicked by more for that alone.

Clipped inverse propensity weighting after Joachims, Swaminathan and Schnabel, "Unbiased Learning-to-Rank with
Biased Feedback", WSDM 2017, whose examination propensity is ``(1 / position) ** power``.
"""

import numpy as np
from numpy.typing import NDArray

HIGH = 10.0  # one click far down must not carry the gradient of a whole query


def inverse_examination(position: NDArray[np.int32], *, power: float) -> NDArray[np.float64]:
    """``min(position ** power, HIGH)``, ``float64[n]``; ``position`` is ``int32[n]``, from 1 on."""
    factor: NDArray[np.float64] = np.minimum(position.astype(np.float64) ** power, HIGH)
    return factor
