"""Tables that describe items and users, joined to a log: each column becomes what it can be."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from samplew_gbm.columns import ITEM_ID, USER_ID
from samplew_gbm.data.arrow import as_array, as_mask
from samplew_gbm.data.content import content_of
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.joining import join_item_vectors, with_items
from samplew_gbm.data.side import NOTHING
from samplew_gbm.data.side_numbers import item_numbers, user_numbers
from samplew_gbm.data.vector_columns import is_vector_type, matrix_of_lists
from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.data.vocabulary import UNKNOWN
from samplew_gbm.errors import DataError, SchemaError


def describe_items(interactions: Interactions, table: pa.Table, *, where: str = "the items") -> Interactions:
    """The log with what a table of ``read_items`` says of its items.

    Every column but ``item_id`` describes: lists of decimals are ready vectors under the column's name
    (``join_item_vectors``; a missing one says nothing), all else are tokens (``tokens_of``), and quantities
    such as prices and dates are numbers too (``item_numbers``). An item may have several rows, whose tokens
    add up and whose numbers are averaged. Items that the log lacks join the vocabulary: they can be
    recommended. What is said must have been known before the log's events: a column of sales or mean ratings
    is a leak that no check can see.

    ``SchemaError`` where ids are of another type than the log's, or nothing but ids is there; ``DataError``
    where no two items have anything in common.
    """
    names = [name for name in table.column_names if name != ITEM_ID]
    if not names:
        raise SchemaError(f"{where}: no column beside the item's id; give columns that describe the items")
    vectors = [name for name in names if is_vector_type(table[name].type)]
    words = [name for name in names if name not in vectors]
    ids = table[ITEM_ID]
    interactions = with_items(interactions, ids, where=where)
    if words:
        item_of_row = interactions.items.encode(ids).astype(np.int64)
        n_items = interactions.n_items
        content = content_of(table.select(words), item_of_row, n_items, where=where)
        numbers = item_numbers(table, words, item_of_row, n_items, where=where)
        if content is None and numbers is None and not vectors:
            raise DataError(
                f"{where}: no two items share a value; give columns such as category, brand or title"
            )
        side = interactions.side
        if numbers is not None or side is not None:
            side = replace(side or NOTHING, item_numbers=numbers)
        interactions = replace(interactions, content=content, side=side)
    for name in vectors:
        having = table.select([ITEM_ID, name]).filter(pa.array(~as_mask(table[name].is_null())))
        matrix = matrix_of_lists(having[name], where=where, name=name)
        found = read_vectors((as_array(having[ITEM_ID]), matrix))
        interactions = join_item_vectors(interactions, {name: found}, where=where)
    return interactions


def describe_users(interactions: Interactions, table: pa.Table, *, where: str = "the users") -> Interactions:
    """The log with the columns of a table with ``user_id`` as numbers of its users (``user_numbers``).

    Users that the log lacks are left out: rankings of strangers are by popularity. ``SchemaError`` where
    nothing but ids is there, or a column cannot be read so; ``DataError`` where no user of the log is there.
    """
    names = [name for name in table.column_names if name != USER_ID]
    if not names:
        raise SchemaError(f"{where}: no column beside the user's id; give columns that describe the users")
    user_of_row = interactions.users.encode(table[USER_ID]).astype(np.int64)
    if (user_of_row == UNKNOWN).all():
        raise DataError(f"{where}: no user of the log is described; check the ids")
    numbers = user_numbers(table, names, user_of_row, interactions.n_users, where=where)
    return replace(interactions, side=replace(interactions.side or NOTHING, user_numbers=numbers))
