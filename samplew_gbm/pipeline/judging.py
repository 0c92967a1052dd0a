"""The ranker as a judge of rows, and a blend of signals, both learned on other users.

The users are dealt into two halves. What is learned on one half judges the other, so no row of a user is
judged by what that user's rows taught; and the features of a sample come from tables that have not seen it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.queries import Lists, gather_ranges
from samplew_gbm.features.affinity import directions
from samplew_gbm.importance.measured.blend import fit_logistic
from samplew_gbm.importance.measured.closeness import closeness
from samplew_gbm.importance.measured.items import mainstream_takers
from samplew_gbm.importance.normalising import standardised
from samplew_gbm.pipeline.rankers import train_rankers
from samplew_gbm.pipeline.samples import NEGATIVE, Samples, affinity_source
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import RankerData
from samplew_gbm.settings import Settings

Float32 = NDArray[np.float32]
HALVES = 3  # of the seeds that a run deals users by: the gate has its own
LEAST_SPREAD = 1e-12  # of a signal that is the same everywhere


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Ranker scores beside the judged rows of all parts, and of the items drawn by chance for their queries.

    ``half`` is ``int64`` beside them: that of the row's user, which the other half's ranker judges.
    """

    judged: Float32
    chance: Float32
    half: NDArray[np.int64]


def ranker_scores(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> Scores:
    """Scores by the ranker of the other half of the users; 0 where that half has no query to learn from."""
    side = np.random.default_rng((settings.random_state, HALVES)).permutation(interactions.n_users) % 2
    half = np.concatenate([side[interactions.user_index[part.judged_rows]] for part in samples])
    judged, chance = np.zeros(len(half), np.float32), np.zeros(len(half), np.float32)
    for learned in (0, 1):
        data, users = _rows_of(samples, side == learned)
        if not len(users):
            continue
        ranker, _ = train_rankers(
            data,
            users,
            msgspec.structs.replace(settings, weighting="row", n_rankers=1),
            names=samples[0].names,
            monotone=directions(tuple(samples[0].found)) if interactions.order is Order.NONE else None,
            n_threads=n_threads,
            progress=Progress(),
        )
        score, asked = ranker.scorer(n_threads), half != learned
        judged[asked] = score(np.concatenate([part.judged_features for part in samples])[asked])
        chance[asked] = score(np.concatenate([part.chance_features for part in samples])[asked])
    return Scores(judged, chance, half)


def ranker_signal(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> Float32:
    """The scores of all judged rows, ``float32[n]``, standardised within each half, whose rankers differ."""
    found = ranker_scores(interactions, samples, settings, n_threads=n_threads)
    return _standardised_by_half(found.judged, found.half)


def blend_signal(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> Float32:
    """How much the signals of a judged row are those of a row taken, not of one by chance; ``float32[n]``.

    The logit of a logistic regression that tells rows of the other half of the users from items drawn evenly
    for the same queries, by affinity, cosine, how mainstream the takers are, and the ranker's score. Rows are
    part accidents; where these fall on any item, the ratio of the two densities rises with the chance that a
    row is none.
    """
    scores = ranker_scores(interactions, samples, settings, n_threads=n_threads)
    parts = [_signals_of_part(interactions, part, n_threads) for part in samples]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    judged = np.column_stack([columns[0], scores.judged]).astype(np.float64)
    chance = np.column_stack([columns[1], scores.chance]).astype(np.float64)[columns[2]]
    half_of_chance = scores.half[columns[2]]
    logit = np.zeros(len(judged), np.float32)
    for learned in (0, 1):
        own, other = judged[scores.half == learned], chance[half_of_chance == learned]
        if len(own) and len(other):
            asked = scores.half != learned
            logit[asked] = _told_apart(own, other)(judged[asked])
    return _standardised_by_half(logit, scores.half)


def _told_apart(
    taken: NDArray[np.float64], chance: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The logit, learned from signals of both kinds, as a function of signals."""
    both = np.concatenate([taken, chance])
    centre, spread = both.mean(axis=0), np.maximum(both.std(axis=0), LEAST_SPREAD)
    is_taken = np.arange(len(both)) < len(taken)
    weights = fit_logistic((both - centre) / spread, is_taken)
    return lambda signals: (signals - centre) / spread @ weights[:-1] + weights[-1]


def _standardised_by_half(values: Float32, half: NDArray[np.int64]) -> Float32:
    found = np.zeros(len(values), np.float32)
    for own in (half == 0, half == 1):
        found[own] = standardised(values[own])
    return found


def _rows_of(samples: list[Samples], learned: NDArray[np.bool_]) -> tuple[RankerData, NDArray[np.int32]]:
    """The unweighted rows of the queries of some users, ``bool[n_users]``, and whose each query is."""
    kept = [np.flatnonzero(learned[part.user_index]) for part in samples]
    rows = [
        gather_ranges(part.indptr[index], part.indptr[index + 1])
        for part, index in zip(samples, kept, strict=True)
    ]
    pairs = list(zip(samples, rows, strict=True))
    sizes = [np.diff(part.indptr)[index] for part, index in zip(samples, kept, strict=True)]
    data = RankerData(
        np.concatenate([part.features[at] for part, at in pairs]),
        np.concatenate([(part.row[at] != NEGATIVE).astype(np.int32) for part, at in pairs]),
        np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64),
    )
    users = [part.user_index[index] for part, index in zip(samples, kept, strict=True)]
    return data, np.concatenate(users)


def _signals_of_part(
    interactions: Interactions, part: Samples, n_threads: int
) -> tuple[Float32, Float32, NDArray[np.bool_]]:
    """Signals of the judged rows and of the items by chance, and which of these the user had not taken."""
    learned = interactions.take(part.learned_rows)
    judged = judged_queries(interactions, Fold(part.learned_rows, part.judged_rows))
    mainstream = mainstream_takers(learned)
    histories, taken = judged.queries.histories, judged.positives
    chance = Lists(taken.indptr, part.chance_item)
    affinity = part.chance_features[:, part.names.index(affinity_source(part.names))]
    of_rows, of_chance = (
        np.column_stack(
            [near, closeness(learned, histories, lists, n_threads=n_threads), mainstream[lists.items]]
        )
        for near, lists in ((part.affinity, taken), (affinity, chance))
    )
    keys = chance.owner * interactions.n_items + chance.items
    own = [lists.owner * interactions.n_items + lists.items for lists in (histories, taken)]
    return of_rows, of_chance, ~np.isin(keys, np.concatenate(own))
