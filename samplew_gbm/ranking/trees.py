"""The trees of a ranker as arrays, read from LightGBM's own text with checks (LightGBM ends the process on some)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError
from samplew_gbm.native.forest import IN_SET, NAN_LEFT, NAN_RIGHT, ZERO_LEFT, ZERO_RIGHT, Forest
from samplew_gbm.ranking.joining import tree_texts

_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type
_ZERO, _NAN = 1, 2  # what is missing: the two bits above them; 0 is nothing
_OF_SPLITS: Final = ("split_feature", "decision_type", "left_child", "right_child", "threshold")


def _whole(word: str) -> int:
    return _between(int(word), -(2**31), 2**31)


def _bits(word: str) -> int:
    return _between(int(word), 0, 2**32)


def _between(value: int, low: int, high: int) -> int:
    if not low <= value < high:
        raise ValueError(value)
    return value


_FIELDS: Final[dict[str, Callable[[str], Any]]] = {
    "split_feature": _whole,
    "threshold": float,
    "decision_type": _whole,
    "left_child": _whole,
    "right_child": _whole,
    "leaf_value": float,
    "cat_boundaries": _whole,
    "cat_threshold": _bits,
}


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
    with np.errstate(over="ignore"):  # beyond the largest is infinite, and what lies below that is the largest
        near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near)


def trees_of(text: str) -> Trees:
    """All trees of a model, in order.

    ``DataError`` names the tree and field that cannot be read. That children make one tree, and features are
    those of the rows, is checked when rows are scored.
    """
    trees = [_fields(text, number) for number, text in enumerate(tree_texts(text))]
    sizes = [len(tree["split_feature"]) for tree in trees]
    joined = {name: list(chain.from_iterable(tree[name] for tree in trees)) for name in _FIELDS}
    threshold = np.array(joined["threshold"], np.float64)
    rule = _rules(np.array(joined["decision_type"], np.int32), threshold)
    n_sets = [max(0, len(tree["cat_boundaries"]) - 1) for tree in trees]
    first_set = np.repeat(np.array([0, *accumulate(n_sets)][:-1], np.int64), sizes)
    in_set = rule == IN_SET
    return Trees(
        indptr=np.array([0, *accumulate(sizes)], np.int64),
        feature=np.array(joined["split_feature"], np.int32),
        threshold=np.where(in_set, 0.0, threshold),
        rule=rule,
        left=np.array(joined["left_child"], np.int32),
        right=np.array(joined["right_child"], np.int32),
        value=np.array(joined["leaf_value"], np.float64),
        set=np.where(in_set, np.where(in_set, threshold, 0).astype(np.int64) + first_set, 0).astype(np.int32),
        set_indptr=_set_indptr(trees),
        words=np.array(joined["cat_threshold"], np.uint32).view(np.int32),
    )


def _rules(decision: NDArray[np.int32], threshold: NDArray[np.float64]) -> NDArray[np.int32]:
    """Where a column had no NaN in training LightGBM takes one for 0; else the split says where it goes."""
    missing, default_left = decision >> 2 & 3, (decision & _DEFAULT_LEFT) > 0
    nan_left = np.where(missing == _NAN, default_left, threshold >= 0)
    plain = np.where(nan_left, NAN_LEFT, NAN_RIGHT)
    rule = np.where(missing == _ZERO, np.where(default_left, ZERO_LEFT, ZERO_RIGHT), plain)
    return np.where(decision & _CATEGORICAL, IN_SET, rule).astype(np.int32)


def _set_indptr(trees: Sequence[dict[str, list[Any]]]) -> NDArray[np.int64]:
    indptr = [0]
    for tree in trees:
        base = indptr[-1]
        indptr += [base + boundary for boundary in tree["cat_boundaries"][1:]]
    return np.array(indptr, np.int64)


def _fields(text: str, number: int) -> dict[str, list[Any]]:
    """The fields of one tree, as many values each as its numbers of leaves and categories ask for."""
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    found = {name: _values(lines, name, kind, number) for name, kind in _FIELDS.items()}
    n_splits = len(found["leaf_value"]) - 1
    for name in _OF_SPLITS:
        if len(found[name]) != n_splits:
            raise _damage(number, f"{name} has {len(found[name])} values for {n_splits + 1} leaves")
    if found["cat_boundaries"][:1] not in ([], [0]) or sum(found["cat_boundaries"][-1:]) != len(found["cat_threshold"]):
        raise _damage(number, "cat_boundaries and cat_threshold do not belong together")
    if not all(np.isfinite(found["threshold"])):
        raise _damage(number, "threshold holds a value that is not finite")
    return found


def _values(lines: dict[str, str], name: str, kind: Callable[[str], Any], number: int) -> list[Any]:
    try:
        return [kind(word) for word in lines.get(name, "").split()]
    except ValueError:
        raise _damage(number, f"{name} holds what is no number of its kind") from None


def _damage(number: int, what: str) -> DataError:
    return DataError(f"tree {number} of the model cannot be read: {what}; train it again")
