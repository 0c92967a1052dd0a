"""Attention to what an affinity says beyond popularity: for logs whose accidents are popular items."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.attention import importance_of
from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import Segments
from samplew_gbm.kernels.segments import segment_standardise

DEGREE = 3  # of the curve by which affinity rises with popularity


@scheme("popularity")
def centred(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``attention`` to the residual of the affinity, standardised within the user, on the log popularity.

    The regression is a cubic over all samples. Raw affinity is in part a detector of popularity: where
    popular items are clicked by accident it points the wrong way, and its residual does not; where noise is
    unpopular, raw affinity is the better judge (``bench/noise.py``).
    """
    segments = Segments.of(signals.segment)
    standard = segment_standardise(signals.affinity[segments.order], segments.indptr, n_threads=n_threads)
    residual = residual_of(segments.back(standard), signals.the("popularity"))
    return importance_of(residual, signals.segment, temperature=temperature, n_threads=n_threads)


def residual_of(values: NDArray[np.float32], explained_by: NDArray[np.float32]) -> NDArray[np.float32]:
    """``values`` less their least-squares polynomial in ``explained_by``, ``float32[n]``."""
    spread = float(explained_by.std()) if len(explained_by) else 0.0
    if not spread > 0:
        return values
    x = (explained_by.astype(np.float64) - float(explained_by.mean())) / spread
    powers = np.vander(x, DEGREE + 1)
    order = np.lexsort((values, x))  # sums in one order whatever that of the rows: the same bits
    coefficients = np.linalg.lstsq(powers[order], values[order].astype(np.float64), rcond=None)[0]
    return (values - powers @ coefficients).astype(np.float32)
