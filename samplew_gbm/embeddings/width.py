"""How many factors an embedding has."""

import numpy as np

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.settings import Settings

ITEMS_PER_FACTOR = 64
WIDTHS = (64, 192)  # narrowest and widest by default


def width_of(interactions: Interactions, settings: Settings) -> int:
    """The setting, or what suits the catalogue; never more than there are items."""
    return min(settings.n_factors or width_for(interactions.n_items), interactions.n_items)


def width_for(n_items: int) -> int:
    """Factors for a catalogue of this size: sparse tastes over many items need a wider table."""
    return int(np.clip(n_items // ITEMS_PER_FACTOR, *WIDTHS))
