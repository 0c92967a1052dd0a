"""A simulated shop some of whose clicks are accidents."""

import numpy as np

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Interactions, build_interactions
from samplew_gbm.data.simulate import simulate_shop


def accidental_log(noise: float, accidents: str = "popular") -> tuple[Interactions, np.ndarray]:
    """A simulated shop of 12,000 clicks, and which of its rows are accidents."""
    shop = simulate_shop(300, 400, 12_000, noise, random_state=2, accidents=accidents)
    log, _ = clean(build_interactions(shop.log))
    return log, shop.accidental[log.row]
