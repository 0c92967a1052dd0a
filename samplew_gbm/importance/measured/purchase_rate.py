"""How likely somebody who meets an item is to buy it."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.purchases import PURCHASES, event_names, purchase_rows
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError

PRIOR = 20.0  # pairs of the average item that every item is given


def purchase_rates(learned: Interactions) -> NDArray[np.float32]:
    """Share of the users of each item that bought it, shrunk to the average; ``float32[n_items]`` in (0, 1).

    A user and an item count once, however many events they share. The rows must not hold the samples that the
    rate is to judge.
    """
    bought = purchase_rows(learned)
    keys = learned.user_index.astype(np.int64) * learned.n_items + learned.item_index
    pairs, place = np.unique(keys, return_inverse=True)
    purchased = np.bincount(place, bought, len(pairs)) > 0
    items = pairs % learned.n_items
    average = (np.count_nonzero(purchased) + 1) / (len(pairs) + 2)  # never 0 or 1
    n_pairs = np.bincount(items, minlength=learned.n_items)
    n_bought = np.bincount(items, purchased, learned.n_items)
    return ((n_bought + PRIOR * average) / (n_pairs + PRIOR)).astype(np.float32)


def check_purchases(interactions: Interactions, scheme: str) -> None:
    """``DataError`` for a log whose events do not tell purchases from the rest."""
    needs = f"importance {scheme!r} needs an event column with purchases ({', '.join(PURCHASES)})"
    advice = "name it with --event-column, rename the events, or choose another scheme"
    if interactions.event is None:
        raise DataError(f"{needs}; this log has no column {EVENT!r}: {advice}")
    bought = purchase_rows(interactions)
    if not bought.any():
        names = one_line(", ".join(event_names(interactions)) or "nulls")
        raise DataError(f"{needs}; this log has: {names}: {advice}")
    if bought.all():
        raise DataError(
            f"importance {scheme!r} needs other events beside purchases, such as views and clicks; "
            "every row of this log is a purchase: choose another scheme"
        )
