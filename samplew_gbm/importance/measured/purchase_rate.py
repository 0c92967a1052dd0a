"""How likely somebody who meets an item is to buy it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError

PURCHASES = ("purchase", "buy", "bought", "order", "transaction", "sale", "conversion")
"""What an event is called that is a purchase; capitals and blanks around it do not matter."""
PRIOR = 20.0  # pairs of the average item that every item is given


def purchase_rates(learned: Interactions) -> NDArray[np.float32]:
    """Share of the users of each item that bought it, shrunk to the average; ``float32[n_items]`` in (0, 1).

    A user and an item count once, however many events they share. The rows must not hold the samples that the
    rate is to judge.
    """
    bought = _is_purchase(learned)
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
    bought = _is_purchase(interactions)
    if not bought.any():
        names = [str(name) for name in pc.unique(interactions.event).to_pylist() if name is not None]
        raise DataError(f"{needs}; this log has: {one_line(', '.join(sorted(names)) or 'nulls')}: {advice}")
    if bought.all():
        raise DataError(
            f"importance {scheme!r} needs other events beside purchases, such as views and clicks; "
            "every row of this log is a purchase: choose another scheme"
        )


def _is_purchase(interactions: Interactions) -> NDArray[np.bool_]:
    names = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(interactions.event, pa.string())))
    known = pc.is_in(names, value_set=pa.array(PURCHASES))
    return np.asarray(known.to_numpy(zero_copy_only=False), bool)
