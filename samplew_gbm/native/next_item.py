"""The softmax model of what comes next."""

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Int32, Int64, ReportDone, checked_size, run


def next_fit(
    indptr: Int64,
    indices: Int32,
    n_items: int,
    n_factors: int,
    n_lags: int,
    learning_rate: float,
    n_negatives: int,
    n_epochs: int,
    random_state: int,
    n_threads: int,
    batch: int = 1024,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Float32, Float32, Float32, Float32]:
    """Item vectors ``e``, biases and weights of lags that tell what comes next in histories, oldest first.

    The items of the last ``n_lags`` (from 1 to 64) places make ``h = M' sum_k a_k e[item k places before]``,
    with ``a`` the softmax of the lag weights; the item taken is to win a softmax of ``h . e + bias`` over
    those taken in the same ``batch`` of places (from 1 to 16,384) and ``n_negatives`` (from 0 to 16,384)
    drawn ones. Half of the values that make ``h`` are dropped while it learns; steps are Adagrad's. Units of
    progress are places that have one before them, times ``n_epochs``.

    Returns the vectors ``e`` and ``M e``, float32[n_items, n_factors] each, so that ``h . e[i]`` is
    ``sum_k a_k e[item] . (M e)[i]``, biases float32[n_items] and lag weights float32[n_lags],
    the latest place first. An item that never occurs keeps the vector of its start. ``ValueError`` when the
    steps diverged.
    """
    n_factors = checked_size("n_factors", n_factors, 1, 512)
    n_lags = checked_size("n_lags", n_lags, 1, 64)
    seed = checked_size("random_state", random_state, 0, 2**64 - 1)
    n_items = checked_size("n_items", n_items, 0, 2**31 - 1)
    items = np.empty((n_items, n_factors), np.float32)
    following = np.empty_like(items)
    bias, lags = np.empty(n_items, np.float32), np.empty(n_lags, np.float32)
    options = (float(learning_rate), int(n_negatives), int(batch), int(n_epochs), seed, int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.next_fit(indptr, indices, items, following, bias, lags, *options, cells)

    run(call, 3.0 * n_epochs * n_factors * len(indices) * (batch + n_negatives), control, progress)
    return items, following, bias, lags
