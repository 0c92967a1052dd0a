"""Ranking requests: whose, with which history, at what time, and what was really taken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """``q`` segments of rows that stand together: segment ``i`` is rows ``indptr[i]:indptr[i + 1]``.

    ``indptr`` is ``int64[q + 1]``.
    """

    indptr: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of every segment, ``int64[q]``."""
        return np.diff(self.indptr)

    @property
    def owner(self) -> NDArray[np.int64]:
        """The segment that every row belongs to, ``int64[indptr[-1]]``."""
        owner: NDArray[np.int64] = np.repeat(np.arange(len(self)), self.sizes)
        return owner


@dataclass(frozen=True, slots=True, eq=False)
class Lists(Segments):
    """``q`` lists of items in compressed form, each a segment of ``items``, ``int32[indptr[-1]]``."""

    items: NDArray[np.int32]

    def slice(self, start: int, stop: int) -> "Lists":
        """Lists ``start:stop`` (their items are a view)."""
        indptr = self.indptr[start : stop + 1]
        return Lists(indptr - indptr[0], self.items[indptr[0] : indptr[-1]])

    def take(self, index: NDArray[np.int64]) -> "Lists":
        """The lists of ``index``, in that order."""
        items = self.items[gather_ranges(self.indptr[index], self.indptr[index + 1])]
        return Lists.from_sizes(self.sizes[index], items)

    def distinct(self, n_items: int) -> "CountedLists":
        """The lists with each item once, items ascending, and how often it was there."""
        keys, counts = np.unique(self.owner * n_items + self.items, return_counts=True)
        indptr = np.searchsorted(keys, np.arange(len(self) + 1, dtype=np.int64) * n_items)
        return CountedLists(Lists(indptr.astype(np.int64), (keys % n_items).astype(np.int32)), counts)

    @staticmethod
    def from_sizes(sizes: NDArray[np.int64], items: NDArray[np.int32]) -> "Lists":
        """Lists of the given lengths, cut from ``items`` in order."""
        indptr = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=indptr[1:])
        return Lists(indptr, items)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """``q`` lists that are parts of one array and may overlap: ``items[starts[i]:stops[i]]``.

    The histories before each of a user's rows take memory that goes with the square of their number once they
    are lists; so they are cut out where they are read. ``starts`` and ``stops`` are ``int64[q]``.
    """

    items: NDArray[np.int32]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def slice(self, start: int, stop: int) -> Lists:
        """Lists ``start:stop``, as a copy."""
        starts, stops = self.starts[start:stop], self.stops[start:stop]
        return Lists.from_sizes(stops - starts, self.items[gather_ranges(starts, stops)])

    def take(self, index: NDArray[np.int64]) -> "Windows":
        """The lists of ``index``, in that order."""
        return Windows(self.items, self.starts[index], self.stops[index])


@dataclass(frozen=True, slots=True, eq=False)
class CountedLists:
    """Lists of distinct items; ``counts`` is ``int64`` beside ``lists.items``."""

    lists: Lists
    counts: NDArray[np.int64]


def gather_ranges(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers of every range ``starts[i]:stops[i]`` one after another."""
    sizes = stops - starts
    offsets = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    places: NDArray[np.int64] = np.arange(int(sizes.sum())) + offsets
    return places


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """``q`` ranking requests.

    ``histories`` hold what each user took strictly before the query, oldest first. ``time`` is the time of
    the last of them, ``float64[q]`` in Unix seconds (NaN without history), or None where the log has no
    clock: a query's own time is not known when it must be answered, the last visit is.
    ``user_index`` is ``int32[q]``, whose query each is among the log's users, -1 for strangers; or None where
    nothing is known of any user. ``without_accidents`` is what of the histories was meant, or None where
    accidents are not told of.
    """

    histories: Lists
    time: NDArray[np.float64] | None
    user_index: NDArray[np.int32] | None = None
    without_accidents: Lists | None = None

    @property
    def meant(self) -> Lists:
        """What of the histories tells of taste: what sources and features look at. Never less than one row
        of a history that has any."""
        return self.histories if self.without_accidents is None else self.without_accidents

    def __len__(self) -> int:
        return len(self.histories)

    def slice(self, start: int, stop: int) -> "Queries":
        """Queries ``start:stop``."""
        time = None if self.time is None else self.time[start:stop]
        user = None if self.user_index is None else self.user_index[start:stop]
        meant = None if self.without_accidents is None else self.without_accidents.slice(start, stop)
        return Queries(self.histories.slice(start, stop), time, user, meant)

    def take(self, index: NDArray[np.int64]) -> "Queries":
        """The queries of ``index``, in that order."""
        time = None if self.time is None else self.time[index]
        user = None if self.user_index is None else self.user_index[index]
        meant = None if self.without_accidents is None else self.without_accidents.take(index)
        return Queries(self.histories.take(index), time, user, meant)
