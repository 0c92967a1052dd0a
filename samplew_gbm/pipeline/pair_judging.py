"""All that a model knows of one item for one user, as arrays; ``explain`` puts it into words."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.vocabulary import UNKNOWN
from samplew_gbm.features.similarity import attention_of
from samplew_gbm.pipeline.contributions import Contributions, contributions_of
from samplew_gbm.pipeline.inference import COLD_PENALTY, scores_of
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.near_users import candidates_for, counts_near
from samplew_gbm.pipeline.requests import requests_of
from samplew_gbm.runtime import resolve_threads


@dataclass(frozen=True, slots=True, eq=False)
class KnownItem:
    """What is said of an item of the model, as the only candidate of a query.

    ``judged`` has its row in every source, ``contributions`` its row of features; ``similarity`` and
    ``attention`` are ``float32`` beside the latest items of what of the history was meant.
    """

    judged: CandidateTable
    contributions: Contributions
    similarity: NDArray[np.float32]
    attention: NDArray[np.float32]
    n_takers: int


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPair:
    """One user and one item: the score that ``score`` gives them, and the place of the item for the user.

    ``history`` is ``int32[h]``, oldest first, and ``meant`` what is left of it without likely accidents.
    ``is_candidate`` says whether the item is among the
    ``n_candidates`` of the user's recommendations, ``n_better`` how many of them rank before it. ``known`` is
    ``None`` for an item that the model does not know. ``by_neighbours`` says that the user has no history and
    is ranked by what the users of the nearest vectors took.
    """

    user_known: bool
    by_neighbours: bool
    history: NDArray[np.int32]
    meant: NDArray[np.int32]
    item_index: int
    score: float
    known: KnownItem | None
    is_candidate: bool
    n_candidates: int
    n_better: int


def judge_pair(
    model: Model,
    user: str | int,
    item: str | int,
    *,
    history: pa.Table | None = None,
    k: int = 10,
    n_threads: int | None = None,
) -> JudgedPair:
    """Judge ``item`` for ``user``, known or not; ``history`` as in ``recommend``, whose ``k`` it is too."""
    threads = resolve_threads(n_threads)
    queries = requests_of(model, pa.array([user]), history).queries
    index = model.items.find(item)
    finder = CandidateFinder(model.tables, n_candidates=model.settings.n_candidates, least=k)
    known = None if index == UNKNOWN else _known(model, finder, queries, index, threads)
    score = -2 * COLD_PENALTY if known is None else float(known.contributions.score[0])
    candidates = candidates_for(model, finder, queries, k)
    scores = scores_of(model, model.ranker.scorer(threads), queries, candidates)
    items = candidates.lists.items
    better = (scores > score) | ((scores == score) & (items < index))
    return JudgedPair(
        user_known=model.users.find(user) != UNKNOWN,
        by_neighbours=bool(counts_near(model, queries)),
        history=queries.histories.items,
        meant=queries.meant.items,
        item_index=index,
        score=score,
        known=known,
        is_candidate=bool(np.any(items == index)),
        n_candidates=len(items),
        n_better=int(np.count_nonzero(better & (items != index))),
    )


def _known(model: Model, finder: CandidateFinder, queries: Queries, index: int, n_threads: int) -> KnownItem:
    judged = finder.judge(queries, Lists.from_sizes(np.array([1]), np.array([index], np.int32)))
    similarity, attention = attention_of(
        model.tables.embeddings.items, queries.meant.items, index, model.settings.max_history
    )
    return KnownItem(
        judged=judged,
        contributions=contributions_of(model, queries, judged, n_threads=n_threads),
        similarity=similarity,
        attention=attention,
        n_takers=int(model.tables.counts[index]),
    )
