"""What item tables are not learned from, and not asked with: rows that were most likely taken by accident.

A sample weight reaches the ranker only; an accident that the tables count stays in every feature, and so does
one in the history that a user is ranked by. So the rows that tables are learned from are judged among
themselves, as a set, in whatever order: dealt into folds, each by the rest. Histories are judged by topics of
all these rows, later ones as well. Both are functions of those rows alone and add nothing of what the tables
may not know.
"""

from dataclasses import dataclass

import numpy as np

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import TasteTable
from samplew_gbm.embeddings.taste import learn_taste
from samplew_gbm.pipeline.accidents import BACKGROUNDS, judge_as_set
from samplew_gbm.settings import FIND, Settings

MOST = 0.9  # rows that topics explain no better than chance are not all accidents; tables need some


@dataclass(frozen=True, slots=True, eq=False)
class Denoised:
    """The ``rows`` to learn tables from, and what judges the histories that these are asked with."""

    rows: Interactions
    taste: TasteTable | None


def denoised(interactions: Interactions, settings: Settings, *, n_threads: int) -> Denoised:
    """The rows without the share ``settings.denoise`` likeliest to be accidents; with none all of them."""
    if not settings.denoise:
        return Denoised(interactions, None)
    judged = judge_as_set(interactions, settings.random_state, n_threads=n_threads)
    share = min(judged.share, MOST) if settings.denoise == FIND else settings.denoise
    order = np.argsort(judged.log_odds, kind="stable")
    n_left_out = int(share * len(order))
    if not n_left_out:
        return Denoised(interactions, None)
    background = BACKGROUNDS[judged.background](interactions)
    taste = learn_taste(interactions, background, share, settings.random_state, n_threads=n_threads)
    return Denoised(interactions.take(order[n_left_out:]), taste)
