"""Alternating least squares: fit, fold in, loss."""

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Float64, Int32, Int64, ReportDone, checked_size, run


def als_fit(
    indptr: Int64,
    indices: Int32,
    data: Float32,
    t_indptr: Int64,
    t_indices: Int32,
    t_data: Float32,
    n_factors: int,
    regularization: float,
    n_epochs: int,
    random_state: int,
    n_threads: int,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Float32, Float32]:
    """Implicit-feedback ALS (Hu, Koren, Volinsky 2008), every system solved to a relative residual of 1e-3.

    Rows are users, their columns distinct; ``data`` holds confidence minus one (alpha times the
    interaction's strength), at least 0; the ``t_`` arrays are the transpose (`csr_transpose`).
    ``random_state`` is from 0 to 2**64 - 1. Units of progress are rows solved, ``n_epochs * (n_users +
    n_items)`` in all. ``regularization=0`` may raise ``NativeError``.

    Returns user factors float32[n_users, n_factors] and item factors float32[n_items, n_factors].
    """
    n_factors = checked_size("n_factors", n_factors, 1, 512)
    seed = checked_size("random_state", random_state, 0, 2**64 - 1)
    users = np.empty((max(0, len(indptr) - 1), n_factors), np.float32)
    items = np.empty((max(0, len(t_indptr) - 1), n_factors), np.float32)
    work = float(n_epochs) * n_factors * n_factors * (len(indices) + len(users) + len(items))
    options = (float(regularization), int(n_epochs), seed, int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.als_fit(
            indptr, indices, data, t_indptr, t_indices, t_data, users, items, *options, cells
        )

    run(call, work, control, progress)
    return users, items


def als_gram(item_factors: Float32, n_threads: int = 1) -> Float64:
    """``item_factors.T @ item_factors`` as float64[d, d]: what folding in needs of the whole catalogue."""
    if getattr(item_factors, "ndim", 0) != 2:
        raise ValueError("item_factors: expected an array float32[*, *]")
    gram = np.empty((item_factors.shape[1],) * 2, np.float64)
    _native.als_gram(item_factors, gram, int(n_threads))
    return gram


def als_fold_in(
    item_factors: Float32,
    indptr: Int64,
    indices: Int32,
    data: Float32,
    regularization: float,
    n_threads: int,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
    gram: Float64 | None = None,
) -> Float32:
    """Solve rows of users for fixed item factors, to a relative residual of 1e-5.

    ``gram`` is `als_gram` of the item factors, computed when missing; with it one row costs far below a
    millisecond at 64 factors. A row's result does not depend on the other rows of the call. Returns
    float32[n_rows, d].
    """
    if gram is None:
        gram = als_gram(item_factors, n_threads)
    d = gram.shape[-1]
    out = np.empty((max(0, len(indptr) - 1), d), np.float32)
    work = float(d) * d * (len(indices) + len(out) + len(item_factors))

    def call(cells: Int64 | None) -> object:
        return _native.als_fold_in(
            item_factors, gram, indptr, indices, data, out, float(regularization), int(n_threads), cells
        )

    run(call, work, control, progress)
    return out


def als_loss(
    user_factors: Float32,
    item_factors: Float32,
    indptr: Int64,
    indices: Int32,
    data: Float32,
    regularization: float,
    n_threads: int = 1,
) -> float:
    """The loss that `als_fit` lowers, over all user-item pairs, in double precision."""
    value: float = _native.als_loss(
        user_factors, item_factors, indptr, indices, data, float(regularization), int(n_threads)
    )
    return value
