"""The trees of a ranker as arrays, read from LightGBM's own text with checks: on some it ends the process."""

from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError
from samplew_gbm.native.forest import IN_SET, NAN_LEFT, NAN_RIGHT, ZERO_LEFT, ZERO_RIGHT, Forest
from samplew_gbm.ranking.text import tree_texts

_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type
_ZERO, _NAN = 1, 2  # what is missing: the two bits above them; 0 is nothing
_OF_SPLITS: Final = ("split_feature", "decision_type", "left_child", "right_child", "threshold")


_FIELDS: Final[dict[str, tuple[type, type]]] = {  # what each holds, and its array
    "split_feature": (int, np.int32),
    "threshold": (float, np.float64),
    "decision_type": (int, np.int32),
    "left_child": (int, np.int32),
    "right_child": (int, np.int32),
    "leaf_value": (float, np.float64),
    "cat_boundaries": (int, np.int32),
    "cat_threshold": (int, np.uint32),
}
Words = dict[str, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Arrays as in ``native.Forest``, with thresholds as ``float64[s]``."""

    indptr: NDArray[np.int64]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    rule: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    set: NDArray[np.int32]
    set_indptr: NDArray[np.int64]
    words: NDArray[np.int32]

    def forest(self) -> Forest:
        """The same for rows of ``float32``, which lie on the same side of each threshold."""
        return Forest(
            self.indptr,
            self.feature,
            rounded_down(self.threshold),
            self.rule,
            self.left,
            self.right,
            self.value,
            self.set,
            self.set_indptr,
            self.words,
        )


def rounded_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest ``float32`` not above each value: the same ``float32`` numbers lie at or below both."""
    with np.errstate(
        over="ignore"
    ):  # beyond the largest is infinite, and what lies below that is the largest
        near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near)


def trees_of(text: str) -> Trees:
    """All trees of a model, in order.

    ``DataError`` for what cannot be read. That children make one tree, and features are those of the rows, is
    checked when rows are scored.
    """
    trees = [_words(text, number) for number, text in enumerate(tree_texts(text))]
    found = {name: _joined(trees, name, *kinds) for name, kinds in _FIELDS.items()}
    sizes = [len(tree["split_feature"]) for tree in trees]
    threshold = found["threshold"]
    rule = _rules(found["decision_type"], threshold)
    in_set = rule == IN_SET
    n_sets = np.array([max(0, len(tree["cat_boundaries"]) - 1) for tree in trees], np.int64)
    return Trees(
        indptr=np.array([0, *accumulate(sizes)], np.int64),
        feature=found["split_feature"],
        threshold=np.where(in_set, 0.0, threshold),
        rule=rule,
        left=found["left_child"],
        right=found["right_child"],
        value=found["leaf_value"],
        set=_sets(threshold, in_set, n_sets, np.repeat(np.arange(len(trees)), sizes)),
        set_indptr=_set_indptr(trees),
        words=found["cat_threshold"].view(np.int32),
    )


def _words(text: str, number: int) -> Words:
    """The values of one tree, as many as its leaves ask for."""
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    found = {name: lines.get(name, "").split() for name in _FIELDS}
    n_leaves = len(found["leaf_value"])
    for name in _OF_SPLITS:
        if len(found[name]) != n_leaves - 1:
            raise DataError(
                f"tree {number} of the model has {len(found[name])} values of {name}, {n_leaves} leaves"
            )
    return found


def _joined(trees: list[Words], name: str, kind: type, dtype: type) -> NDArray[Any]:
    try:
        return np.array(list(map(kind, chain.from_iterable(tree[name] for tree in trees))), dtype)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{name} of the model's trees cannot be read: {error}") from None


def _rules(decision: NDArray[np.int32], threshold: NDArray[np.float64]) -> NDArray[np.int32]:
    """Where a column had no NaN in training LightGBM takes one for 0; else the split says where it goes."""
    missing, default_left = decision >> 2 & 3, (decision & _DEFAULT_LEFT) > 0
    nan_left = np.where(missing == _NAN, default_left, threshold >= 0)
    plain = np.where(nan_left, NAN_LEFT, NAN_RIGHT)
    rule = np.where(missing == _ZERO, np.where(default_left, ZERO_LEFT, ZERO_RIGHT), plain)
    return np.where(decision & _CATEGORICAL, IN_SET, rule).astype(np.int32)


def _sets(
    place: NDArray[np.float64], in_set: NDArray[np.bool_], n_sets: NDArray[np.int64], tree: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The set of each split, by its place among those of its tree; 0 where a split has none."""
    bad = np.flatnonzero(in_set & ~((place >= 0) & (place < n_sets[tree])))
    if len(bad):
        raise DataError(f"tree {tree[bad[0]]} of the model splits by categories that it does not hold")
    found = np.zeros(len(tree), np.int32)
    found[in_set] = (np.cumsum(n_sets) - n_sets)[tree[in_set]] + place[in_set].astype(np.int64)
    return found


def _set_indptr(trees: list[Words]) -> NDArray[np.int64]:
    """Ends of the sets in the words of all trees; LightGBM counts those of each tree from 0."""
    indptr = [0]
    for tree in trees:
        base = indptr[-1]
        indptr += [base + int(boundary) for boundary in tree["cat_boundaries"][1:]]
    return np.array(indptr, np.int64)
