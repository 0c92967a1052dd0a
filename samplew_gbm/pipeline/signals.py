"""The signals of the judged samples that a scheme requires; those that it does not are not computed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.query_rows import first_rows
from samplew_gbm.importance.base import SampleSignals, Scheme
from samplew_gbm.importance.measured.closeness import closeness
from samplew_gbm.importance.measured.items import log_counts, mainstream_takers
from samplew_gbm.importance.measured.purchase_rate import check_purchases, purchase_rates
from samplew_gbm.importance.measured.values import check_values
from samplew_gbm.importance.measured.vector_cosine import check_item_vectors, vector_cosines
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline.accidents import taste_signal
from samplew_gbm.pipeline.judging import blend_signal, ranker_signal
from samplew_gbm.pipeline.samples import Samples
from samplew_gbm.settings import Settings

DEFAULTS = Settings()

OF_ITEMS: dict[str, Callable[[Interactions], NDArray[np.float32]]] = {
    "mainstream": mainstream_takers,
    "popularity": log_counts,
    "purchase_rate": purchase_rates,
}
"""Signals that are one number an item, learned from a fold's rows."""

OF_ALL_FOLDS: dict[str, Callable[..., NDArray[np.float32]]] = {
    "ranker": ranker_signal,
    "blend": blend_signal,
    "taste": taste_signal,
}
"""Signals that need more than the fold of the rows they judge: other users, or one choice for all folds."""

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
    interactions: Interactions,
    samples: list[Samples],
    scheme: Scheme,
    settings: Settings = DEFAULTS,
    *,
    n_threads: int,
) -> SampleSignals:
    """What is known of all judged rows, fold after fold; ``settings`` say the axis and how rankers learn."""
    check_scheme(interactions, scheme.name)
    rows = np.concatenate([part.judged_rows for part in samples])
    known = SampleSignals(
        affinity=np.concatenate([part.affinity for part in samples]),
        segment=segments_of(interactions, samples, settings.axis),
        item=interactions.item_index[rows],
        loss=np.concatenate([part.loss for part in samples]),
        value=None if interactions.value is None else interactions.value[rows],
    )
    learned: dict[str, Any] = {
        name: OF_ALL_FOLDS[name](interactions, samples, settings, n_threads=n_threads)
        for name in scheme.requires
        if name in OF_ALL_FOLDS
    }
    known = replace(known, **learned)
    names = [name for name in scheme.requires if name in OF_ITEMS or name in OF_HISTORIES]
    if not names:
        return known
    parts = [_of_fold(interactions, part, names, n_threads) for part in samples]
    joined: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return replace(known, **joined)


def segments_of(interactions: Interactions, samples: list[Samples], axis: str) -> NDArray[np.int32]:
    """What each judged row is compared within, ``int32[n]``: its user, its item or its query."""
    rows = np.concatenate([part.judged_rows for part in samples])
    if axis != "query":
        index: NDArray[np.int32] = interactions.user_index if axis == "user" else interactions.item_index
        own: NDArray[np.int32] = index[rows]
        return own
    query = first_rows(interactions)[rows]
    if interactions.order is Order.NONE and interactions.query is None:
        # A user's rows that one fold judges are one query.
        fold = np.repeat(np.arange(len(samples)), [len(part.judged_rows) for part in samples])
        query = fold * interactions.n_users + interactions.user_index[rows]
    segment: NDArray[np.int32] = np.unique(query, return_inverse=True)[1].astype(np.int32)
    return segment


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
