"""What is known of items and users beside a log: ready vectors and numbers, a row an id."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class NamedVectors:
    """Ready vectors of one model: ``unit`` is ``float32[n, d]``, rows of length 1, or 0 where it has none.

    ``name`` is an identifier; it begins the names of what is made of the vectors.
    """

    name: str
    unit: NDArray[np.float32]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a vector, ``bool[n]``."""
        return np.asarray(self.unit.any(axis=1), bool)

    def take(self, rows: NDArray[np.int64]) -> "NamedVectors":
        """The same of some rows, in the order given; -1 has none."""
        return NamedVectors(self.name, _taken(self.unit, rows, 0))


@dataclass(frozen=True, slots=True, eq=False)
class NumberTable:
    """Columns ``names`` of numbers: ``values`` is ``float32[n, f]``, NaN where unknown.

    ``place`` is ``float32[n, f]``: where the number stands among those of its column, from 0 to 1, equal ones
    in the middle of theirs; NaN where unknown. Differences of places mean the same for prices and years.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    place: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        place = np.full(self.values.shape, np.nan, np.float32)
        for column in range(len(self.names)):
            place[:, column] = places_of(self.values[:, column])
        object.__setattr__(self, "place", place)

    def take(self, rows: NDArray[np.int64]) -> "NumberTable":
        """The same of some rows, in the order given; of -1 nothing is known."""
        return NumberTable(self.names, _taken(self.values, rows, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class SideTables:
    """Rows of the first two are the items of a vocabulary, those of the last two its users.

    ``user_vectors`` lie in the space of the item vectors of the same name.
    """

    item_vectors: tuple[NamedVectors, ...] = ()
    item_numbers: NumberTable | None = None
    user_vectors: tuple[NamedVectors, ...] = ()
    user_numbers: NumberTable | None = None

    def take_items(self, rows: NDArray[np.int64]) -> "SideTables":
        """The same of some items; -1 is an item of which nothing is known."""
        numbers = self.item_numbers
        return replace(
            self,
            item_vectors=tuple(vectors.take(rows) for vectors in self.item_vectors),
            item_numbers=None if numbers is None else numbers.take(rows),
        )

    def take_users(self, rows: NDArray[np.int64]) -> "SideTables":
        """The same of some users; -1 is a user of whom nothing is known."""
        numbers = self.user_numbers
        return replace(
            self,
            user_vectors=tuple(vectors.take(rows) for vectors in self.user_vectors),
            user_numbers=None if numbers is None else numbers.take(rows),
        )


NOTHING = SideTables()


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a row of zeros stays one."""
    length = np.sqrt(np.sum(np.square(vectors, dtype=np.float64), axis=1, keepdims=True))
    scaled = np.divide(vectors, length, out=np.zeros(vectors.shape), where=length > 0)
    return np.asarray(scaled, np.float32)


def places_of(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each value stands among all, from 0 to 1; equal values share the middle; NaN keeps out."""
    found = np.full(len(values), np.nan, np.float32)
    known = ~np.isnan(values)
    ordered = np.sort(values[known])
    low, high = (np.searchsorted(ordered, values[known], side=side) for side in ("left", "right"))
    found[known] = (low + high - 1) / 2 / max(1, len(ordered) - 1)
    return found


def _taken(values: NDArray[np.float32], rows: NDArray[np.int64], missing: float) -> NDArray[np.float32]:
    taken: NDArray[np.float32] = np.full((len(rows), *values.shape[1:]), missing, np.float32)
    taken[rows >= 0] = values[rows[rows >= 0]]
    return taken
