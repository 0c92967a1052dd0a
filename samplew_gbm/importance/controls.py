"""Controls: importance that must not help. A result that they reach too is no result."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.attention import attention
from samplew_gbm.importance.base import SampleSignals


def placebo(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """Attention importance dealt out by chance among the samples of each segment: as sharp, and blind."""
    importance = attention(signals, temperature=temperature, random_state=random_state, n_threads=n_threads)
    chance = np.random.default_rng(random_state).random(len(importance))
    places, shuffled = np.argsort(signals.segment, kind="stable"), np.lexsort((chance, signals.segment))
    dealt = np.empty_like(importance)
    dealt[places] = importance[shuffled]
    return dealt


def wrong_sign(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """Attention to the samples that suit a user least: where attention helps, this must hurt."""
    turned = replace(signals, affinity=-signals.affinity)
    return attention(turned, temperature=temperature, random_state=random_state, n_threads=n_threads)
