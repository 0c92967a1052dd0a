"""The softmax model of what comes next, by the C core.

Where the linear models explain by squared errors which items follow, this one tells the item taken from
others by a softmax, as deep models of histories do (Hidasi et al., "Session-based recommendations with
recurrent neural networks", ICLR 2016; Kang, McAuley, "Self-attentive sequential recommendation", ICDM 2018),
with nothing between the vectors of the last items and the softmax but learned weights of how long ago they
were taken, and a linear map of what was taken to what follows. Some models of other random numbers are
joined: one alone holds much of the luck of its start.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import NextTable
from samplew_gbm.settings import Settings

FACTORS = 64
MEMBERS = 3  # models from other random numbers, whose scores are averaged
LAGS = 20
RATE = 0.15
NEGATIVES = 500
BATCH = 512
MOST_SEEDS = 2**32  # random_state is below: no two members share a seed
MOST_PLACES = 3_000_000  # that a member takes: large logs are passed over fewer times


def learn_softmax_next(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> NextTable | None:
    """The model of these rows; None where rows have no order, or ``settings.next_epochs`` is 0."""
    n_epochs = _epochs(interactions, settings)
    if not n_epochs:
        return None
    parts = []
    for member in range(MEMBERS):
        done = member * n_epochs * _places(interactions)
        tell = None if progress is None else partial(_told, progress, done)
        parts.append(
            native.next_fit(
                interactions.indptr,
                interactions.item_index,
                interactions.n_items,
                n_factors=min(FACTORS, interactions.n_items),
                n_lags=LAGS,
                learning_rate=RATE,
                n_negatives=NEGATIVES,
                n_epochs=n_epochs,
                random_state=settings.random_state + member * MOST_SEEDS,
                n_threads=n_threads,
                batch=BATCH,
                progress=tell,
            )
        )
    vectors, following, bias, lag_weights = zip(*parts, strict=True)
    absent = np.bincount(interactions.item_index, minlength=interactions.n_items) == 0
    return NextTable(
        _joined(vectors, absent), _joined(following, absent, MEMBERS), _mean(bias), _mean(lag_weights)
    )


def _joined(
    parts: tuple[NDArray[np.float32], ...], absent: NDArray[np.bool_], shared_by: int = 1
) -> NDArray[np.float32]:
    """The members' vectors side by side, so that a dot product is the sum of theirs."""
    table: NDArray[np.float32] = np.concatenate(parts, axis=1)
    table /= np.float32(shared_by)
    table[absent] = 0
    return table


def _mean(parts: tuple[NDArray[np.float32], ...]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def _told(progress: Callable[[int], None], before: int, units: int) -> None:
    progress(before + units)


def softmax_next_units(interactions: Interactions, settings: Settings) -> int | None:
    """Units of progress; None where there is no such model.

    Rows of which none follows another have one too, which knows nothing: it is there or not for all folds.
    """
    n_epochs = _epochs(interactions, settings)
    return MEMBERS * n_epochs * _places(interactions) if n_epochs else None


def _places(interactions: Interactions) -> int:
    """Rows of a user after his first."""
    return len(interactions) - int(np.count_nonzero(np.diff(interactions.indptr)))


def _epochs(interactions: Interactions, settings: Settings) -> int:
    if interactions.order is Order.NONE or not settings.next_epochs:
        return 0
    return max(1, min(settings.next_epochs, MOST_PLACES // max(1, _places(interactions))))
