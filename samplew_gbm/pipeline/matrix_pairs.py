"""Importance of (user, item) rows by themselves: tables that have not seen a pair, and each user's scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.als import factorise
from samplew_gbm.embeddings.width import judging_width_for
from samplew_gbm.importance.attention import SHRINKAGE
from samplew_gbm.settings import Settings

Index = NDArray[np.int64]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairTables:
    """Embeddings of every fold of pairs: those of fold ``f`` have not seen its pairs.

    ``key`` is ``int64[p]``, ``user * n_items + item`` of the pairs learned from, rising; ``fold`` is
    ``int64[p]``.
    """

    n_items: int
    key: Index
    fold: Index
    users: tuple[Float32, ...]
    items: tuple[Float32, ...]

    def affinity(self, user: Index, item: Index) -> Float64:
        """Of each row, ``float64[n]``, by the one table that has not seen it, or the mean of all of them.

        NaN where of user or item (-1: unknown) nothing could be learned without the row.
        """
        known = np.flatnonzero((user >= 0) & (item >= 0))
        affinity = np.full(len(user), np.nan)
        wanted = user[known] * self.n_items + item[known]
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        fold = np.where(self.key[place] == wanted, self.fold[place], -1)
        every = np.stack(
            [
                pair_affinity(*tables, user[known], item[known])
                for tables in zip(self.users, self.items, strict=True)
            ]
        )
        own = every[np.maximum(fold, 0), np.arange(len(known))]
        affinity[known] = np.where(fold >= 0, own, every.mean(axis=0))
        return affinity


@dataclass(frozen=True, slots=True, eq=False)
class UserScales:
    """What an affinity means to each user, from the rows learned from; ``float64[n_users]`` each.

    The importance of an affinity ``a`` is ``exp((a - mean) * scale) * share``: over those rows it is
    ``importance_of``, segment size x softmax of what is standardised and shrunk, with mean 1.
    """

    mean: Float64
    scale: Float64
    share: Float64

    def importance(self, user: Index, affinity: Float64) -> Float64:
        """Of each row, ``float64[n]``; 1 where the affinity or the user is not known."""
        known = np.flatnonzero((user >= 0) & ~np.isnan(affinity))
        importance = np.ones(len(user))
        whose = user[known]
        logit = (affinity[known] - self.mean[whose]) * self.scale[whose]
        importance[known] = np.exp(np.minimum(logit, LARGEST_LOGIT)) * self.share[whose]
        return importance


LARGEST_LOGIT = 50.0  # of rows unlike any that was learned from; weights are limited long before


def learn_pairs(user: Index, item: Index, settings: Settings, *, n_threads: int) -> PairTables:
    """Tables of the pairs of ``n`` rows, ``int64[n]`` each; each user's pairs are dealt into folds."""
    n_users, n_items = int(user.max()) + 1, int(item.max()) + 1
    key, counts = np.unique(user * n_items + item, return_counts=True)
    whose = key // n_items
    rng = np.random.default_rng((settings.random_state, 4))
    start, shuffled = rng.integers(settings.n_folds, size=n_users), np.lexsort((rng.random(len(key)), whose))
    first = np.searchsorted(whose, np.arange(n_users))
    fold = np.empty(len(key), np.int64)
    fold[shuffled] = (np.arange(len(key)) - first[whose] + start[whose]) % settings.n_folds
    learned = [
        _learned(key, counts, fold != number, n_users, n_items, settings, n_threads)
        for number in range(settings.n_folds)
    ]
    users, items = zip(*learned, strict=True)
    return PairTables(n_items, key, fold, users, items)


def learn_scales(user: Index, affinity: Float64, *, n_users: int, temperature: float) -> UserScales:
    """The scales of users ``int64[n]`` of rows with an ``affinity``, ``float64[n]``, NaN left out."""
    known = np.lexsort((affinity, user))  # sums in one order, whatever that of the rows
    known = known[~np.isnan(affinity[known])]
    user, affinity = user[known], affinity[known]
    sizes = np.bincount(user, minlength=n_users)
    least = np.maximum(sizes, 1)
    mean = np.bincount(user, affinity, n_users) / least
    spread = np.sqrt(np.bincount(user, np.square(affinity - mean[user]), n_users) / least)
    trust = sizes / (sizes + SHRINKAGE)
    scale = np.divide(trust, spread * temperature, out=np.zeros(n_users), where=spread > 1e-12)
    total = np.bincount(user, np.exp((affinity - mean[user]) * scale[user]), n_users)
    return UserScales(mean, scale, np.divide(sizes, total, out=np.ones(n_users), where=total > 0))


def _learned(
    key: Index,
    counts: Index,
    kept: NDArray[np.bool_],
    n_users: int,
    n_items: int,
    settings: Settings,
    n_threads: int,
) -> tuple[Float32, Float32]:
    every = np.repeat(key[kept], counts[kept])
    sizes = np.bincount(every // n_items, minlength=n_users)
    taken = Lists.from_sizes(sizes, (every % n_items).astype(np.int32))
    width = settings.n_factors or judging_width_for(n_items)
    return factorise(taken, n_items, settings, n_factors=width, n_threads=n_threads)


def pair_affinity(
    users: Float32, items: Float32, user: NDArray[np.integer], item: NDArray[np.integer]
) -> Float64:
    """Dot products, ``float64[n]``; NaN where one side is all 0: it was in no row that was learned from."""
    value = np.einsum("nd,nd->n", users[user], items[item])
    learned = np.any(users, axis=1).take(user) & np.any(items, axis=1).take(item)
    known: Float64 = np.where(learned, value, np.nan)
    return known
