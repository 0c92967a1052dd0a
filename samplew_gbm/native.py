"""The C core, for NumPy arrays: the only importer of the extension.

All arrays are C-contiguous and of the stated dtype; nothing is converted silently. Compressed rows (CSR)
are ``indptr`` int64[n_rows + 1], ``indices`` int32[n] and ``data`` float32[n]. A wrong dtype is a
``TypeError``, a wrong shape or value a ``ValueError`` that names the argument, a failure of the numbers a
``NativeError``. Results are the same bits for any ``n_threads``; they may differ between instruction sets.

Long calls take ``progress``, called about five times a second with the units done so far, and ``control``,
an int64[2] array {units done, cancel}: setting the second cell from another thread ends the call with
``NativeError``. They run beside the calling thread, so Ctrl-C ends them.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from samplew_gbm import _native

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
ReportDone = Callable[[int], None]

PAIR_FACTORS = ("product", "winner", "mean")

_POLL_SECONDS = 0.2
_LONG_WORK = 2e9  # multiply-adds that may take longer than one poll


class Csr(NamedTuple):
    """Compressed rows: row r holds entries ``indptr[r]:indptr[r + 1]``."""

    indptr: Int64
    indices: Int32
    data: Float32


def instruction_set() -> str:
    """Name of the instruction set in use: ``portable``, ``avx2`` or ``avx512``.

    The environment variable ``SWG_CPU_DISABLE`` (a comma list of names, read once) takes some away.
    """
    return str(_native.instruction_set())


def _size(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(f"{name}: must be from {least} to {most}, got {value}")
    return int(value)


def _join(worker: threading.Thread, control: Int64, progress: ReportDone | None) -> None:
    alive = True
    while alive:  # progress is told at least once, and at last of everything
        worker.join(_POLL_SECONDS)
        alive = worker.is_alive()
        if progress is not None:
            progress(int(control[0]))


def _run(
    call: Callable[[Int64 | None], object], work: float, control: Int64 | None, progress: ReportDone | None
) -> None:
    """Run ``call(control)`` here, or in a thread of its own where somebody watches or Ctrl-C could come."""
    on_main = threading.current_thread() is threading.main_thread()
    if progress is None and not (on_main and (control is not None or work > _LONG_WORK)):
        call(control)
        return
    cells = np.zeros(2, dtype=np.int64) if control is None else control
    failures: list[BaseException] = []

    def target() -> None:
        try:
            call(cells)
        except BaseException as error:
            failures.append(error)

    worker = threading.Thread(target=target, name="samplew-native", daemon=True)
    worker.start()
    try:
        _join(worker, cells, progress)
    except BaseException:
        cells[1] = 1
        worker.join()
        raise
    if failures:
        raise failures[0]


def csr_transpose(indptr: Int64, indices: Int32, data: Float32, n_columns: int) -> Csr:
    """Transpose of compressed rows; columns of each result row rise."""
    n_columns = _size("n_columns", n_columns, 0, 2**31 - 1)
    n_stored = len(indices)
    out = Csr(np.empty(n_columns + 1, np.int64), np.empty(n_stored, np.int32), np.empty(n_stored, np.float32))
    _native.csr_transpose(indptr, indices, data, *out)
    return out


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
    n_factors = _size("n_factors", n_factors, 1, 512)
    seed = _size("random_state", random_state, 0, 2**64 - 1)
    users = np.empty((max(0, len(indptr) - 1), n_factors), np.float32)
    items = np.empty((max(0, len(t_indptr) - 1), n_factors), np.float32)
    work = float(n_epochs) * n_factors * n_factors * (len(indices) + len(users) + len(items))
    options = (float(regularization), int(n_epochs), seed, int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.als_fit(
            indptr, indices, data, t_indptr, t_indices, t_data, users, items, *options, cells
        )

    _run(call, work, control, progress)
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

    _run(call, work, control, progress)
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


def bpr_fit(
    indptr: Int64,
    indices: Int32,
    n_items: int,
    n_factors: int,
    learning_rate: float,
    regularization: float,
    n_epochs: int,
    random_state: int,
    n_threads: int,
    negative_power: float = 0.0,
    n_blocks: int = 0,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Float32, Float32, Float32]:
    """Bayesian personalised ranking (Rendle et al. 2009) by gradient steps, one an entry and epoch.

    Rows are users. The item that an entry is to be ranked above is drawn in proportion to ``(entries of the
    item) ** negative_power`` (from 0 to 1). ``learning_rate * regularization`` is below 1. ``n_blocks`` are
    the blocks that users and items are cut into, so that threads share no row: 0 chooses by their numbers,
    1 is the plain order. Units of progress are entries, ``n_epochs * len(indices)`` in all.

    Returns user factors float32[n_users, n_factors], item factors float32[n_items, n_factors] and the items'
    bias float32[n_items]; ``ValueError`` when the steps diverged.
    """
    n_factors = _size("n_factors", n_factors, 1, 512)
    seed = _size("random_state", random_state, 0, 2**64 - 1)
    items = np.empty((_size("n_items", n_items, 0, 2**31 - 1), n_factors), np.float32)
    users = np.empty((max(0, len(indptr) - 1), n_factors), np.float32)
    bias = np.empty(n_items, np.float32)
    rates = (float(learning_rate), float(regularization), float(negative_power))
    options = (int(n_epochs), seed, int(n_blocks), int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.bpr_fit(indptr, indices, users, items, bias, *rates, *options, cells)

    _run(call, 20.0 * n_epochs * n_factors * len(indices), control, progress)
    return users, items, bias


def item2vec_fit(
    indptr: Int64,
    indices: Int32,
    n_items: int,
    n_factors: int,
    learning_rate: float,
    window: int,
    n_negatives: int,
    n_epochs: int,
    random_state: int,
    n_threads: int,
    shuffle: bool = False,
    negative_power: float = 0.75,
    n_blocks: int = 0,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Float32, Float32]:
    """item2vec (Barkan, Koenigstein 2016): skip-gram with negative sampling over histories, oldest first.

    Items at most ``window`` places apart (from 1 to 100; the reach of each place is drawn from 1 to it) tell
    each other from ``n_negatives`` (from 1 to 31) items drawn in proportion to ``(places of the item) **
    negative_power``. ``learning_rate`` falls in a line to a thousandth. ``shuffle`` deals the places of a
    history anew in each epoch, where its order means nothing. ``n_blocks`` as in `bpr_fit`. Units of progress
    are places, ``n_epochs * len(indices)`` in all.

    Returns item factors and context factors, float32[n_items, n_factors] each: the first of an item tell the
    second of what stands beside it. ``ValueError`` when the steps diverged.
    """
    n_factors = _size("n_factors", n_factors, 1, 512)
    seed = _size("random_state", random_state, 0, 2**64 - 1)
    items = np.empty((_size("n_items", n_items, 0, 2**31 - 1), n_factors), np.float32)
    contexts = np.empty_like(items)
    sampling = (float(learning_rate), float(negative_power), int(window), int(n_negatives), bool(shuffle))
    options = (int(n_epochs), seed, int(n_blocks), int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.item2vec_fit(indptr, indices, items, contexts, *sampling, *options, cells)

    _run(call, 3.0 * n_epochs * n_factors * len(indices) * window * (1 + n_negatives), control, progress)
    return items, contexts


def top_k(
    queries: Float32,
    items: Float32,
    k: int,
    exclude_indptr: Int64 | None = None,
    exclude_indices: Int32 | None = None,
    item_bias: Float32 | None = None,
    n_threads: int = 1,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Int32, Float32]:
    """The exact ``k`` items of largest ``queries @ items.T + item_bias`` for every query.

    Best first, ties by the smaller item index; NaN scores are never returned. ``exclude_`` arrays are
    compressed rows of items left out, a row for each query. A query's result does not depend on the other
    queries. Units of progress are queries.

    Returns item indices int32[n, k] and scores float32[n, k]; places without an item hold -1 and minus
    infinity.
    """
    k = _size("k", k, 1, 2**31 - 1)
    if (exclude_indptr is None) != (exclude_indices is None):
        raise ValueError("exclude_indptr and exclude_indices: give both or neither")
    n = len(queries)
    indices, scores = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    work = float(np.size(queries)) * len(items)

    def call(cells: Int64 | None) -> object:
        return _native.top_k(
            queries, items, exclude_indptr, exclude_indices, item_bias, indices, scores, int(n_threads), cells
        )

    _run(call, work, control, progress)
    return indices, scores


def covisit_count(
    indptr: Int64,
    items: Int32,
    n_items: int,
    window: int,
    decay: float,
    forward: float,
    backward: float,
    n_threads: int,
    row_weight: Float32 | None = None,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> Csr:
    """Count how often items follow each other in histories (compressed rows of items, oldest first).

    For positions p < q of a history with ``q - p <= window`` (0 = no limit) the value ``decay**(q - p - 1)
    * row_weight[history]`` is added to entry (item p, item q) times ``forward`` and to entry (item q, item
    p) times ``backward``; pairs of the same item are skipped. ``decay`` is from 0 to 1, the weights at
    least 0. Columns of each result row rise. Units of progress are items, ``2 * n_items`` in all.
    """
    n_items = _size("n_items", n_items, 0, 2**31 - 1)
    options = (
        n_items,
        int(window),
        float(decay),
        float(forward),
        float(backward),
        int(n_threads),
        row_weight,
    )
    sizes, out_indptr = np.zeros(n_items, np.int64), np.zeros(n_items + 1, np.int64)
    reach = window if window > 0 else len(items) / max(1, len(indptr) - 1)
    out: list[Any] = []

    def call(cells: Int64 | None) -> None:
        _native.covisit(indptr, items, *options, cells, sizes, None, None, None)
        np.cumsum(sizes, out=out_indptr[1:])
        out.append(np.empty(out_indptr[-1], np.int32))
        out.append(np.empty(out_indptr[-1], np.float32))
        _native.covisit(indptr, items, *options, cells, None, out_indptr, *out)

    _run(call, 100.0 * len(items) * reach, control, progress)
    return Csr(out_indptr, *out)


def lambdarank_plan(indptr: Int64, label: Int32, truncation: int) -> Float64:
    """What `lambdarank` needs of labels and queries that does not change from one iteration to the next.

    ``label`` int32[n] is from 0 to 31; query q holds rows ``indptr[q]:indptr[q + 1]``.
    """
    longest = min(len(label), int(np.diff(indptr).max(initial=0)))
    plan = np.empty(max(0, len(indptr) - 1) + longest + 2**20, np.float64)
    _native.lambdarank_plan(indptr, label, plan, int(truncation))
    return plan


def lambdarank(
    indptr: Int64,
    label: Int32,
    plan: Float64,
    scores: Float64,
    truncation: int,
    weight: Float32 | None = None,
    factor: str = "product",
    norm: bool = True,
    n_threads: int = 1,
) -> tuple[Float32, Float32]:
    """LightGBM's LambdaRank on NDCG, each pair's lambda times a function of the two rows' weights.

    ``factor`` is ``product``, ``winner`` (the weight of the row with the higher label) or ``mean``; without
    ``weight`` it is 1. ``plan`` is `lambdarank_plan` of the same ``indptr``, ``label`` and ``truncation``.

    Returns gradients float32[n] and hessians float32[n]; the gradients of a query sum to 0.
    """
    if factor not in PAIR_FACTORS:
        raise ValueError(f"factor: give one of {', '.join(PAIR_FACTORS)}, got {factor!r}")
    code = PAIR_FACTORS.index(factor)
    gradients, hessians = np.empty(len(label), np.float32), np.empty(len(label), np.float32)
    options = (int(truncation), code, bool(norm), int(n_threads))
    _native.lambdarank(indptr, label, plan, scores, weight, *options, gradients, hessians)
    return gradients, hessians


def csr_top_n(indptr: Int64, indices: Int32, data: Float32, n: int, n_threads: int = 1) -> Csr:
    """Keep the ``n`` largest values of each row: largest first, ties by the smaller column."""
    n = _size("n", n, 1, 2**31 - 1)
    out_indptr = np.zeros(max(1, len(indptr)), np.int64)
    np.cumsum(np.clip(np.diff(indptr), 0, n), out=out_indptr[1:])
    columns, values = np.empty(out_indptr[-1], np.int32), np.empty(out_indptr[-1], np.float32)
    _native.csr_top_n(indptr, indices, data, n, int(n_threads), out_indptr, columns, values)
    return Csr(out_indptr, columns, values)


def sparse_top_product(
    a: Csr,
    b: Csr,
    n: int,
    exclude_diagonal: bool = True,
    n_threads: int = 1,
    n_columns: int | None = None,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> Csr:
    """The ``n`` largest entries of each row of the product of two sparse matrices.

    ``a`` and ``b`` are compressed rows; ``b`` has ``n_columns`` columns, as many as rows when None. Largest
    first, ties by the smaller column; with ``exclude_diagonal`` entry (r, r) is left out. Units of progress
    are rows.
    """
    n = _size("n", n, 1, 2**31 - 1)
    n_rows = max(0, len(a[0]) - 1)
    width = max(0, len(b[0]) - 1) if n_columns is None else int(n_columns)
    n = max(1, min(n, width))
    sizes = np.zeros(n_rows, np.int64)
    columns, values = np.empty((n_rows, n), np.int32), np.empty((n_rows, n), np.float32)
    mean_row = len(b[1]) / max(1, len(b[0]) - 1)

    def call(cells: Int64 | None) -> object:
        return _native.sparse_top_product(
            *a, *b, width, bool(exclude_diagonal), int(n_threads), cells, sizes, columns, values
        )

    _run(call, 20.0 * len(a[1]) * mean_row, control, progress)
    indptr = np.zeros(n_rows + 1, np.int64)
    np.cumsum(sizes, out=indptr[1:])
    kept = np.arange(n) < sizes[:, None]
    return Csr(indptr, columns[kept], values[kept])
