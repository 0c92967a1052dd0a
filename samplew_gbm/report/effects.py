"""What the features do to scores, over a sample of recommendations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.explain.groups import group_of
from samplew_gbm.pipeline.contributions import contributions_of
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.requests import requests_of
from samplew_gbm.report.sampling import sampled_users
from samplew_gbm.runtime import resolve_threads

N_USERS = 100  # at most, evenly from all
N_CANDIDATES = 30  # of each, evenly from all
CLEAR = 0.3  # the correlation from which a direction is told


@dataclass(frozen=True, slots=True)
class FeatureEffect:
    """``gain`` is the share of all gain in training, ``mean`` the mean absolute contribution to a score.

    ``direction`` is the correlation of the rank of the value with the contribution: near 1 where more of it
    raises a score, near -1 where it lowers it; 0 where neither moves.
    """

    feature: str
    gain: float
    mean: float
    direction: float


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The mean absolute contribution of a group's features taken together."""

    group: str
    mean: float


@dataclass(frozen=True, slots=True)
class Effects:
    """Over ``n_rows`` candidates of ``n_users`` users; the largest effect first."""

    n_users: int
    n_rows: int
    features: tuple[FeatureEffect, ...]
    groups: tuple[GroupEffect, ...]


def effects_of(model: Model, *, n_threads: int | None = None) -> Effects:
    """The effects over the next recommendations of users with a history; nothing of it is random."""
    queries = requests_of(model, sampled_users(model, N_USERS), None).queries
    finder = CandidateFinder(model.tables, n_candidates=model.settings.n_candidates)
    parts, values = [], []
    for start in range(0, len(queries), finder.block_size):
        block = queries.slice(start, min(start + finder.block_size, len(queries)))
        candidates = _thinned(finder.find(block)[0])
        found = contributions_of(model, block, candidates, n_threads=resolve_threads(n_threads))
        parts.append(found.parts)
        values.append(found.values)
    part, value = np.concatenate(parts), np.concatenate(values)
    return Effects(len(queries), len(part), _of_features(model, value, part), _of_groups(model, part))


def direction_words(direction: float) -> str:
    """What more of a feature does."""
    if direction > CLEAR:
        return "raises"
    return "lowers" if direction < -CLEAR else "depends"


def _thinned(candidates: CandidateTable) -> CandidateTable:
    lists = candidates.lists
    place = np.arange(len(lists.items)) - lists.indptr[lists.owner]
    size = lists.sizes[lists.owner]
    # Kept is where the running number of kept ones steps up: an even part.
    kept = (place + 1) * N_CANDIDATES // size > place * N_CANDIDATES // size
    return candidates.keep(kept | (size <= N_CANDIDATES))


def _of_features(
    model: Model, value: NDArray[np.float32], part: NDArray[np.float64]
) -> tuple[FeatureEffect, ...]:
    gain = model.report.feature_gain
    total = sum(gain.values()) or 1.0
    mean = _mean_size(part)
    found = [
        FeatureEffect(name, gain[name] / total, float(mean[at]), direction_of(value[:, at], part[:, at]))
        for at, name in enumerate(model.feature_names)
    ]
    return tuple(sorted(found, key=lambda effect: (-effect.mean, effect.feature)))


def _of_groups(model: Model, part: NDArray[np.float64]) -> tuple[GroupEffect, ...]:
    places = {name: at for at, name in enumerate(model.feature_names)}
    keys = {name: group_of(name).key for name in places}
    found = []
    for key in dict.fromkeys(keys.values()):
        own = [places[name] for name in places if keys[name] == key]
        found.append(GroupEffect(key, float(_mean_size(part[:, own].sum(axis=1)))))
    return tuple(sorted(found, key=lambda effect: (-effect.mean, effect.group)))


def _mean_size(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean absolute contribution of each column; 0 where users who took everything leave no row."""
    size: NDArray[np.float64] = np.abs(part).sum(axis=0) / max(1, len(part))
    return size


def direction_of(value: NDArray[np.float32], part: NDArray[np.float64]) -> float:
    """The correlation of the rank of ``value``, equal ones together, with what it adds; ``[n]`` each."""
    if not len(value):
        return 0.0
    rank = np.unique(value, return_inverse=True)[1].astype(np.float64)
    rank, moved = rank - rank.mean(), part - part.mean()
    size = float(np.sqrt(np.square(rank).sum() * np.square(moved).sum()))
    return float((rank * moved).sum() / size) if size > 0 else 0.0
