"""What an importance scheme is, what it may look at, and what it must be given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import SettingsError


@dataclass(frozen=True, slots=True, eq=False)
class SampleSignals:
    """What is known of ``n`` judged samples, from models that have not seen them; a row each, in one order.

    The first two are always there; of the others those that a scheme requires, else ``None``.

    - ``affinity`` ``float32[n]``: how well the item suits the user's history.
    - ``segment`` ``int32[n]``: what it is compared within: the user, or by the setting ``axis`` its
      item or its query.
    - ``item`` ``int32[n]``: the item taken.
    - ``loss`` ``float32[n]``, not below 0: cross-entropy of the item among what the query could have had.
    - ``cosine`` ``float32[n]``, not below 0: mean closeness of the item to the others of the history.
    - ``vector_cosine`` ``float32[n]`` in [-1, 1]: the same by ready vectors of the items.
    - ``mainstream`` ``float32[n]``: how mainstream the other takers of the item are.
    - ``popularity`` ``float32[n]``: log(1 + how often the item was taken).
    - ``purchase_rate`` ``float32[n]`` in (0, 1): smoothed chance that who meets the item buys it.
    - ``ranker`` ``float32[n]``: score by a ranker of other users.
    - ``blend`` ``float32[n]``: how much its signals are those of a row taken, by other users.
    - ``taste`` ``float32[n]``: log odds that the user took it for what it is and not by accident.
    - ``value`` ``float64[n]``: the caller's own column, finite and not below 0.
    """

    affinity: NDArray[np.float32]
    segment: NDArray[np.int32]
    item: NDArray[np.int32] | None = None
    loss: NDArray[np.float32] | None = None
    cosine: NDArray[np.float32] | None = None
    vector_cosine: NDArray[np.float32] | None = None
    mainstream: NDArray[np.float32] | None = None
    popularity: NDArray[np.float32] | None = None
    purchase_rate: NDArray[np.float32] | None = None
    ranker: NDArray[np.float32] | None = None
    blend: NDArray[np.float32] | None = None
    taste: NDArray[np.float32] | None = None
    value: NDArray[np.float64] | None = None

    def the(self, name: str) -> NDArray[Any]:
        """The signal ``name``, which the scheme that asks has declared to require."""
        signal: NDArray[Any] | None = getattr(self, name)
        if signal is None:
            raise SettingsError(f"the signal {name!r} was not given; name it in the scheme's requires")
        return signal


class Importance(Protocol):
    """A function from signals to the importance of each sample, ``float32[n]``.

    Not below 0, mean 1 in each segment (of a ``whole_log`` scheme: over all samples), the same for any order
    of the rows and any number of threads.
    """

    def __call__(
        self, signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """An ``Importance`` with its name, and the optional signals that it ``requires``.

    A scheme ``of_rows`` looks at nothing that item tables have a part in: over other tables it is the same.
    """

    name: str
    function: Importance
    requires: tuple[str, ...] = ()
    whole_log: bool = False
    of_rows: bool = False

    def __call__(
        self, signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
    ) -> NDArray[np.float32]:
        """The importance; ``SettingsError`` where a required signal is missing."""
        missing = [name for name in self.requires if getattr(signals, name) is None]
        if missing:
            raise SettingsError(
                f"importance {self.name!r} needs the signals {', '.join(self.requires)}; missing: "
                f"{', '.join(missing)}; give them in SampleSignals, or choose another scheme"
            )
        return self.function(signals, temperature=temperature, random_state=random_state, n_threads=n_threads)


def scheme(*requires: str, whole_log: bool = False, of_rows: bool = False) -> Callable[[Importance], Scheme]:
    """Make a scheme of a function, under the function's name."""

    def declare(function: Importance) -> Scheme:
        return Scheme(getattr(function, "__name__", ""), function, requires, whole_log, of_rows)

    return declare
