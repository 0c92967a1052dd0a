"""The samples of all folds as one set of rows, and the weights that the ranker gets of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import gather_ranges
from samplew_gbm.errors import DataError
from samplew_gbm.importance.negatives import affinity_for, negative_weight
from samplew_gbm.pipeline.samples import NEGATIVE, Samples, affinity_source
from samplew_gbm.pipeline.weighing import RowWeights
from samplew_gbm.pipeline.whole_lists import WholeLists
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Rows of whole queries of all folds.

    ``features`` is ``float32[n, f]`` with columns ``names``; ``row`` is ``int64[n]``, the row of the log that
    a positive is, else ``NEGATIVE``; ``label`` is ``int32[n]``, 0 for what was not taken and else 1, or the
    grade where events have grades; ``indptr`` is ``int64[q + 1]``, ``user_index`` ``int32[q]``, ``query``
    ``int64[q]`` the places among the judged queries of all folds; ``affinity`` ``float32[n]`` is what
    importance is made of. ``sources`` are those of the candidates.
    """

    names: tuple[str, ...]
    sources: tuple[str, ...]
    features: NDArray[np.float32]
    row: NDArray[np.int64]
    label: NDArray[np.int32]
    indptr: NDArray[np.int64]
    user_index: NDArray[np.int32]
    query: NDArray[np.int64]
    affinity: NDArray[np.float32]

    def take(self, queries: NDArray[np.int64]) -> "TrainingRows":
        """The rows of these queries, in their order."""
        rows = gather_ranges(self.indptr[queries], self.indptr[queries + 1])
        sizes = np.diff(self.indptr)[queries]
        return TrainingRows(
            self.names,
            self.sources,
            self.features[rows],
            self.row[rows],
            self.label[rows],
            np.concatenate([[0], np.cumsum(sizes)]),
            self.user_index[queries],
            self.query[queries],
            self.affinity[rows],
        )


def assemble(samples: Sequence[Samples], grade: NDArray[np.int32] | None = None) -> TrainingRows:
    """The samples of all folds, one after the other; ``grade`` is that of each row of the log, if it has any.

    ``DataError`` where no query has a positive.
    """
    if not any(len(part.user_index) for part in samples):
        raise DataError(
            "the log is too small to learn a ranking from: no user's held-out item was among the candidates; "
            "give more interactions per user, or more users"
        )
    return _joined(samples, _begins(samples), samples[0], grade)


def assemble_whole(
    samples: Sequence[Samples], users: NDArray[np.integer], grade: NDArray[np.int32] | None = None
) -> TrainingRows:
    """The same of the whole lists of ``users``. ``ValueError`` where the samples were made without."""
    lists, begins = [], []
    for part, begin in zip(samples, _begins(samples), strict=True):
        for block in whole_lists_of(part):
            lists.append(block.take(np.flatnonzero(np.isin(block.user_index, users))))
            begins.append(begin)
    return _joined(lists, begins, samples[0], grade)


def whole_lists_of(part: Samples) -> tuple[WholeLists, ...]:
    """Those of one fold's samples. ``ValueError`` where they were made without."""
    if part.whole is None:
        raise ValueError("the samples have no whole lists for a gate; give prepare the rows to ask")
    return part.whole


def _begins(samples: Sequence[Samples]) -> list[int]:
    """How many queries were judged before those of each fold."""
    return list(accumulate((part.n_queries for part in samples[:-1]), initial=0))


def _joined(
    lists: Sequence[Samples | WholeLists],
    begins: Sequence[int],
    first: Samples,
    grade: NDArray[np.int32] | None,
) -> TrainingRows:
    """The ``lists`` one after the other, the queries of each counted on from its place in ``begins``."""
    features = np.concatenate([part.features for part in lists])
    sizes = np.concatenate([np.diff(part.indptr) for part in lists])
    row = np.concatenate([part.row for part in lists])
    return TrainingRows(
        names=first.names,
        sources=tuple(first.found),
        features=features,
        row=row,
        label=_labels(row, grade),
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        user_index=np.concatenate([part.user_index for part in lists]),
        query=np.concatenate([part.query + begin for part, begin in zip(lists, begins, strict=True)]),
        affinity=features[:, first.names.index(affinity_source(first.names))],
    )


def _labels(row: NDArray[np.int64], grade: NDArray[np.int32] | None) -> NDArray[np.int32]:
    taken = row != NEGATIVE
    label: NDArray[np.int32] = taken.astype(np.int32)
    if grade is not None:
        label[taken] = grade[row[taken]]
    return label


def weight_of(
    rows: TrainingRows, weights: RowWeights, order: Order, settings: Settings, *, n_threads: int
) -> NDArray[np.float64] | None:
    """A positive has its log row's weight, mean 1 over them, a negative its own; ``None``: all 1."""
    if settings.importance == "none":
        return None
    positive = rows.row != NEGATIVE
    weight = np.ones(len(positive))
    own = weights.sample_weight[rows.row[positive]]
    if not own.any():
        raise DataError("all sample weights of the rows to learn are 0; raise weight_low or give some weight")
    weight[positive] = own / own.mean()
    treatment = settings.negatives
    if treatment == "auto":
        treatment = "softened" if order is Order.NONE else "plain"
    if treatment != "plain":
        weight[~positive] = _of_negatives(rows, ~positive, treatment, settings, n_threads)
    return weight


def _of_negatives(
    rows: TrainingRows, negative: NDArray[np.bool_], treatment: str, settings: Settings, n_threads: int
) -> NDArray[np.float64]:
    owner = np.repeat(np.arange(len(rows.user_index)), np.diff(rows.indptr))[negative]
    indptr = np.searchsorted(owner, np.arange(len(rows.user_index) + 1))
    affinity = affinity_for(settings.importance, rows.affinity[negative], indptr, settings.random_state)
    return negative_weight(affinity, indptr, treatment, n_threads=n_threads)
