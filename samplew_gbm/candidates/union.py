"""Candidates of queries: the union of what the sources nominate, or items given by the caller."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.candidates.base import Source
from samplew_gbm.candidates.by_table import ByTable
from samplew_gbm.candidates.content import Content
from samplew_gbm.candidates.nearest import Nearest
from samplew_gbm.candidates.neighbours import Neighbours
from samplew_gbm.candidates.softmax_next import SoftmaxNext
from samplew_gbm.candidates.spectral import Spectral
from samplew_gbm.candidates.vectors import UserVectors, Vectors
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.side import SideTables
from samplew_gbm.kernels.selection import gather_scores, top_of_rows

BLOCK_BYTES = 48 << 20  # of the scores of one block of queries
COVISITED_DECAY = 0.7  # of a history item against the one after it
NEXT_DECAY = 0.65
CONTENT_DECAY = 0.8
POPULAR = 20  # most taken items that are candidates of every query


def sources_of(tables: ItemTables) -> list[Source]:
    """Every source that the tables allow. A new source is one more line here."""
    ordered = tables.transitions is not None
    sources: list[Source] = [
        ByTable("covisited", tables.first_order, COVISITED_DECAY if ordered else 1.0),
        ByTable("covisited_second", tables.second_order, COVISITED_DECAY if ordered else 1.0),
        Nearest(tables.embeddings),
    ]
    if tables.linear is not None:
        sources.append(ByTable("linear", tables.linear, 1.0))
    if tables.spectral is not None:
        sources.append(Spectral(tables.spectral))
    if tables.linear_next is not None:
        sources.append(ByTable("linear_next", tables.linear_next, NEXT_DECAY))
    if tables.softmax_next is not None:
        sources.append(SoftmaxNext(tables.softmax_next))
    if tables.transitions is not None:
        sources.append(ByTable("transition", tables.transitions, 0.0))
        sources.append(ByTable("covisited_last", tables.first_order, 0.0))
    if tables.histories is not None:
        sources.append(Neighbours(tables.histories, tables.n_items))
    if tables.sessions is not None:
        sources.append(ByTable("session", tables.sessions, COVISITED_DECAY))
    if tables.content is not None:
        sources.append(Content(tables.content, CONTENT_DECAY if ordered else 1.0))
    if tables.side is not None:
        sources.extend(_by_vectors(tables.side, CONTENT_DECAY if ordered else 1.0))
    return sources


def _by_vectors(side: SideTables, decay: float) -> list[Source]:
    items = {vectors.name: vectors for vectors in side.item_vectors}
    by_history = [Vectors(vectors, decay) for vectors in side.item_vectors]
    return [*by_history, *(UserVectors(users, items[users.name]) for users in side.user_vectors)]


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """What every source says of a block of ``q`` queries.

    ``scores`` has one ``float32[q, r]`` a source, of the items it reaches; ``top_items`` is
    ``int32[sources, q, n]`` (-1: none) and ``top_scores`` ``float32[sources, q, n]``.
    """

    scores: list[NDArray[np.float32]]
    top_items: NDArray[np.int32]
    top_scores: NDArray[np.float32]


class CandidateFinder:
    """Finds or judges the candidates of blocks of queries; may be used from several threads at once.

    ``block_size`` is how many queries to hand over at a time, so that the memory of their scores stays
    bounded. A user's own items are never nominated; without ``hide_history`` they join the candidates, which
    changes nothing of what is said of the others. A query has at least ``least`` candidates while items last:
    the sources nominate that many, the popular items fill up, and ranks still end at ``n_candidates``.
    """

    def __init__(
        self, tables: ItemTables, *, n_candidates: int, hide_history: bool = True, least: int = 0
    ) -> None:
        self._tables = tables
        self._sources = sources_of(tables)
        self._n_candidates = n_candidates
        self._hide_history = hide_history
        self._least = least
        self._by_count = np.argsort(-tables.counts, kind="stable").astype(np.int32)
        self._popular = np.sort(self._by_count[:POPULAR])
        # By the whole catalogue, though sources score what they reach: draws go by block, and so models.
        self.block_size = int(np.clip(BLOCK_BYTES // (4 * len(self._sources) * tables.n_items), 1, 256))

    def asked(self, *, hide_history: bool, least: int) -> "CandidateFinder":
        """The same sources for requests of another kind, without building them again."""
        other = copy(self)
        other._hide_history, other._least = hide_history, least
        return other

    def find(
        self, queries: Queries, taken: Lists | None = None, shown: Lists | None = None
    ) -> tuple[CandidateTable, CandidateTable]:
        """Nominees of each query, items ascending, and beside them the items of ``taken``.

        Where ``shown`` says what the queries had to choose from, that stands in place of nominees.
        """
        scored = self._score(queries)
        nothing = _no_items(len(queries))
        lists = self._nominees(queries, scored.top_items) if shown is None else shown
        beside = nothing if taken is None else taken
        return self._table(scored, lists), self._table(scored, beside)

    def _nominees(self, queries: Queries, top_items: NDArray[np.int32]) -> Lists:
        own, nothing = queries.histories, _no_items(len(queries))
        extra, hidden = (nothing, own) if self._hide_history else (own, nothing)
        lists = _union(top_items, self._popular, extra, hidden, self._tables.n_items)
        return _filled(lists, self._by_count, hidden, self._least)

    def judge(self, queries: Queries, given: Lists) -> CandidateTable:
        """The items of ``given`` as candidates, whatever the sources would nominate."""
        return self._table(self._score(queries), given)

    def _score(self, queries: Queries) -> _Scored:
        length = min(max(self._n_candidates, self._least), self._tables.n_items)
        shape = (len(self._sources), len(queries), length)
        top_items, top_scores = np.empty(shape, np.int32), np.empty(shape, np.float32)
        scores, own = [], queries.histories
        for source, items, values in zip(self._sources, top_items, top_scores, strict=True):
            reach = source.reach
            said = np.empty((len(queries), len(reach)), np.float32)
            source.score(queries, said)
            top_of_rows(said, reach.place, own.indptr, own.items, items, values)
            items[items >= 0] = reach.items[items[items >= 0]]
            scores.append(said)
        return _Scored(scores, top_items, top_scores)

    def _table(self, scored: _Scored, lists: Lists) -> CandidateTable:
        shape = (len(self._sources), len(lists.items))
        values, ranks = np.empty(shape, np.float32), np.empty(shape, np.float32)
        listed = np.ascontiguousarray(scored.top_scores[:, :, : self._n_candidates])
        for place, source in enumerate(self._sources):
            given = scored.scores[place], source.reach.place, listed[place]
            gather_scores(*given, lists.indptr, lists.items, values[place], ranks[place])
        names = tuple(source.name for source in self._sources)
        turned = (np.ascontiguousarray(part.T) for part in (values, ranks, listed[:, :, 0]))
        return CandidateTable(lists, names, *turned)


def _union(
    top_items: NDArray[np.int32], popular: NDArray[np.int32], extra: Lists, hidden: Lists, n_items: int
) -> Lists:
    """Nominees, popular items and ``extra`` of each query, less the hidden ones; items ascending."""
    n_queries = top_items.shape[1]
    first = np.arange(n_queries, dtype=np.int64) * n_items
    nominated = (top_items + first[:, None])[top_items >= 0]
    always = (popular[None, :] + first[:, None]).ravel()
    own = extra.owner * n_items + extra.items
    keys = np.unique(np.concatenate([nominated, always, own]))
    keys = keys[~np.isin(keys, hidden.owner * n_items + hidden.items)]
    sizes = np.bincount(keys // n_items, minlength=n_queries)
    return Lists.from_sizes(sizes, (keys % n_items).astype(np.int32))


def _filled(lists: Lists, by_count: NDArray[np.int32], hidden: Lists, least: int) -> Lists:
    """Lists of fewer than ``least`` items with the most taken of all other items that are not hidden."""
    short = np.flatnonzero(lists.sizes < least)
    if not len(short):
        return lists
    parts = np.split(lists.items, lists.indptr[1:-1])
    for query in short.tolist():
        own, gone = parts[query], hidden.slice(query, query + 1).items
        popular = by_count[: least + len(gone)]
        more = popular[~np.isin(popular, np.concatenate([own, gone]))][: least - len(own)]
        parts[query] = np.sort(np.concatenate([own, more]))
    return Lists.from_sizes(np.array([len(part) for part in parts]), np.concatenate(parts))


def _no_items(n_queries: int) -> Lists:
    return Lists(np.zeros(n_queries + 1, np.int64), np.empty(0, np.int32))
