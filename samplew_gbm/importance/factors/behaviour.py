"""What happened: a purchase says more than a view."""

import numpy as np
from numpy.typing import NDArray


def behaviour(event: NDArray[np.int32], factor_of_event: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor of each row's event, ``float64[n]``.

    ``event`` is ``int32[n]``, places in ``factor_of_event``; -1 is a row without an event, which counts 1.
    """
    with_nothing = np.append(factor_of_event, 1.0)  # where -1 points
    found: NDArray[np.float64] = with_nothing[event]
    return found
