"""The features of the ranker in groups that people can read: what a group looks at, and what it then says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Features that look at the same thing.

    ``up`` and ``down`` say what raised or lowered a score. ``stems`` begin the names of the features, in
    whole words; of several that fit the longest decides. One behind ``*`` has a name of the user's before
    it, and decides before all others.
    """

    key: str
    title: str
    up: str
    down: str
    stems: tuple[str, ...]


GROUPS = (
    FeatureGroup(
        "together",
        "taken together",
        "those who took the same took it often",
        "those who took the same took it seldom",
        ("covisited", "covisited_second", "linear", "spectral"),
    ),
    FeatureGroup(
        "next",
        "taken next",
        "it often follows what was taken last",
        "it seldom follows what was taken last",
        ("covisited_last", "transition", "linear_next", "softmax_next", "session"),
    ),
    FeatureGroup(
        "neighbours",
        "taken by similar users",
        "users with a like history took it",
        "users with a like history hardly took it",
        ("neighbours",),
    ),
    FeatureGroup(
        "similar",
        "similar items",
        "it is similar to items of the history",
        "it is unlike the items of the history",
        ("nearest", "similarity"),
    ),
    FeatureGroup(
        "described",
        "described alike",
        "it is described like items of the history",
        "it is described unlike those of the history",
        ("content", "*_vectors"),
    ),
    FeatureGroup(
        "numbers",
        "numbers of item and user",
        "numbers of the item or the user, such as its price, speak for it",
        "numbers of the item or the user, such as its price, are against it",
        ("item_number", "user_number"),
    ),
    FeatureGroup(
        "popularity",
        "popularity and age",
        "people take it often, or took it lately",
        "people take it seldom, or no longer",
        ("popularity", "trend", "item_age_days", "item_idle_days"),
    ),
    FeatureGroup(
        "repeats",
        "taken before",
        "the user took it before, or took it lately",
        "the user never took it, or long ago",
        ("repeat",),
    ),
    FeatureGroup(
        "history",
        "length of the history",
        "the length of the history speaks for it",
        "the length of the history is against it",
        ("history_length",),
    ),
)
OTHER = FeatureGroup(
    "other", "other features", "other features speak for it", "other features speak against it", ()
)
"""What no group claims, so that a new feature is never lost."""


def group_of(feature: str) -> FeatureGroup:
    """The group of a feature, by the longest stem that begins its name."""
    fitting = [(stem, group) for group in GROUPS for stem in group.stems if _fits(feature, stem)]
    return max(fitting, key=lambda pair: (pair[0][0] == "*", len(pair[0])), default=("", OTHER))[1]


def _fits(feature: str, stem: str) -> bool:
    before, own, after = feature.partition(stem.removeprefix("*"))
    return bool(own) and bool(before) == stem.startswith("*") and (not after or after.startswith("_"))


def grouped(parts: Mapping[str, float]) -> dict[str, float]:
    """The sum of ``parts`` (by feature) of each group that has any, by key."""
    sums: dict[str, float] = {}
    for feature, value in parts.items():
        key = group_of(feature).key
        sums[key] = sums.get(key, 0.0) + value
    return sums


def named(key: str) -> FeatureGroup:
    """The group called ``key``."""
    return next(group for group in (*GROUPS, OTHER) if group.key == key)


def members(key: str, features: Sequence[str]) -> list[str]:
    """Those of ``features`` that the group holds, in their order."""
    return [feature for feature in features if group_of(feature).key == key]
