"""What is known of item and user in numbers: price, age; and how an item's differ from the history's."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists
from samplew_gbm.data.side import NumberTable
from samplew_gbm.features.base import FeatureContext


def numbers(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Each item column as it is and its shift from the history; each user column as it is; NaN if unknown.

    The shift is the candidate's place among all items, from 0 to 1, less the mean place of the history's
    items: above 0 a dearer, or newer, item than the user is used to.
    """
    side, lists = context.tables.side, context.candidates.lists
    columns: dict[str, NDArray[np.float32]] = {}
    if side is None:
        return columns
    if side.item_numbers is not None:
        table = side.item_numbers
        usual = mean_places(table, context.queries.meant)
        shift = table.place[lists.items] - usual[lists.owner]
        for place, name in enumerate(table.names):
            columns[f"item_number_{name}"] = table.values[lists.items, place]
            columns[f"item_number_{name}_shift"] = shift[:, place]
    if side.user_numbers is not None:
        index = context.queries.user_index
        strangers = np.full(len(context.queries), -1, np.int64)
        known = side.user_numbers.take(strangers if index is None else index.astype(np.int64))
        for place, name in enumerate(known.names):
            columns[f"user_number_{name}"] = known.values[lists.owner, place]
    return columns


def mean_places(table: NumberTable, histories: Lists) -> NDArray[np.float32]:
    """Mean place of the items of each history whose number is known, ``float32[q, f]``; NaN without one."""
    places, owner = table.place[histories.items], histories.owner
    means = np.full((len(histories), places.shape[1]), np.nan, np.float32)
    for column in range(places.shape[1]):
        known = ~np.isnan(places[:, column])
        count = np.bincount(owner[known], minlength=len(histories))
        total = np.bincount(owner[known], places[known, column].astype(np.float64), len(histories))
        some = count > 0
        means[some, column] = total[some] / count[some]
    return means
