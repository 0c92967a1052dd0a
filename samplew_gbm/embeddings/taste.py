"""Which rows of a history were meant: those that topics of the whole of it make likelier than an accident is.

The rows that topics are learned from are judged here by topics that have seen them, which makes all of them
look likelier, accidents as well. So no row is judged by its odds alone: those of the learned rows are put in
order, and the place in it that the share of accidents has is where rows begin to be kept.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ItemTables, TasteTable
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.embeddings.topics import Topics, learn_members, mean_chance


def learn_taste(
    interactions: Interactions,
    background: NDArray[np.float64],
    share: float,
    random_state: int,
    *,
    n_threads: int,
) -> TasteTable:
    """The table that leaves out ``share``, in [0, 1), of these rows.

    ``background`` is ``float64[n_items]``, of sum 1: what accidents hit.
    """
    members = learn_members(interactions, background, (random_state,), n_threads=n_threads)
    rows = Lists(interactions.indptr, interactions.item_index)
    odds = mean_chance(members, rows, rows, n_threads=n_threads) / background[rows.items]
    least = np.sort(odds)[int(share * len(odds))] if len(odds) else 0.0
    taken = np.bincount(rows.items, minlength=interactions.n_items) > 0
    return TasteTable(
        topics=np.stack([member.of_items for member in members]),
        noise=members[0].noise,
        least=np.where(taken, least * background, 0).astype(np.float32),
    )


def with_meant(queries: Queries, tables: ItemTables) -> Queries:
    """The queries, told what of their histories was meant where the tables can tell."""
    if tables.taste is None:
        return queries
    return replace(queries, without_accidents=meant_rows(queries.histories, tables.taste))


def meant_rows(histories: Lists, table: TasteTable) -> Lists:
    """The histories without likely accidents, see ``some_rows``."""
    members = [Topics(of_items, table.noise) for of_items in table.topics]
    chance = mean_chance(members, histories, histories, n_threads=1)
    return some_rows(histories, chance >= table.least[histories.items])


def some_rows(histories: Lists, kept: NDArray[np.bool_]) -> Lists:
    """The rows ``kept``, ``bool`` beside their items.

    A history that nothing would be left of stays whole: who knows nothing better asks with what there is.
    """
    owner = histories.owner
    kept = kept | (np.bincount(owner[kept], minlength=len(histories)) == 0)[owner]
    return Lists.from_sizes(np.bincount(owner[kept], minlength=len(histories)), histories.items[kept])
