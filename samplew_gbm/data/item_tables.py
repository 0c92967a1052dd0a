"""What is learned about items from a set of rows: plain values that the rooms above share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists, gather_ranges
from samplew_gbm.data.side import SideTables


@dataclass(frozen=True, slots=True, eq=False)
class ItemTable:
    """A sparse item-item matrix in compressed rows: row = an item of the history, column = the item to rank.

    ``indptr`` is ``int64[n_items + 1]``, ``indices`` ``int32``, ``data`` ``float32``.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]

    @property
    def n_items(self) -> int:
        """Rows, which are as many as columns."""
        return len(self.indptr) - 1


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingTable:
    """Item embeddings ``float32[n_items, n_factors]`` and what folding a user in needs.

    ``confidence`` is the confidence of one interaction above none; ``regularization`` that of the fit.
    """

    items: NDArray[np.float32]
    confidence: float
    regularization: float


@dataclass(frozen=True, slots=True, eq=False)
class SpectralTable:
    """Orthonormal vectors of items ``float32[n_items, d]``, zeros of an item that is left out, and the roots
    of how many took them, ``float32[n_items]``.

    A history scores item ``i`` as ``root_i vectors_i . sum_j vectors_j / root_j`` over its items ``j``.
    """

    vectors: NDArray[np.float32]
    root: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TasteTable:
    """What tells the rows of a history that were taken for taste from accidents.

    ``topics`` are ``float32[m, n_items, k]``, of ``m`` models each; ``noise`` is ``float32[n_items]``, the
    background beside them as ``Topics`` has it. A row is kept whose chance by the topics of its history is
    at least that of its item in ``least``, ``float32[n_items]``: 0 of an item that nothing is known of.
    """

    topics: NDArray[np.float32]
    noise: NDArray[np.float32]
    least: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NextTable:
    """Vectors of items taken and of items that follow, ``float32[n_items, d]`` each, biases
    ``float32[n_items]`` and weights of lags ``float32[n_lags]``.

    What comes after a history is a softmax over items of ``h . following + bias``, where ``h`` is the mean of
    the ``items`` of its last items, the k-th from its end in proportion to ``exp(lag_weights[k])``. An item
    that nobody took has vectors of zeros.
    """

    items: NDArray[np.float32]
    following: NDArray[np.float32]
    bias: NDArray[np.float32]
    lag_weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ContentTable:
    """What is said of items: item ``i`` has ``tokens[indptr[i]:indptr[i + 1]]`` and their weights.

    ``indptr`` is ``int64[n_items + 1]``, ``tokens`` ``int32``, rising for an item, ``weight`` ``float32``.
    The weights of an item are a vector of length 1, so that a dot product is a cosine; an item of which
    nothing is said has none.
    """

    indptr: NDArray[np.int64]
    tokens: NDArray[np.int32]
    weight: NDArray[np.float32]

    @property
    def n_tokens(self) -> int:
        """One more than the largest token."""
        return int(self.tokens.max(initial=-1)) + 1

    def take(self, items: NDArray[np.int64]) -> "ContentTable":
        """The same of some items, in the order given; of -1 nothing is said."""
        starts, stops = self.indptr[items], np.where(items < 0, self.indptr[items], self.indptr[items + 1])
        rows = gather_ranges(starts, stops)
        indptr = np.concatenate([[0], np.cumsum(stops - starts)])
        return ContentTable(indptr, self.tokens[rows], self.weight[rows])

    def spread(self, places: NDArray[np.int32], n_items: int) -> "ContentTable":
        """The same in a larger catalogue, where item ``i`` is ``places[i]``; of the others nothing."""
        order = np.argsort(places).astype(np.int64)
        moved = self.take(order)
        sizes = np.zeros(n_items + 1, np.int64)
        sizes[places[order] + 1] = np.diff(moved.indptr)
        return ContentTable(np.cumsum(sizes), moved.tokens, moved.weight)


@dataclass(frozen=True, slots=True, eq=False)
class EventTimes:
    """Times of each item's events in seconds, ascending: item ``i`` has ``time[indptr[i]:indptr[i + 1]]``."""

    indptr: NDArray[np.int64]
    time: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ItemTables:
    """Everything that is learned from one set of rows.

    ``counts`` is ``float32[n_items]``, the users of each item. Tables that need an order, a clock or a
    catalogue that is not too large are None without it. ``histories`` are the users' own, for what
    is said of items by way of similar users. ``taste`` is there where accidents are left out of what all
    the others are learned from, and of the histories that they are asked with. ``content`` and ``side`` are
    not learned from rows: they are
    what the user says of items and users, or None. ``repeats`` is that of the log: whether lists were given,
    so that a candidate may be one of its query's history.
    """

    counts: NDArray[np.float32]
    first_order: ItemTable
    second_order: ItemTable
    embeddings: EmbeddingTable
    transitions: ItemTable | None
    sessions: ItemTable | None
    linear: ItemTable | None
    linear_next: ItemTable | None
    spectral: SpectralTable | None
    softmax_next: NextTable | None
    histories: Lists | None
    events: EventTimes | None
    content: ContentTable | None = None
    side: SideTables | None = None
    repeats: bool = False
    taste: TasteTable | None = None

    @property
    def n_items(self) -> int:
        """Size of the catalogue."""
        return len(self.counts)
