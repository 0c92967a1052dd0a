"""Which rows of a log tell for sure what a user wanted: purchases among clicks, high ratings among all."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.errors import DataError, SettingsError

ALL = "all"
FORMS = f"write event=NAME, value>=NUMBER or {ALL}"


@dataclass(frozen=True, slots=True)
class Trusted:
    """Rows of one ``event``, or of a ``least_value`` and more, or with neither all rows."""

    event: str | None = None
    least_value: float | None = None

    def __str__(self) -> str:
        if self.event is not None:
            return f"event={self.event}"
        return ALL if self.least_value is None else f"value>={self.least_value:g}"

    def rows(self, interactions: Interactions) -> NDArray[np.bool_]:
        """Mask of the rows that are trusted. ``DataError`` where there is no such column or no such row."""
        if self.event is not None:
            mask = self._of_event(interactions)
        elif self.least_value is not None:
            mask = self._of_value(interactions, self.least_value)
        else:
            mask = np.ones(len(interactions), bool)
        if not mask.any():
            raise DataError(f"--trusted {self}: no row of the log is so; {self._there_are(interactions)}")
        return mask

    def _of_event(self, interactions: Interactions) -> NDArray[np.bool_]:
        if interactions.event is None:
            raise DataError(f"--trusted {self}: the log has no event column; name it with --event-column")
        equal = pc.fill_null(pc.equal(interactions.event, self.event), False)
        return np.asarray(equal.to_numpy(zero_copy_only=False), bool)

    def _of_value(self, interactions: Interactions, least: float) -> NDArray[np.bool_]:
        if interactions.value is None:
            raise DataError(f"--trusted {self}: the log has no value column; name it with --value-column")
        mask: NDArray[np.bool_] = interactions.value >= least
        return mask

    def _there_are(self, interactions: Interactions) -> str:
        if self.event is not None and interactions.event is not None:
            names = sorted(str(name) for name in pc.unique(interactions.event).drop_null().to_pylist())
            return f"its events are {', '.join(names[:10])}"
        return "its values are lower"


def parse_trusted(text: str) -> Trusted:
    """``event=purchase``, ``value>=4`` or ``all``; ``SettingsError`` for anything else."""
    if text.strip() == ALL:
        return Trusted()
    name, sign, value = text.partition(">=" if ">=" in text else "=")
    name, value = name.strip(), value.strip()
    if (name, sign) == ("event", "=") and value:
        return Trusted(event=value)
    if (name, sign) == ("value", ">="):
        try:
            least = float(value)
        except ValueError:
            least = float("nan")
        if np.isfinite(least):
            return Trusted(least_value=least)
    raise SettingsError(f"--trusted {text}: {FORMS}")
