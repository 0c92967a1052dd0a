"""Means of many groups of unequal size, each with an interval that is honest about few rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

LEVEL = 0.95
PRIOR_ROWS = 4  # how many degrees of freedom the variance common to all groups counts for in each of them


@dataclass(frozen=True, slots=True, eq=False)
class GroupMeans:
    """Of ``g`` groups that have rows: which they are, their rows, mean, interval and share of the total.

    ``group`` and ``n`` are ``int64[g]``, the others ``float64[g]``. ``steadied`` is the mean drawn
    towards that of all rows, the further the fewer rows stand behind it and the less they agree: to order
    groups by, so that one lucky row does not lead.
    """

    group: NDArray[np.int64]
    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    share: NDArray[np.float64]
    steadied: NDArray[np.float64]

    def take(self, at: NDArray[np.int64]) -> "GroupMeans":
        """The groups at these places, in this order."""
        return GroupMeans(
            group=self.group[at],
            n=self.n[at],
            mean=self.mean[at],
            low=self.low[at],
            high=self.high[at],
            share=self.share[at],
            steadied=self.steadied[at],
        )


def group_means(values: NDArray[np.float64], group: NDArray[np.int32], *, level: float = LEVEL) -> GroupMeans:
    """The mean of ``values``, ``float64[n]`` and not below 0, in each group of ``int32[n]``, by group.

    The interval is Student's, with the group's variance moderated by that within all groups, which counts for
    ``PRIOR_ROWS`` degrees of freedom (Smyth 2004): resampling a group of one or two rows would give it an
    interval of no width. The mean in it is not drawn anywhere. The interval speaks of other rows from where
    the group's came, as if they were drawn one by one; it says nothing of another training, and nothing of
    having picked the group as an extreme one of many.
    """
    found, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    n = counts.astype(np.int64)
    total = np.bincount(inverse, values, len(found))
    mean = total / n
    squares = np.asarray(np.bincount(inverse, np.square(values - mean[inverse]), len(found)), np.float64)
    within = _variance_within(values, squares, n)
    freedom = n - 1 + PRIOR_ROWS
    variance = (squares + PRIOR_ROWS * within) / freedom
    half = stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance / n)
    whole = float(total.sum())
    return GroupMeans(
        group=found.astype(np.int64),
        n=n,
        mean=mean,
        low=np.maximum(mean - half, 0),  # no mean of values that are not below 0 is below 0
        high=mean + half,
        share=total / whole if whole > 0 else np.zeros(len(found)),
        steadied=_steadied(mean, n, within, variance / n),
    )


def _variance_within(
    values: NDArray[np.float64], squares: NDArray[np.float64], n: NDArray[np.int64]
) -> float:
    """The variance within groups; that of all values where every group is a single row."""
    freedom = int(n.sum()) - len(n)
    if freedom > 0:
        return float(squares.sum() / freedom)
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _steadied(
    mean: NDArray[np.float64], n: NDArray[np.int64], within: float, error: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Means drawn to the mean of all rows, as far as their squared ``error`` outweighs the variance between.

    That between groups is the one of a one-way analysis of variance.
    """
    rows = int(n.sum())
    if len(n) < 2:
        return mean.copy()
    all_rows = float((n * mean).sum() / rows)
    typical = (rows - float(np.square(n).sum()) / rows) / (len(n) - 1)
    between = float((n * np.square(mean - all_rows)).sum() / (len(n) - 1) - within) / typical
    if between <= 0:
        return np.full(len(n), all_rows)
    return all_rows + (mean - all_rows) * between / (between + error)
