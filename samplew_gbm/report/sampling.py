"""Which users of a model stand for all of them."""

from typing import Any

import numpy as np

from samplew_gbm.pipeline.model import Model


def sampled_users(model: Model, n: int) -> Any:
    """Ids (an Arrow array) of at most ``n`` users with a history, evenly from first to last."""
    with_history = np.flatnonzero(model.histories.sizes > 0)
    places = np.linspace(0, len(with_history) - 1, min(n, len(with_history))).astype(np.int64)
    return model.users.decode(with_history[places])
