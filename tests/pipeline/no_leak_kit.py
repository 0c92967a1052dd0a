"""What training may know of a judged row, piece by piece, so that two logs can be compared.

`facts_of` walks the registries: a new candidate source or feature block is covered without a word here.
"""

from dataclasses import replace

import numpy as np

from samplew_gbm.candidates import union
from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.embeddings.taste import with_meant
from samplew_gbm.features import matrix
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.pipeline.samples import samples_of
from samplew_gbm.settings import Settings
from tests.pipeline.learned import tables_of
from tests.pipeline.tiny_logs import TINY

Facts = dict[str, np.ndarray]


def facts_of(
    log: Interactions, fold: Fold, learn: np.ndarray | None = None, settings: Settings = TINY
) -> dict[int, Facts]:
    """Of every query of a fold, by the source row it judges (of a set: by its user), everything about it.

    ``learn`` replaces the fold's own rows to learn from, which is how a leak is planted.
    """
    tables = tables_of(log, fold.learn if learn is None else learn, settings)
    tables = replace(tables, repeats=log.order is not Order.NONE)  # as where lists are given
    judged = judged_queries(log, fold)
    finder = union.CandidateFinder(tables, n_candidates=TINY.n_candidates)
    queries = with_meant(judged.queries, tables)
    found = dict(zip(("candidates", "taken"), finder.find(queries, judged.positives), strict=True))
    found["again"] = finder.judge(queries, queries.histories)
    keys = judged.user_index if log.order is Order.NONE else log.row[judged.rows]
    facts: dict[int, Facts] = {int(key): {} for key in keys}
    for kind, table in found.items():
        context = FeatureContext(queries, table, tables, TINY.max_history)
        columns = {"items": table.lists.items}
        for place, source in enumerate(table.sources):
            columns[f"source {source}: score"] = table.values[:, place]
            columns[f"source {source}: rank"] = table.ranks[:, place]
        for block in matrix.BLOCKS:
            for name, column in block(context).items():
                columns[f"block {block.__name__}: {name}"] = column
        for query, key in enumerate(keys.tolist()):
            rows = slice(*table.lists.indptr[query : query + 2])
            facts[key] |= {f"{kind}, {name}": column[rows] for name, column in columns.items()}
    return facts


def samples_by_row(log: Interactions, fold: Fold) -> tuple[dict[int, np.ndarray], dict[int, float]]:
    """Feature rows of each query by the source row of its positive, and the affinity of every judged row."""
    tables = tables_of(log, fold.learn)
    samples = samples_of(judged_queries(log, fold), tables, TINY, n_threads=1, advance=lambda _: None)
    features = {}
    for start, stop in zip(samples.indptr[:-1], samples.indptr[1:], strict=True):
        positive = samples.row[start:stop].max()
        features[int(log.row[positive])] = samples.features[start:stop]
    affinity = dict(zip(log.row[samples.judged_rows].tolist(), samples.affinity.tolist(), strict=True))
    return features, affinity


def moved(fold: Fold, log: Interactions, other: Interactions) -> Fold:
    """The same source rows in another log; rows that it lacks are left out."""
    learn, judge = (np.isin(other.row, log.row[part]) for part in (fold.learn, fold.judge))
    return Fold(np.flatnonzero(learn), np.flatnonzero(judge))


def check_no_leak(log: Interactions, fold: Fold, other: Interactions, **options) -> None:
    """Every fact of every query of the fold is the same, bit for bit, in another log."""
    compare(facts_of(log, fold), facts_of(other, moved(fold, log, other), **options))


def compare(facts: dict[int, Facts], others: dict[int, Facts]) -> None:
    assert facts.keys() == others.keys()
    assert facts, "there is nothing to compare"
    for key, own in facts.items():
        assert own.keys() == others[key].keys()
        for name, values in own.items():
            assert values.tobytes() == others[key][name].tobytes(), f"row {key}, {name}"
