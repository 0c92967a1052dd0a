"""Co-visitation counts and sparse products over dictionaries."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

Counts = dict[tuple[int, int], float]


def count(
    histories: list[list[int]],
    window: int,
    decay: float,
    forward: float,
    backward: float,
    row_weight: list[float] | None = None,
) -> Counts:
    """Every pair of positions of every history, one by one; entries that stay 0 are left out."""
    counts: Counts = defaultdict(float)
    for row, items in enumerate(histories):
        weight = 1.0 if row_weight is None else row_weight[row]
        for p in range(len(items)):
            for q in range(p + 1, len(items)):
                if (window and q - p > window) or items[p] == items[q]:
                    continue
                value = weight * decay ** (q - p - 1)
                counts[items[p], items[q]] += forward * value
                counts[items[q], items[p]] += backward * value
    return {pair: value for pair, value in counts.items() if value != 0.0}


def dense(
    indptr: npt.NDArray[np.int64],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    n_columns: int,
) -> npt.NDArray[np.float64]:
    """Compressed rows as a full matrix; doubled entries add up."""
    out = np.zeros((len(indptr) - 1, n_columns))
    for row in range(len(out)):
        for place in range(indptr[row], indptr[row + 1]):
            out[row, indices[place]] += data[place]
    return out


def top_n(values: dict[int, float], n: int) -> list[tuple[int, float]]:
    """The n largest of a row: larger value first, ties by the smaller column."""
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:n]
