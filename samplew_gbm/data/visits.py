"""Visits: what a user does with no long pause, and queries that ask for a whole visit when it begins."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.errors import SettingsError

VISIT_GAP = 1800.0  # seconds; a user who comes back later asks anew


def visits(interactions: Interactions) -> NDArray[np.int32]:
    """The visit of each row, ``int32[n]``: rows of a user at most ``VISIT_GAP`` apart. Needs a clock."""
    time = interactions.timestamp
    assert time is not None
    begins = np.diff(time, prepend=-np.inf) > VISIT_GAP
    begins[interactions.indptr[:-1][np.diff(interactions.indptr) > 0]] = True
    return (np.cumsum(begins) - 1).astype(np.int32)


def asked(interactions: Interactions, queries: str) -> Interactions:
    """The same rows, those of a visit taken in one query where ``queries``, the setting, says ``visits``.

    ``SettingsError`` where the log has no clock to tell visits by, or names its queries itself.
    """
    if queries == "rows":
        return interactions
    if interactions.query is not None:
        raise SettingsError("queries is 'visits', but the log names its queries; leave queries at 'rows'")
    if interactions.order is not Order.CLOCK:
        raise SettingsError(
            "queries is 'visits', but rows without times tell no visits; name the times with "
            "--timestamp-column NAME, or leave queries at 'rows'"
        )
    return replace(interactions, query=visits(interactions))
