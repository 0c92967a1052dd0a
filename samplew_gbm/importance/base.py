"""What an importance scheme is, and what it may look at."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class SampleSignals:
    """What is known of ``n`` judged samples, from models that have not seen them.

    ``affinity`` is ``float32[n]``; ``segment`` ``int32[n]``: whose sample it is.
    """

    affinity: NDArray[np.float32]
    segment: NDArray[np.int32]


class Scheme(Protocol):
    """A function from signals to the importance of each sample, ``float32[n]``, mean 1 in each segment."""

    def __call__(
        self, signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
    ) -> NDArray[np.float32]: ...
