"""The most taken items as everybody's recommendations: what a model has to beat."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists
from samplew_gbm.pipeline.inference import UserEvaluation, judged_lists
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.requests import requests_of, users_in


def evaluate_popular(
    model: Model, test: pa.Table, *, history: pa.Table | None = None, ks: Sequence[int] = (5, 10, 20)
) -> UserEvaluation:
    """``evaluate_users`` of the items that most users of the model's log took, less each user's own."""
    requests = requests_of(model, users_in(test, "test"), history)
    items = _most_taken(model.tables.counts, requests.queries.histories, min(max(ks), len(model.items)))
    return judged_lists(model, test, requests, items, ks)


def _most_taken(counts: NDArray[np.float32], histories: Lists, k: int) -> NDArray[np.int32]:
    """Of each list the ``k`` most taken items that it does not hold, ``int32[q, k]``, ties by item."""
    by_count = np.argsort(-counts, kind="stable").astype(np.int32)
    items = np.full((len(histories), k), -1, np.int32)
    for query in range(len(histories)):
        own = histories.slice(query, query + 1).items
        first = by_count[: k + len(own)]
        left = first[~np.isin(first, own)][:k]
        items[query, : len(left)] = left
    return items
