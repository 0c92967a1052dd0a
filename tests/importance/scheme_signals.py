"""Signals to try schemes on: by chance, extreme, all the same, in another order."""

from dataclasses import fields, replace

import numpy as np

from samplew_gbm.importance.base import SampleSignals


def signals(seed=0, n=400, n_segments=25):
    """Every signal by chance; losses and values with ties."""
    rng = np.random.default_rng(seed)
    return SampleSignals(
        affinity=rng.normal(size=n).astype(np.float32),
        segment=rng.integers(0, n_segments, n).astype(np.int32),
        item=rng.integers(0, 50, n).astype(np.int32),
        loss=np.round(rng.gamma(2, 2, n), 1).astype(np.float32),
        cosine=rng.random(n).astype(np.float32),
        vector_cosine=rng.uniform(-1, 1, n).astype(np.float32),
        mainstream=rng.normal(3, 1, n).astype(np.float32),
        popularity=np.log1p(rng.integers(0, 300, n)).astype(np.float32),
        purchase_rate=rng.uniform(0.01, 0.9, n).astype(np.float32),
        value=rng.integers(0, 5, n).astype(np.float64),
        ranker=rng.normal(size=n).astype(np.float32),
        blend=rng.normal(size=n).astype(np.float32),
        taste=rng.normal(0.3, 2, n).astype(np.float32),
    )


def extreme(n=40):
    """Signals near the ends of what they may be."""
    low_high = np.tile([0, 1], n // 2)
    return replace(
        signals(n=n, n_segments=3),
        affinity=np.where(low_high, 1e4, -1e4).astype(np.float32),
        loss=(1e4 * low_high).astype(np.float32),
        cosine=(1e6 * low_high).astype(np.float32),
        vector_cosine=np.where(low_high, 1, -1).astype(np.float32),
        mainstream=(15 * low_high).astype(np.float32),
        popularity=(20 * low_high).astype(np.float32),
        purchase_rate=np.where(low_high, 1e-7, 1 - 1e-6).astype(np.float32),
        value=np.where(low_high, 1.7e308, 1e-308),
        ranker=np.where(low_high, 1e4, -1e4).astype(np.float32),
        blend=np.where(low_high, 30, -30).astype(np.float32),
        taste=np.where(low_high, 200, -200).astype(np.float32),
    )


def flat(n=40):
    """Signals that tell no sample from another."""
    given = signals(n=n, n_segments=3)
    own = [field.name for field in fields(given) if field.name not in ("segment", "item")]
    return replace(given, **{name: np.full_like(getattr(given, name), 0.5) for name in own})


def permuted(given, at):
    """The same samples in the order ``at``."""
    return SampleSignals(**{field.name: getattr(given, field.name)[at] for field in fields(given)})
