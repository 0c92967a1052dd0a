"""How likely rows were taken for taste: topics against a background, each row judged by what has not seen it.

Accidents hit what is popular, or anything. Which of the two, the rows themselves say: the background beside
which the rows are likelier that one fold judges, the one that learned from most, is taken for all of them.

How many accidents there are is told best by all rows as a set. Few early rows make poor topics, beside which
the background looks better than it is: of a shop without accidents they tell of some, the set of hardly any.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.splitting import random_folds
from samplew_gbm.embeddings.topics import learn_members, mean_chance
from samplew_gbm.importance.taste import accident_share, log_likelihood, posterior
from samplew_gbm.pipeline.samples import Samples
from samplew_gbm.settings import Settings

FOLDS = 5  # of a set
ENOUGH = 100_000  # rows tell the share of accidents
RARE = 0.1  # rows that every item is given


def _popular(learned: Interactions) -> NDArray[np.float64]:
    counts = np.bincount(learned.item_index, minlength=learned.n_items) + RARE
    share: NDArray[np.float64] = counts / counts.sum()
    return share


def _uniform(learned: Interactions) -> NDArray[np.float64]:
    return np.full(learned.n_items, 1 / learned.n_items)


BACKGROUNDS: dict[str, Callable[[Interactions], NDArray[np.float64]]] = {
    "popular": _popular,
    "uniform": _uniform,
}
"""What accidents may hit: distributions over the items."""


@dataclass(frozen=True, slots=True, eq=False)
class TasteOdds:
    """``log_odds`` of taste against accident, ``float32[n]``, by the ``background`` that was chosen.

    ``share`` of accidents among the rows, as they tell it.
    """

    log_odds: NDArray[np.float32]
    background: str
    share: float


def judge_rows(
    interactions: Interactions, folds: Sequence[Fold], random_state: int, *, n_threads: int
) -> TasteOdds:
    """The rows that the folds judge, one fold after the other, in the order of their queries."""
    telling = max(range(len(folds)), key=lambda number: _tells(folds[number]))
    by_background = {
        name: _chances(interactions, folds[telling], (random_state, telling), name, n_threads)
        for name in BACKGROUNDS
    }
    background = max(by_background, key=lambda name: _likelihood(*by_background[name]))
    parts = [
        by_background[background]
        if number == telling
        else _chances(interactions, fold, (random_state, number), background, n_threads)
        for number, fold in enumerate(folds)
    ]
    taste, accident = (np.concatenate(each) for each in zip(*parts, strict=True))
    log_odds = (np.log(taste) - np.log(accident)).astype(np.float32)
    return TasteOdds(log_odds, background, accident_share(log_odds))


def _tells(fold: Fold) -> tuple[bool, int]:
    return len(fold.judge) > 0, len(fold.learn)


def _likelihood(taste: NDArray[np.float64], accident: NDArray[np.float64]) -> float:
    """Mean logarithm of the chance of rows, by that share of accidents which makes them likeliest."""
    log_odds = (np.log(taste) - np.log(accident)).astype(np.float32)
    return log_likelihood(log_odds, accident_share(log_odds)) + float(np.log(accident).mean())


def taste_signal(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> NDArray[np.float32]:
    """Posterior log odds of taste of all judged rows, ``float32[n]``.

    Each row's odds are by the rows its fold learned from; two facts are of the whole log, whether accidents
    hit what is popular and how many there are.
    """
    folds = [Fold(part.learned_rows, part.judged_rows) for part in samples]
    odds = judge_rows(interactions, folds, settings.random_state, n_threads=n_threads).log_odds
    return posterior(odds, accident_share_of(interactions, settings.random_state, n_threads=n_threads))


def accident_share_of(interactions: Interactions, random_state: int, *, n_threads: int) -> float:
    """The share of accidents that the rows tell of; of a long log those of some whole users."""
    sizes = np.diff(interactions.indptr)
    order = np.random.default_rng(random_state).permutation(len(sizes))
    asked = np.zeros(len(sizes), bool)
    asked[order[np.cumsum(sizes[order]) - sizes[order] < ENOUGH]] = True
    some = interactions.take(asked[interactions.user_index])
    return judge_as_set(some, random_state, n_threads=n_threads).share


def judge_as_set(interactions: Interactions, random_state: int, *, n_threads: int) -> TasteOdds:
    """Every row by the rows of other folds, ``log_odds`` in the order of the rows."""
    rows = replace(interactions, order=Order.NONE, timestamp=None, query=None, grade=None, impressions=None)
    fold = random_folds(rows, n_folds=FOLDS, random_state=random_state)
    folds = [Fold(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(FOLDS)]
    judged = judge_rows(rows, folds, random_state, n_threads=n_threads)
    place = np.concatenate([each.judge for each in folds])
    log_odds = np.empty(len(rows), np.float32)
    log_odds[place] = judged.log_odds
    return replace(judged, log_odds=log_odds)


def _chances(
    interactions: Interactions, fold: Fold, seed: tuple[int, int], background: str, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance of the rows that a fold judges by taste, and by accident, ``float64[n]`` both."""
    learned = interactions.take(fold.learn)
    judged = judged_queries(interactions, fold)
    beside = BACKGROUNDS[background](learned)

    members = learn_members(learned, beside, seed, n_threads=n_threads)
    taste = mean_chance(members, judged.histories, judged.positives, n_threads=n_threads)
    return taste, beside[judged.positives.items]
