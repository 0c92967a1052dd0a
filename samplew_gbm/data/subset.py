"""Some items of a catalogue under numbers of their own, so that work and memory go by them alone."""

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

MOST = 0.5  # of the catalogue; of more, all is taken: arrays of the catalogue then serve without a copy
OUTSIDE = -1

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """``items`` is ``int32[r]``, ascending; ``place`` is ``int32[n_items]``: where each item of the catalogue
    stands in ``items``, or ``OUTSIDE``.

    In some catalogues most items were only shown, or only described, and nothing learned from what was taken
    speaks of them.
    """

    items: NDArray[np.int32]
    place: NDArray[np.int32]

    @classmethod
    def of(cls, wanted: NDArray[np.bool_]) -> Self:
        """The items where ``bool[n_items]`` is true; the whole catalogue where these are most of it."""
        n_items = len(wanted)
        if np.count_nonzero(wanted) > MOST * n_items:
            every = np.arange(n_items, dtype=np.int32)
            return cls(every, every)
        items = np.flatnonzero(wanted).astype(np.int32)
        place = np.full(n_items, OUTSIDE, np.int32)
        place[items] = np.arange(len(items), dtype=np.int32)
        return cls(items, place)

    @classmethod
    def of_items(cls, n_items: int, *items: NDArray[np.int32]) -> Self:
        """The same from items in any order, repeated or not."""
        wanted = np.zeros(n_items, bool)
        for some in items:
            wanted[some] = True
        return cls.of(wanted)

    def __len__(self) -> int:
        return len(self.items)

    def places(self, items: NDArray[np.int32]) -> NDArray[np.int32]:
        """Where ``items``, all of the subset, stand in it."""
        return items if self._is_whole else self.place[items]

    def rows(self, table: NDArray[Number]) -> NDArray[Number]:
        """Of an array with a row an item of the catalogue the rows of the subset."""
        return table if self._is_whole else table[self.items]

    @property
    def _is_whole(self) -> bool:
        return len(self.items) == len(self.place)
