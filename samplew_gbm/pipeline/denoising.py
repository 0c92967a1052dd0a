"""Which rows item tables are not learned from: those that were most likely taken by accident.

A sample weight reaches the ranker only; an accident that the tables count stays in every feature. So the rows
that tables are learned from are judged among themselves, as a set, in whatever order: dealt into folds, each
by the rest. A function of those rows alone, it adds nothing of what the tables may not know.
"""

import numpy as np

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.pipeline.accidents import judge_as_set
from samplew_gbm.settings import FIND, Settings

MOST = 0.9  # rows that topics explain no better than chance are not all accidents; tables need some


def denoised(interactions: Interactions, settings: Settings, *, n_threads: int) -> Interactions:
    """The rows without the share ``settings.denoise`` likeliest to be accidents; with none all of them."""
    if not settings.denoise:
        return interactions
    judged = judge_as_set(interactions, settings.random_state, n_threads=n_threads)
    share = min(judged.share, MOST) if settings.denoise == FIND else settings.denoise
    order = np.argsort(judged.log_odds, kind="stable")
    return interactions.take(order[int(share * len(order)) :])
