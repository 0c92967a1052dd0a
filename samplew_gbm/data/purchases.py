"""Which events of a log are purchases, by what they are called."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions

PURCHASES = ("purchase", "buy", "bought", "order", "transaction", "sale", "conversion")
"""What an event is called that is a purchase; capitals and blanks around it do not matter."""


def purchase_rows(interactions: Interactions) -> NDArray[np.bool_]:
    """True for purchases, ``bool[n]``; a null is none. The log must have events."""
    names = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(interactions.event, pa.string())))
    known = pc.is_in(names, value_set=pa.array(PURCHASES))
    return np.asarray(known.to_numpy(zero_copy_only=False), bool)


def event_names(interactions: Interactions) -> list[str]:
    """The distinct events of a log, sorted, without null."""
    return sorted(str(name) for name in pc.unique(interactions.event).to_pylist() if name is not None)
