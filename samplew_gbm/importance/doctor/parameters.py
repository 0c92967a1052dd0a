"""LightGBM's parameters and trees as its own text tells them, read without LightGBM.

A text that was not checked makes LightGBM abort the process; these readers only look at single lines.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAMES = {
    "objective": ("objective_type", "app", "application", "loss"),
    "boosting": ("boosting_type", "boost"),
    "data_sample_strategy": (),
    "bagging_fraction": ("sub_row", "subsample", "bagging"),
    "bagging_freq": ("subsample_freq",),
    "bagging_by_query": (),
    "device_type": ("device",),
    "metric": ("metrics", "metric_types"),
    "early_stopping_round": ("early_stopping_rounds", "early_stopping", "n_iter_no_change"),
    "min_data_in_leaf": ("min_data_per_leaf", "min_data", "min_child_samples", "min_samples_leaf"),
    "label_gain": (),
}
"""The parameters that a rule looks at, and LightGBM's other names for them."""

MAIN_NAME = {alias: name for name, aliases in _NAMES.items() for alias in (name, *aliases)}
RANKING_OBJECTIVES = {
    "lambdarank": "lambdarank",
    **dict.fromkeys(
        ("rank_xendcg", "xendcg", "xe_ndcg", "xe_ndcg_mart", "xendcg_mart"),
        "rank_xendcg",
    ),
}
_PARAMETER = re.compile(r"^\[(\w+): (.*)\]$", re.MULTILINE)
_DIGITS = 10  # LightGBM counts rows in 32 bits; what is longer is not its text
_LEAF_COUNTS = re.compile(r"^leaf_count=([0-9 ]*)$", re.MULTILINE)


def main_names(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters under LightGBM's main names; the main one wins over another, as it does there."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        main = MAIN_NAME.get(name, name)
        if main == name or main not in parameters:
            found[main] = value
    return found


def parameters_in(text: str) -> dict[str, str]:
    """The parameters that a model's text notes behind its trees."""
    _, _, notes = text.rpartition("\nend of trees\n")
    return dict(_PARAMETER.findall(notes))


def leaf_counts_in(text: str) -> NDArray[np.int64]:
    """Rows in every leaf of the trees of a model's text, without trees of a single leaf; ``int64``."""
    trees = [line.split() for line in _LEAF_COUNTS.findall(text)]
    counts = [count for tree in trees if len(tree) > 1 for count in tree]
    return np.array([int(count) for count in counts if len(count) <= _DIGITS], np.int64)


def number(parameters: Mapping[str, Any], name: str, default: float) -> float:
    """A parameter as a number; ``default`` where it is not given or is none."""
    try:
        return float(parameters.get(name, default))
    except (TypeError, ValueError):
        return default


def flag(parameters: Mapping[str, Any], name: str) -> bool:
    """A parameter as LightGBM reads a switch; off by default."""
    return str(parameters.get(name, False)).lower() in ("true", "1", "+")


def words(parameters: Mapping[str, Any], name: str) -> list[str]:
    """A parameter of one or several words, in lower case."""
    value = parameters.get(name, "")
    listed = value if isinstance(value, list | tuple) else str(value).split(",")
    return [word for word in (str(entry).strip().lower() for entry in listed) if word]


def word(parameters: Mapping[str, Any], name: str, default: str) -> str:
    """A parameter of one word, in lower case."""
    return next(iter(words(parameters, name)), default)
