"""The caller's own column, checked before it becomes importance."""

import numpy as np

from samplew_gbm.columns import VALUE
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.validation import rows_text
from samplew_gbm.errors import DataError


def check_values(interactions: Interactions, scheme: str) -> None:
    """``DataError`` for a log whose values cannot be an importance; it names rows of the log, from 1."""
    value, needs = interactions.value, f"importance {scheme!r} needs a value of at least 0 in every row"
    if value is None:
        raise DataError(
            f"{needs}; this log has no column {VALUE!r}: name it with --value-column, "
            "or choose another scheme"
        )
    bad = ~(np.isfinite(value) & (value >= 0))
    if bad.any():
        rows = rows_text(np.sort(interactions.row[bad]))
        raise DataError(f"{needs}; it is negative, missing or not finite in {rows}: correct or drop them")
    if not value.any():
        raise DataError(f"{needs}, and somewhere above; it is 0 in all rows: choose another scheme")
