"""Schemes that take a large loss as a sign of noise.

Accidental rows are hard to predict, so their loss under a model that has not seen them tends to be large; so
is that of rare tastes, which these schemes cannot tell from noise. The loss is the ``loss`` signal,
``-log p`` of the item among the candidates of its query.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import softmax_importance

DROPPED = 0.1  # share of the samples that t_ce takes for noise; the paper tries .05 to .2


@scheme("loss")
def r_ce(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``p^beta``, divided by its mean over the user's samples; ``beta = 1 / temperature``.

    The reweighted loss (R-CE) of Wang et al., "Denoising Implicit Feedback for Recommendation", WSDM 2021,
    with ``p = exp(-loss)`` of a model that has not seen the row in place of the model in training.
    """
    return softmax_importance(
        -signals.the("loss"), signals.segment, temperature=temperature, n_threads=n_threads
    )


@scheme("loss", whole_log=True)
def t_ce(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """0 for the share ``DROPPED`` of the largest losses of the log, the same for all others; its mean is 1.

    The truncated loss (T-CE) of Wang et al., "Denoising Implicit Feedback for Recommendation", WSDM 2021, at
    its final drop rate. ``weight_low`` is what a dropped row counts in the end. Losses equal to the threshold
    are kept; the temperature plays no part.
    """
    loss = signals.the("loss")
    if not len(loss):
        return np.empty(0, np.float32)
    kept: NDArray[np.bool_] = loss <= np.quantile(loss, 1 - DROPPED)
    return np.asarray(kept / kept.mean(), np.float32)


@scheme("loss")
def loss_rank(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``n * softmax(-rank / temperature)`` over the user's ``n`` samples.

    ``rank`` is the place of the loss among the user's own, ``(place - 1/2) / n - 1/2`` times the root of 12,
    so that its spread is about 1; equal losses share the mean of their places. That losses compare within a
    user and hardly across is shown by Zhang et al., "Personalized Denoising Implicit Feedback for Robust
    Recommender System", WWW 2025, which draws samples by the user's own distribution of losses; the rank in
    place of the loss is ours: no outlier decides, whatever the scale.
    """
    rank = _rank_in_segment(signals.the("loss"), signals.segment)
    return softmax_importance(-rank, signals.segment, temperature=temperature, n_threads=n_threads)


def _rank_in_segment(values: NDArray[np.float32], segment: NDArray[np.int32]) -> NDArray[np.float32]:
    order = np.lexsort((values, segment))
    own, ordered = segment[order], values[order]
    first = np.diff(own, prepend=-1) != 0
    sizes = np.diff(np.append(np.flatnonzero(first), len(own)))
    place = np.arange(len(own)) - np.repeat(np.flatnonzero(first), sizes) + 0.5
    tie = np.cumsum(first | (np.diff(ordered, prepend=np.float32(-np.inf)) != 0)) - 1
    shared = (np.bincount(tie, place) / np.maximum(np.bincount(tie), 1))[tie]
    rank = np.empty(len(own), np.float32)
    rank[order] = np.sqrt(12.0) * (shared / np.repeat(sizes, sizes) - 0.5)
    return rank
