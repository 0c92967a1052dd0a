"""The rows of a ready feature matrix as training sees them: whole queries, in an order of their own."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import gather_ranges
from samplew_gbm.ranking.ranker import Ranker, RankerData
from samplew_gbm.settings import Settings

_PER_ROW = ("features", "label", "user", "item", "own", "exposure")


@dataclass(frozen=True, slots=True, eq=False)
class MatrixRows:
    """``n`` rows of ``q`` queries; those that a caller did not give are None.

    ``features`` is ``float32[n, f]`` with columns ``names``, NaN where missing; of those in ``categorical``
    the whole numbers are categories. ``label`` is ``int32[n]``, ``indptr`` ``int64[q + 1]``. ``owner`` is
    ``int64[q]``: the user whose query it is, or the query itself; what has one owner is never torn apart.
    ``user`` and ``item`` are ``int32[n]``; ``vectors`` ``float32[n_items, d]`` are ready embeddings of the
    items. ``own`` is ``float64[n]``, the caller's weights at mean 1; ``exposure`` ``float64[n]``, the factor
    of the position, mean 1 over labels above 0.
    """

    names: tuple[str, ...]
    categorical: tuple[str, ...]
    features: NDArray[np.float32]
    label: NDArray[np.int32]
    indptr: NDArray[np.int64]
    owner: NDArray[np.int64]
    user: NDArray[np.int32] | None = None
    item: NDArray[np.int32] | None = None
    vectors: NDArray[np.float32] | None = None
    own: NDArray[np.float64] | None = None
    exposure: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def query(self) -> NDArray[np.int64]:
        """The query of each row, ``int64[n]``."""
        query: NDArray[np.int64] = np.repeat(np.arange(len(self.owner)), np.diff(self.indptr))
        return query

    def take(self, queries: NDArray[np.int64]) -> "MatrixRows":
        """The rows of these queries, in their order; indices of users and items keep their meaning."""
        rows = gather_ranges(self.indptr[queries], self.indptr[queries + 1])
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in _PER_ROW:
            parts[name] = None if parts[name] is None else parts[name][rows]
        parts["indptr"] = np.concatenate([[0], np.cumsum(np.diff(self.indptr)[queries])])
        parts["owner"] = self.owner[queries]
        return MatrixRows(**parts)

    def data(self, weight: NDArray[np.float64] | None = None) -> RankerData:
        """What a ranker learns from."""
        return RankerData(self.features, self.label, self.indptr, weight)


Learner = Callable[[MatrixRows, NDArray[np.float64] | None, Settings], Ranker]
"""Trains a ranker of the settings on rows and their weights, ``float64[n]`` or None for all 1."""


def canonical_order(
    query: NDArray[np.int64], features: NDArray[np.float32], *columns: NDArray[np.generic] | None
) -> NDArray[np.int64]:
    """Rows by query, and inside a query in an order that depends on their content alone; ``int64[n]``.

    Training sees the same whatever order a caller's rows were in. It looks random: LightGBM keeps tied rows
    in the order given, so one by label would tell the answer. Rows of equal content stay as they are.
    """
    mixed = np.zeros(len(query), np.uint64)
    multipliers = np.random.default_rng(0).integers(1, 2**63, features.shape[1] + len(columns), np.uint64) | 1
    known = [column for column in columns if column is not None]
    for place, values in enumerate([*features.T, *known]):
        mixed += _scrambled(_bits(values) * multipliers[place])
    return np.lexsort((_scrambled(mixed), query))


def _bits(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """Equal values as equal bits: both zeros are one, and so are all that are no number."""
    numbers = np.asarray(values, np.float64) + 0.0
    return np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)


def _scrambled(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele et al., OOPSLA 2014): every bit of a number moves every other."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
