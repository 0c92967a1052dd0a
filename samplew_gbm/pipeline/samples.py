"""Training samples: the candidate rows of judged queries with their features and labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.crossfit import Judged
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.embeddings.taste import with_meant
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import FeatureMatrix, feature_matrix
from samplew_gbm.importance.measured.loss import cross_entropy
from samplew_gbm.pipeline.chance import first_halves, items_by_chance, side_by_side, some_negatives
from samplew_gbm.pipeline.whole_lists import WholeLists
from samplew_gbm.progress import Advance
from samplew_gbm.runtime import map_blocks
from samplew_gbm.settings import Settings

NEGATIVE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows of ``q`` queries that have a positive among their natural candidates.

    ``features`` is ``float32[n, f]`` with columns ``names``; ``row`` is ``int64[n]``: the row of the
    ``Interactions`` that a positive is, ``NEGATIVE`` for the others; ``indptr`` is ``int64[q + 1]``;
    ``user_index`` ``int32[q]``; ``query`` ``int64[q]`` their places among all queries judged. Those lie at
    ``judged_indptr``, ``int64``, in ``judged_rows``, every row that was judged, retrieved or not, by tables
    of ``learned_rows``; beside them are ``affinity`` and ``loss``, ``float32``, and ``judged_features``,
    ``float32[m, f]``; and ``chance_item``, ``int32``, drawn evenly for its query, with ``chance_features``.
    ``found`` counts the judged rows that each source nominated. ``whole`` are the lists of the queries that a
    gate asks, in blocks, for all of them would be copied to be one; None where no gate will.
    """

    names: tuple[str, ...]
    features: NDArray[np.float32]
    row: NDArray[np.int64]
    indptr: NDArray[np.int64]
    user_index: NDArray[np.int32]
    query: NDArray[np.int64]
    judged_indptr: NDArray[np.int64]
    judged_rows: NDArray[np.int64]
    judged_features: NDArray[np.float32]
    chance_item: NDArray[np.int32]
    chance_features: NDArray[np.float32]
    affinity: NDArray[np.float32]
    loss: NDArray[np.float32]
    learned_rows: NDArray[np.int64]
    found: dict[str, int]
    whole: tuple[WholeLists, ...] | None = None

    @property
    def n_queries(self) -> int:
        """All that were judged, with a positive among their candidates or without."""
        return len(self.judged_indptr) - 1


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one block of queries yields; ``index`` are the queries kept, ``int64``.

    ``nominated`` is ``int64[s]``: how many of the rows taken each source nominated.
    """

    index: NDArray[np.int64]
    sizes: NDArray[np.int64]
    matrix: FeatureMatrix
    row: NDArray[np.int64]
    taken: CandidateTable
    taken_features: NDArray[np.float32]
    chance_item: NDArray[np.int32]
    chance_features: NDArray[np.float32]
    loss: NDArray[np.float32]
    nominated: NDArray[np.int64]
    whole: WholeLists | None


def samples_of(
    judged: Judged,
    tables: ItemTables,
    settings: Settings,
    *,
    offered: NDArray[np.bool_] | None = None,
    ask: NDArray[np.bool_] | None = None,
    n_threads: int,
    advance: Advance,
) -> Samples:
    """Candidates, features and labels of one fold's queries; only items of ``offered`` are found for them.

    Queries that hold a row of ``ask``, ``bool[n]`` of the log, keep whole lists beside. What a query showed
    stays whole: an item that nobody took was turned down there, not made a negative.
    """
    finder = CandidateFinder(tables, n_candidates=settings.n_candidates)

    def build(start: int, stop: int) -> _Part:
        queries = with_meant(judged.slice(start, stop), tables)
        positives = judged.positives.slice(start, stop)
        shown = None if judged.shown is None else judged.shown.slice(start, stop)
        chance = items_by_chance(positives, tables.n_items, (settings.random_state, start))
        candidates, beside = finder.find(queries, side_by_side(positives, chance), shown)
        ours = first_halves(positives.sizes)
        taken = beside.keep(ours)
        rows = judged.rows[judged.positives.indptr[start] : judged.positives.indptr[stop]]
        if offered is not None and shown is None:
            candidates = candidates.keep(offered[candidates.lists.items])
        row = _row_of_candidates(candidates.lists, positives, rows, tables.n_items)
        index = np.unique(candidates.lists.owner[row != NEGATIVE])
        if shown is not None:
            index = _with_a_choice(candidates.lists, row, index)
        seed = (settings.random_state, start)
        kept = some_negatives(candidates.lists, row != NEGATIVE, index, settings.n_negatives, seed)
        chosen = candidates.keep(kept).take(index)

        def described(some: Queries, table: CandidateTable) -> FeatureMatrix:
            return feature_matrix(FeatureContext(some, table, tables, settings.max_history))

        whole = None
        if ask is not None:
            asked = np.unique(positives.owner[ask[rows]])
            listed = np.intersect1d(index, asked)
            table = candidates.take(listed)
            whole = WholeLists(
                asked=asked + start,
                query=listed + start,
                user_index=judged.user_index[listed + start],
                indptr=table.lists.indptr,
                features=described(queries.take(listed), table).values,
                row=row[np.isin(candidates.lists.owner, listed)],
            )
        of_beside = described(queries, beside).values
        nominated = _nominated(taken, queries.histories, min(settings.n_candidates, tables.n_items))
        loss = cross_entropy(candidates.lists, affinity_of(candidates), taken.lists, affinity_of(taken))
        return _Part(
            index + start,
            chosen.lists.sizes,
            described(queries.take(index), chosen),
            row[kept],
            taken,
            of_beside[ours],
            chance.items,
            of_beside[~ours],
            loss,
            nominated,
            whole,
        )

    parts = []
    for part in map_blocks(build, len(judged), finder.block_size, n_threads):
        parts.append(part)
        advance(min(len(parts) * finder.block_size, len(judged)))
    return _join(parts, judged)


def affinity_source(names: Sequence[str]) -> str:
    """The source whose affinity importance is made of: the linear item model where there is one, else ALS."""
    return "linear" if "linear" in names else "nearest"


def affinity_of(table: CandidateTable) -> NDArray[np.float32]:
    """The affinity that importance is made of, ``float32`` beside the items of the table."""
    return table.values[:, table.sources.index(affinity_source(table.sources))]


def _row_of_candidates(
    candidates: Lists, positives: Lists, rows: NDArray[np.int64], n_items: int
) -> NDArray[np.int64]:
    """Of every candidate the log row that it is in its query, or ``NEGATIVE``."""
    keys = positives.owner * n_items + positives.items
    order = np.argsort(keys, kind="stable")
    wanted = candidates.owner * n_items + candidates.items
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order][place] == wanted, rows[order][place], NEGATIVE)


def _with_a_choice(candidates: Lists, row: NDArray[np.int64], index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the queries ``index`` that also showed something which was not taken."""
    left = np.bincount(candidates.owner[row == NEGATIVE], minlength=len(candidates))
    return index[left[index] > 0]


def _nominated(taken: CandidateTable, histories: Lists, length: int) -> NDArray[np.int64]:
    """How many items each source has in its list of ``length``; what a user takes again never is."""
    n_items = 1 + max(taken.lists.items.max(initial=0), histories.items.max(initial=0))
    own = histories.owner * n_items + histories.items
    new = ~np.isin(taken.lists.owner * n_items + taken.lists.items, own)
    nominated: NDArray[np.int64] = ((taken.ranks <= length) & new[:, None]).sum(axis=0)
    return nominated


def _join(parts: list[_Part], judged: Judged) -> Samples:
    index = np.concatenate([part.index for part in parts])
    sizes = np.concatenate([part.sizes for part in parts])
    nominated = np.sum([part.nominated for part in parts], axis=0)
    whole = tuple(part.whole for part in parts if part.whole is not None)
    return Samples(
        names=parts[0].matrix.names,
        features=np.concatenate([part.matrix.values for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        user_index=judged.user_index[index],
        query=index,
        judged_indptr=judged.positives.indptr,
        judged_rows=judged.rows,
        judged_features=np.concatenate([part.taken_features for part in parts]),
        chance_item=np.concatenate([part.chance_item for part in parts]),
        chance_features=np.concatenate([part.chance_features for part in parts]),
        affinity=np.concatenate([affinity_of(part.taken) for part in parts]),
        loss=np.concatenate([part.loss for part in parts]),
        learned_rows=judged.learned,
        found=dict(zip(parts[0].taken.sources, nominated.tolist(), strict=True)),
        whole=whole or None,
    )
