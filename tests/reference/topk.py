"""Exact top-k by sorting everything."""

import numpy as np
import numpy.typing as npt


def top_k(
    scores: npt.NDArray[np.floating], k: int, excluded: list[set[int]] | None = None
) -> list[list[tuple[int, float]]]:
    """The k best (index, score) of each row: larger score first, ties by the smaller index, NaN left out."""
    out = []
    for row, values in enumerate(scores):
        kept = [
            (index, float(value))
            for index, value in enumerate(values)
            if not np.isnan(value) and not (excluded and index in excluded[row])
        ]
        out.append(sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:k])
    return out
