"""The chance that a row was taken for taste and not by accident: of a mixture of both."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme

NATURAL = 2.0  # temperature, the default: importance goes with the chance itself
BISECTIONS = 40
NOTABLE_SHARE = 0.05  # of accidents among the rows; clean shops are told of with less (bench/README.md)
STRONGEST = 50.0  # log odds beyond which more of them tells nothing


@scheme("taste", whole_log=True, of_rows=True)
def taste(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``p^(NATURAL / temperature)`` over its mean over all samples, ``p`` the chance of being no accident.

    ``p = sigmoid(signal)``. Ours. It asks what affinity cannot tell: whether an item that anybody takes was
    taken by this user for what it is (``bench/README.md``). Where there are no accidents all are exactly 1.
    """
    odds = signals.the("taste")
    if not len(odds):
        return np.empty(0, np.float32)
    logit = -np.logaddexp(0.0, -_limited(odds)) * (NATURAL / temperature)
    power = np.exp(logit - logit.max())
    importance: NDArray[np.float32] = (power / power.mean()).astype(np.float32)
    return importance


def posterior(log_odds: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Log odds of taste where ``share`` of such rows are accidents, ``float32[n]``, limited.

    ``log_odds`` are ``log P(row | taste) - log P(row | accident)``, ``float32[n]``.
    """
    with np.errstate(divide="ignore"):
        prior = np.log1p(-share) - np.log(share)
    return _limited(_limited(log_odds) + prior).astype(np.float32)


def accident_share(log_odds: NDArray[np.float32]) -> float:
    """The share of accidents among the rows that makes the rows likeliest, in [0, 1]; 0 of no rows.

    ``log_odds`` are ``log P(row | taste) - log P(row | accident)``, ``float32[n]``, by models that have not
    seen the row. The likelihood, the sum of ``log((1 - share) odds + share)``, is concave: its slope is
    followed to 0 by bisection.
    """
    odds = np.exp(np.sort(_limited(log_odds)))  # the same sums in any order of the rows
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        share = (low + high) / 2
        rising = ((1 - odds) / ((1 - share) * odds + share)).sum() > 0
        low, high = (share, high) if rising else (low, share)
    return low


def log_likelihood(log_odds: NDArray[np.float32], share: float) -> float:
    """Mean over the rows of ``log((1 - share) odds + share)``: how much likelier than by accidents alone."""
    return float(np.log((1 - share) * np.exp(np.sort(_limited(log_odds))) + share).mean())


def _limited(log_odds: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.clip(log_odds.astype(np.float64), -STRONGEST, STRONGEST)
