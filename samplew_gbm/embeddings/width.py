"""How many factors an embedding has, and how many frequencies a graph filter."""

import numpy as np

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.settings import Settings

ITEMS_PER_FACTOR = 64
WIDTHS = (64, 192)  # narrowest and widest by default
SPECTRAL_WIDTHS = (4, 32)
ITEMS_PER_JUDGING_FACTOR = 100  # tells pairs kept out from others best, on MovieLens-100K and smaller logs
JUDGING_WIDTHS = (4, 64)


def width_of(interactions: Interactions, settings: Settings) -> int:
    """The setting, or what suits the catalogue; never more than there are items."""
    return min(settings.n_factors or width_for(interactions.n_items), interactions.n_items)


def width_for(n_items: int) -> int:
    """Factors for a catalogue of this size: sparse tastes over many items need a wider table."""
    return int(np.clip(n_items // ITEMS_PER_FACTOR, *WIDTHS))


def spectral_width_of(interactions: Interactions, settings: Settings) -> int:
    """The setting, or what suits the catalogue: a filter that lets all of it through says nothing new."""
    if settings.spectral_factors >= 0:
        return settings.spectral_factors
    return int(np.clip(interactions.n_items // ITEMS_PER_FACTOR, *SPECTRAL_WIDTHS))


def judging_width_for(n_items: int) -> int:
    """Factors for judging pairs by nothing but their own affinity: a table nearly as wide as the catalogue
    learns what was taken by heart, and says little of what was not.
    """
    return int(np.clip(n_items // ITEMS_PER_JUDGING_FACTOR, *JUDGING_WIDTHS))
