"""The factors that the settings and the log ask for: what a log has, made into the arrays they take."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import VALUE
from samplew_gbm.data.behaviours import event_codes
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.validation import rows_text
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.importance.factors.behaviour import behaviour
from samplew_gbm.importance.factors.own import own_weight
from samplew_gbm.importance.factors.propensity import (
    examination_power,
    inverse_examination,
    inverse_propensity,
)
from samplew_gbm.importance.factors.recency import recency
from samplew_gbm.importance.factors.user_value import user_value
from samplew_gbm.settings import Settings, behaviour_factors

Factor = NDArray[np.float64]


def active_factors(interactions: Interactions, settings: Settings) -> dict[str, Factor]:
    """The factors that are on, by name, each ``float64[n]``; none where no sample is weighed at all.

    ``SettingsError`` where a setting needs what the log has not, ``DataError`` where it has it wrong.
    """
    if settings.importance == "none":
        return {}
    found = {name: factor(interactions, settings) for name, factor in FACTORS.items()}
    return {name: factor for name, factor in found.items() if factor is not None}


def _behaviour(interactions: Interactions, settings: Settings) -> Factor | None:
    wanted = behaviour_factors(settings.behaviour)
    if not wanted:
        return None
    return behaviour(*event_codes(interactions, "behaviour", settings.behaviour, wanted))


def _recency(interactions: Interactions, settings: Settings) -> Factor | None:
    if not settings.half_life:
        return None
    if interactions.timestamp is None:
        raise SettingsError(
            f"half_life is {settings.half_life:g} days, but no times are read from the log; give a timestamp "
            "column and order auto, or set half_life to 0"
        )
    return recency(interactions.timestamp, half_life=settings.half_life, floor=settings.age_floor)


def _propensity(interactions: Interactions, settings: Settings) -> Factor | None:
    by_place = _examination(interactions, settings)
    if not settings.propensity_power:
        return by_place
    by_item = inverse_propensity(
        interactions.item_index, n_items=interactions.n_items, power=settings.propensity_power
    )
    return by_item if by_place is None else by_item * by_place


def _examination(interactions: Interactions, settings: Settings) -> Factor | None:
    power, position = settings.position_power, interactions.position
    if not power:
        return None
    if position is None:
        raise SettingsError(
            f"position_power is {power:g}, but no positions are read from the log; name their column with "
            "--position-column NAME, or set position_power to 0"
        )
    return inverse_examination(position, power=power if power > 0 else _found_power(interactions))


def _found_power(interactions: Interactions) -> float:
    """How fast examination falls, from the lists of the log."""
    shown = interactions.impressions
    if shown is None:
        raise SettingsError(
            "position_power is -1, but the log does not say what was only shown; name its column with "
            "--query-column and --label-column (or --impression-event), or give the power"
        )
    placed = shown.position > 0
    return examination_power(shown.lists.items[placed], shown.position[placed], shown.taken[placed])


def _user_value(interactions: Interactions, settings: Settings) -> Factor | None:
    if not settings.value_power:
        return None
    value = interactions.value
    if value is None:
        raise SettingsError(
            f"value_power is {settings.value_power:g}, but the log has no values; name their column with "
            f"--value-column NAME ({VALUE!r} by default), or set value_power to 0"
        )
    if (value < 0).any():
        rows = rows_text(np.sort(interactions.row[value < 0]))
        raise DataError(
            f"value_power needs values from 0 on, and the log has negative ones in {rows}; correct these "
            "rows, or set value_power to 0"
        )
    return user_value(
        interactions.user_index, value, n_users=interactions.n_users, power=settings.value_power
    )


def _own(interactions: Interactions, settings: Settings) -> Factor | None:
    return None if interactions.weight is None else own_weight(interactions.weight)


FACTORS: dict[str, Callable[[Interactions, Settings], Factor | None]] = {
    "behaviour": _behaviour,
    "recency": _recency,
    "propensity": _propensity,
    "user_value": _user_value,
    "own": _own,
}
"""In the order in which they are multiplied and shown. A new one is a file in ``importance/factors`` and a
line here."""
