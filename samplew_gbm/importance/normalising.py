"""From what a scheme says of samples to importance: segments, softmax over them, mean 1 in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.kernels.segments import segment_softmax


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Samples by segment: segment ``s`` has the rows ``order[indptr[s]:indptr[s + 1]]``."""

    order: NDArray[np.int64]
    indptr: NDArray[np.int64]

    @staticmethod
    def of(segment: NDArray[np.int32]) -> "Segments":
        """Those of ``int32[n]``, rows of a segment in their own order."""
        order = np.argsort(segment, kind="stable")
        starts = np.flatnonzero(np.diff(segment[order], prepend=-1))
        return Segments(order, np.append(starts, len(segment)).astype(np.int64))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of every segment."""
        return np.diff(self.indptr)

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """The value of each segment at each of its rows, in the order of segments."""
        return np.repeat(values, self.sizes)

    def back(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values in the order of segments as ``float32`` in the order of the samples."""
        placed = np.empty(len(values), np.float32)
        placed[self.order] = values
        return placed


def softmax_importance(
    logit: NDArray[np.float32],
    segment: NDArray[np.int32],
    *,
    temperature: float,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Segment size x softmax(logit / temperature) over the segment, ``float32[n]``."""
    segments = Segments.of(segment)
    weights = segment_softmax(
        logit[segments.order], segments.indptr, temperature=temperature, n_threads=n_threads
    )
    return segments.back(weights * segments.spread(segments.sizes).astype(np.float32))


def mean_one(values: NDArray[np.float64], segment: NDArray[np.int32]) -> NDArray[np.float32]:
    """Values of at least 0 divided by the mean of their segment; 1 where a segment has nothing but zeros."""
    if not len(values):
        return np.empty(0, np.float32)
    segments = Segments.of(segment)
    ordered, starts = values[segments.order], segments.indptr[:-1]
    highest = segments.spread(np.maximum.reduceat(ordered, starts))
    share = np.divide(ordered, highest, out=np.ones_like(ordered), where=highest > 0)  # sums stay finite
    mean = np.add.reduceat(share, starts) / segments.sizes
    return segments.back(share / segments.spread(mean))


def standardised(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shifted and scaled to mean 0 and standard deviation 1 over all samples; equal values become 0."""
    centred = values.astype(np.float64) - values.mean(dtype=np.float64) if len(values) else values * 1.0
    spread = np.sqrt(np.square(centred).mean()) if len(values) else 0.0
    scale = 1 / spread if spread > 1e-12 else 0.0
    return np.asarray(centred * scale, np.float64)
