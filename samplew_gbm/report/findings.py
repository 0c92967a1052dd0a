"""What the importance of the judged rows says of rows, users and items: arrays in, frozen values out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.evaluation.grouped import GroupMeans, group_means

SUSPICIOUS_SHARE = 0.1  # how far the list of suspicious rows goes; not how many rows are noise
TOP_USERS = 3  # that an item names


@dataclass(frozen=True, slots=True, eq=False)
class SuspiciousRows:
    """Judged rows of the smallest importance, smallest first.

    ``place`` is ``int64[m]`` into the ``Interactions``; ``importance`` and ``share_rank`` are ``float64[m]``,
    the latter the share of the judged rows whose importance is not above the row's.
    """

    place: NDArray[np.int64]
    importance: NDArray[np.float64]
    share_rank: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TopUsers:
    """The users that each of ``m`` items matters to most, of item ``j`` those at ``indptr[j]:indptr[j + 1]``.

    ``user_index`` is ``int32``, ``importance`` ``float64``: that of the user's most important row of the
    item. ``affinity_rank`` is ``int64``: 1 where no other of the user's ``n_own`` judged rows has a higher
    affinity.
    """

    indptr: NDArray[np.int64]
    user_index: NDArray[np.int32]
    importance: NDArray[np.float64]
    affinity_rank: NDArray[np.int64]
    n_own: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ItemRelevance:
    """Items with judged rows, and beside each the users that it matters to most."""

    means: GroupMeans
    top: TopUsers


def suspicious_rows(
    interactions: Interactions, importance: NDArray[np.float64], judged: NDArray[np.int64], *, at_least: int
) -> SuspiciousRows:
    """The lowest ``SUSPICIOUS_SHARE`` of the ``judged`` rows, or ``at_least`` so many where there are.

    ``importance`` is ``float64[n]`` of all rows. Equal rows are ordered by user, item and time, so that the
    order of the file decides nothing. Where all are equal none is suspicious.
    """
    own = importance[judged]
    time = interactions.timestamp
    keys = (
        *(() if time is None else (time[judged],)),
        interactions.item_index[judged],
        interactions.user_index[judged],
        own,
    )
    length = max(at_least, int(SUSPICIOUS_SHARE * len(judged))) if np.ptp(own) > 0 else 0
    lowest = np.lexsort(keys)[:length]
    not_above = np.searchsorted(np.sort(own), own[lowest], side="right")
    return SuspiciousRows(judged[lowest], own[lowest], not_above / max(1, len(judged)))


def user_values(
    interactions: Interactions, importance: NDArray[np.float64], judged: NDArray[np.int64]
) -> GroupMeans:
    """The mean importance of every user with judged rows, in the order of ``_steadiest_first``."""
    return _steadiest_first(group_means(importance[judged], interactions.user_index[judged]))


def item_relevance(
    interactions: Interactions,
    importance: NDArray[np.float64],
    judged: NDArray[np.int64],
    affinity: NDArray[np.float32],
) -> ItemRelevance:
    """The mean importance of every item with judged rows, its users too; ``affinity`` beside ``judged``."""
    means = _steadiest_first(group_means(importance[judged], interactions.item_index[judged]))
    return ItemRelevance(means, _top_users(interactions, importance, judged, affinity, means.group))


def _steadiest_first(means: GroupMeans) -> GroupMeans:
    """By the steadied mean: by the plain one, the luck of a single row would come first."""
    return means.take(np.lexsort((means.group, -means.low, -means.steadied)))


def _top_users(
    interactions: Interactions,
    importance: NDArray[np.float64],
    judged: NDArray[np.int64],
    affinity: NDArray[np.float32],
    items: NDArray[np.int64],
) -> TopUsers:
    user, item, own = interactions.user_index[judged], interactions.item_index[judged], importance[judged]
    ranks, n_own = _ranks_within(affinity, user)
    # Once a user and item: the most important row, of equal ones that of the best rank.
    order = np.lexsort((ranks, -own, user, item))
    order = order[_firsts(item[order], user[order])]
    place = np.empty(interactions.n_items, np.int64)
    place[items] = np.arange(len(items))
    order = order[np.lexsort((user[order], -own[order], place[item[order]]))]
    order = order[_place_in_run(item[order]) < TOP_USERS]
    sizes = np.bincount(place[item[order]], minlength=len(items))
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return TopUsers(indptr, user[order], own[order], ranks[order], n_own[order])


def _ranks_within(
    values: NDArray[np.float32], segment: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each value 1 + how many of its segment are larger, and how many its segment has."""
    order = np.lexsort((-values, segment))
    ordered, segments = values[order], segment[order]
    first = _firsts(segments, ordered)
    # Equal values share the place of the first of them.
    leader = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = _place_in_run(segments)[leader] + 1 if len(order) else 0
    return ranks, np.bincount(segment)[segment] if len(order) else ranks


def _firsts(*keys: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a run of equal keys begins."""
    changes = [np.append(True, key[1:] != key[:-1])[: len(key)] for key in keys]
    first: NDArray[np.bool_] = np.logical_or.reduce(changes)
    return first


def _place_in_run(key: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many of the same run stand before each; equal keys stand together."""
    at = np.arange(len(key))
    place: NDArray[np.int64] = at - np.maximum.accumulate(np.where(_firsts(key), at, 0))
    return place
