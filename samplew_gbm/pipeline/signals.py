"""The signals of the judged samples that a scheme requires; those that it does not are not computed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.importance.base import SampleSignals, Scheme
from samplew_gbm.importance.measured.closeness import closeness
from samplew_gbm.importance.measured.items import log_counts, mainstream_takers
from samplew_gbm.importance.measured.purchase_rate import check_purchases, purchase_rates
from samplew_gbm.importance.measured.values import check_values
from samplew_gbm.importance.measured.vector_cosine import check_item_vectors, vector_cosines
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline.samples import Samples

OF_ITEMS: dict[str, Callable[[Interactions], NDArray[np.float32]]] = {
    "mainstream": mainstream_takers,
    "popularity": log_counts,
    "purchase_rate": purchase_rates,
}
"""Signals that are one number an item, learned from a fold's rows."""

CHECKS: dict[str, Callable[[Interactions, str], None]] = {
    "purchase_rate": check_purchases,
    "value": check_values,
    "vector_cosine": check_item_vectors,
}
"""What a log must have for a signal."""

OF_HISTORIES = ("cosine", "vector_cosine")
"""Signals of an item beside its history."""


def check_scheme(interactions: Interactions, name: str) -> None:
    """``DataError`` where a log lacks what the scheme ``name`` requires of it, before anything is learned."""
    for signal in SCHEMES[name].requires if name in SCHEMES else ():
        if signal in CHECKS:
            CHECKS[signal](interactions, name)


def signals_of(
    interactions: Interactions, samples: list[Samples], scheme: Scheme, *, n_threads: int
) -> SampleSignals:
    """What is known of all judged rows, fold after fold."""
    check_scheme(interactions, scheme.name)
    rows = np.concatenate([part.judged_rows for part in samples])
    known = SampleSignals(
        affinity=np.concatenate([part.affinity for part in samples]),
        segment=interactions.user_index[rows],
        item=interactions.item_index[rows],
        loss=np.concatenate([part.loss for part in samples]),
        value=None if interactions.value is None else interactions.value[rows],
    )
    names = [name for name in scheme.requires if name in OF_ITEMS or name in OF_HISTORIES]
    if not names:
        return known
    parts = [_of_fold(interactions, part, names, n_threads) for part in samples]
    joined: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return replace(known, **joined)


def _of_fold(
    interactions: Interactions, part: Samples, names: list[str], n_threads: int
) -> dict[str, NDArray[np.float32]]:
    """The signals ``names`` of one fold's judged rows, from the rows it learned from."""
    learned = interactions.take(part.learned_rows)
    items = interactions.item_index[part.judged_rows]
    found = {name: OF_ITEMS[name](learned)[items] for name in names if name in OF_ITEMS}
    if any(name in OF_HISTORIES for name in names):
        judged = judged_queries(interactions, Fold(part.learned_rows, part.judged_rows))
        histories, taken = judged.queries.histories, judged.positives
    if "cosine" in names:
        found["cosine"] = closeness(learned, histories, taken, n_threads=n_threads)
    if "vector_cosine" in names and interactions.side is not None:
        models = interactions.side.item_vectors
        found["vector_cosine"] = vector_cosines(models, histories, taken, judged.user_index)
    return found
