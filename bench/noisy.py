"""The rows of protocol C with their flags, and what a model ranks for its validation part."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.datasets import lines_of
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Interactions, build_interactions
from samplew_gbm.data.queries import Lists
from samplew_gbm.evaluation.evaluate import evaluate_lists
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import FeatureMatrix, feature_matrix
from samplew_gbm.pipeline.inference import scores_of
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.near_users import candidates_for
from samplew_gbm.pipeline.ready import as_ready
from samplew_gbm.pipeline.requests import requests_of

KS = (5, 20)
LEAST = 100  # candidates: some are noise that a model does not know of
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Users, items and flags of a part of the data, ``int64`` each; the flag is 1 for a clean row."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    flag: NDArray[np.int64]

    def log(self, kept: NDArray[np.bool_], value: NDArray[np.float64] | None = None) -> Interactions:
        """The rows ``kept`` as a log, which has no flag; ``value`` is beside all rows."""
        columns = {"user_id": self.user, "item_id": self.item} | ({} if value is None else {"value": value})
        table = pa.table({name: column[kept] for name, column in columns.items()})
        return clean(build_interactions(table))[0]


def rows_of(path: Path) -> Rows:
    return Rows(*np.array([[int(word) for word in line] for line in lines_of(path)]).T)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What a model would rank for every user of the validation part, and which of it he took.

    ``label`` is ``int32`` beside the rows of ``lists``, 1 for a clean row.
    """

    lists: Lists
    features: FeatureMatrix
    scores: NDArray[np.float64]
    label: NDArray[np.int32]
    wanted: Lists

    def judged(self, scores: NDArray[np.float64]) -> Values:
        """NDCG of each user; what he took and no list holds counts as well."""
        best = np.full((len(self.lists), max(KS)), -1, np.int32)
        order = np.lexsort((self.lists.items, -scores, self.lists.owner))
        owner = self.lists.owner[order]
        place = np.arange(len(order)) - self.lists.indptr[owner]
        kept = place < max(KS)
        best[owner[kept], place[kept]] = self.lists.items[order][kept]
        found = evaluate_lists(best, self.wanted.indptr, self.wanted.items, metrics=("ndcg",), ks=KS)
        return {f"NDCG@{k}": found.per_query[f"ndcg@{k}"] for k in KS}


def candidates_of(model: Model, learned: Rows, valid: Rows, n_threads: int) -> Candidates:
    """Noise of the validation part and all of the training part is left out of the lists."""
    users, slot = np.unique(valid.user, return_inverse=True)
    queries = requests_of(model, pa.array(users), None).queries
    finder = as_ready(model).finder.asked(hide_history=True, least=LEAST)
    found = candidates_for(model, finder, queries, LEAST)
    n_items = 1 + max(learned.item.max(), valid.item.max())
    index = model.items.encode(pa.array(np.arange(n_items))).astype(np.int64)
    index[index < 0] = len(model.items) + np.arange(np.count_nonzero(index < 0))  # in no list
    keys, noisy = slot * n_items + index[valid.item], valid.flag == 0
    asked = np.isin(learned.user, users)
    known = np.searchsorted(users, learned.user[asked]) * n_items + index[learned.item[asked]]
    hidden = np.concatenate([keys[noisy], known])
    found = found.keep(~np.isin(found.lists.owner * n_items + found.lists.items, hidden))
    order = np.argsort(keys[~noisy])
    sizes = np.bincount(slot[~noisy], minlength=len(users))
    context = FeatureContext(queries, found, model.tables, model.settings.max_history)
    return Candidates(
        found.lists,
        feature_matrix(context),
        scores_of(model, model.ranker.scorer(n_threads), queries, found),
        np.isin(found.lists.owner * n_items + found.lists.items, keys[~noisy]).astype(np.int32),
        Lists.from_sizes(sizes, (keys[~noisy][order] % n_items).astype(np.int32)),
    )
