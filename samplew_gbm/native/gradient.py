"""Embeddings by stochastic gradient steps: BPR and item2vec."""

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Int32, Int64, ReportDone, checked_size, run


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
    n_factors = checked_size("n_factors", n_factors, 1, 512)
    seed = checked_size("random_state", random_state, 0, 2**64 - 1)
    items = np.empty((checked_size("n_items", n_items, 0, 2**31 - 1), n_factors), np.float32)
    users = np.empty((max(0, len(indptr) - 1), n_factors), np.float32)
    bias = np.empty(n_items, np.float32)
    rates = (float(learning_rate), float(regularization), float(negative_power))
    options = (int(n_epochs), seed, int(n_blocks), int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.bpr_fit(indptr, indices, users, items, bias, *rates, *options, cells)

    run(call, 20.0 * n_epochs * n_factors * len(indices), control, progress)
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
    n_factors = checked_size("n_factors", n_factors, 1, 512)
    seed = checked_size("random_state", random_state, 0, 2**64 - 1)
    items = np.empty((checked_size("n_items", n_items, 0, 2**31 - 1), n_factors), np.float32)
    contexts = np.empty_like(items)
    sampling = (float(learning_rate), float(negative_power), int(window), int(n_negatives), bool(shuffle))
    options = (int(n_epochs), seed, int(n_blocks), int(n_threads))

    def call(cells: Int64 | None) -> object:
        return _native.item2vec_fit(indptr, indices, items, contexts, *sampling, *options, cells)

    run(call, 3.0 * n_epochs * n_factors * len(indices) * window * (1 + n_negatives), control, progress)
    return items, contexts
