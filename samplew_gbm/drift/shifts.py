"""One quantity before and after: its bins, its index, what chance would make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.evaluation.stability import (
    chance_bound,
    counts_between,
    expected_index,
    quantile_edges,
    stability_index,
)

WATCH, ACT = 0.1, 0.25
STABLE, WATCHED, DRIFTED = LEVELS = ("stable", "watch", "act")
EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Bin:
    """Shares of 1 before and after; of ``label`` the bin knows what is in it."""

    label: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A quantity ``name`` of a ``group``, in ``n_old`` and ``n_new`` independent samples.

    ``psi`` is the stability index, ``expected`` its mean and ``bound`` its 99 % quantile if nothing had
    changed. ``level`` is "watch" or "act" where ``psi - expected`` has reached .1 or the threshold, and
    ``psi`` is above ``bound``: what chance explains is "stable".
    """

    group: str
    name: str
    psi: float
    expected: float
    bound: float
    level: str
    n_old: int
    n_new: int
    bins: list[Bin]

    @property
    def moved_most(self) -> Bin:
        """The bin whose share changed most."""
        return max(self.bins, key=lambda part: abs(part.new - part.old))


def shift_of_counts(
    group: str,
    name: str,
    labels: Sequence[str],
    old: NDArray[np.int64],
    new: NDArray[np.int64],
    *,
    threshold: float,
    n: tuple[int, int] | None = None,
) -> Shift:
    """Of counts ``int64[b]`` in bins; ``n`` are the independent samples, by default all that was counted."""
    n_old, n_new = (int(old.sum()), int(new.sum())) if n is None else n
    n_bins = int(np.count_nonzero((old > 0) | (new > 0)))
    psi = stability_index(old, new)
    expected, bound = expected_index(n_bins, n_old, n_new), chance_bound(n_bins, n_old, n_new)
    level = STABLE
    if psi > bound:
        excess = psi - expected
        level = DRIFTED if excess >= threshold else WATCHED if excess >= min(WATCH, threshold) else STABLE
    before, after = (counts / max(1, counts.sum()) for counts in (old, new))
    bins = [Bin(*part) for part in zip(labels, before.tolist(), after.tolist(), strict=True) if any(part[1:])]
    return Shift(group, name, psi, expected, bound, level, n_old, n_new, bins)


def shift_of_values(
    group: str,
    name: str,
    old: NDArray[np.float64],
    new: NDArray[np.float64],
    *,
    threshold: float,
    n: tuple[int, int] | None = None,
) -> Shift:
    """Of numbers in the quantiles of ``old``, and NaN in a bin "empty"."""
    edges = quantile_edges(old)
    counts = (counts_between(values, edges) for values in (old, new))
    return shift_of_counts(group, name, _labels(edges), *counts, threshold=threshold, n=n)


def shift_of_share(
    group: str,
    name: str,
    words: tuple[str, str],
    old: tuple[int, int],
    new: tuple[int, int],
    *,
    threshold: float,
) -> Shift:
    """Of a thing that is bad: ``old`` and ``new`` count it, and all; that there is less of it is no drift."""
    is_more = new[0] * old[1] > old[0] * new[1]
    counts = [np.array([bad, total - bad], np.int64) for bad, total in (old, new)]
    shift = shift_of_counts(group, name, words, *counts, threshold=threshold)
    return shift if is_more else _calm(shift)


def _calm(shift: Shift) -> Shift:
    return Shift(
        shift.group,
        shift.name,
        0.0,
        shift.expected,
        shift.bound,
        STABLE,
        shift.n_old,
        shift.n_new,
        shift.bins,
    )


def _labels(edges: NDArray[np.float64]) -> list[str]:
    if not len(edges):
        return ["any", EMPTY]
    above = np.nextafter(edges, np.inf)  # an edge just below another one stands for that: a value alone
    texts = [f"{edge:.4g}" for edge in np.where(np.isin(above, edges), above, edges) + 0.0]
    between = [low if low == high else f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *between, f"above {texts[-1]}", EMPTY]
