"""Attention importance of samples: softmax of a cross-fitted affinity over the samples of each user."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.normalising import Segments
from samplew_gbm.kernels.segments import segment_softmax, segment_standardise

SHRINKAGE = 20.0  # rows; the mean and spread of a segment of that size are trusted by half


def attention(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``importance_of`` the signals as an ``Importance``; nothing of it is random."""
    return importance_of(signals.affinity, signals.segment, temperature=temperature, n_threads=n_threads)


def importance_of(
    affinity: NDArray[np.float32],
    segment: NDArray[np.int32],
    *,
    temperature: float,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Segment size x softmax(standardised affinity / temperature), ``float32[n]`` in the order of the rows.

    ``affinity`` is ``float32[n]`` from tables that have not seen the row; ``segment`` is ``int32[n]``, the
    user of each row. The affinity is standardised within the segment and shrunk by
    ``size / (size + SHRINKAGE)``, because what a few rows say of their mean and spread is mostly noise. The
    mean of a segment is 1; a segment of one row gives 1.
    """
    segments = Segments.of(segment)
    sizes = segments.sizes
    trust = segments.spread(sizes / (sizes + SHRINKAGE)).astype(np.float32)
    standard = segment_standardise(affinity[segments.order], segments.indptr, n_threads=n_threads)
    weights = segment_softmax(trust * standard, segments.indptr, temperature=temperature, n_threads=n_threads)
    return segments.back(weights * segments.spread(sizes).astype(np.float32))
