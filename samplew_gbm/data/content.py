"""What is said of items - category, brand, title, price - as weighted tokens beside a log."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ContentTable
from samplew_gbm.data.tokens import Tokens, tokens_of
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError, SchemaError

LEAST_ITEMS = 2  # that share a token; of a single one it tells nothing


def describe_items(interactions: Interactions, table: pa.Table, *, where: str = "the items") -> Interactions:
    """The log with what a table of ``read_items`` says of its items.

    Every column but ``item_id`` describes; an item may have several rows, whose tokens add up. Items that
    the log lacks join the vocabulary: they can be recommended. What is said must have been known before the
    log's events: a column of sales or mean ratings is a leak that no check can see.

    ``SchemaError`` where ids are of another type than the log's, or nothing but ids is there; ``DataError``
    where no two items have anything in common.
    """
    if table.column_names == [ITEM_ID]:
        raise SchemaError(f"{where}: no column beside the item's id; give columns that describe the items")
    ids = table[ITEM_ID]
    if ids.type != interactions.items.ids.type:
        kinds = [_kind(ids.type), _kind(interactions.items.ids.type)]
        raise SchemaError(f"{where}: item ids are {kinds[0]}, but {kinds[1]} in the log; write them alike")
    items = Vocabulary.from_values(pa.chunked_array([*ids.chunks, interactions.items.ids]))
    columns = [
        tokens_of(table[name], where=where, name=name) for name in table.column_names if name != ITEM_ID
    ]
    content = _weighted(columns, items.encode(ids).astype(np.int64), len(items))
    if not len(content.tokens):
        raise DataError(f"{where}: no two items share a value; give columns such as category, brand or title")
    place = items.encode(interactions.items.ids)
    return replace(interactions, items=items, item_index=place[interactions.item_index], content=content)


def _kind(kind: pa.DataType) -> str:
    return "text" if kind == pa.string() else "numbers"


def _weighted(columns: list[Tokens], item_of_row: NDArray[np.int64], n_items: int) -> ContentTable:
    """Tokens of all columns, each weighing ``log((described + 1) / (having it + 1))``, to length 1."""
    first = np.concatenate([[0], np.cumsum([column.n_tokens for column in columns])])
    token = np.concatenate([column.token + begin for column, begin in zip(columns, first, strict=False)])
    item = item_of_row[np.concatenate([column.row for column in columns])]
    item, token = np.divmod(np.unique(item * max(1, first[-1]) + token), max(1, first[-1]))
    n_having = np.bincount(token, minlength=first[-1])
    rarity = np.log((len(np.unique(item_of_row)) + 1) / (n_having + 1))
    told = (n_having >= LEAST_ITEMS) & (rarity > 0)
    kept = told[token]
    item, weight = item[kept], rarity[token[kept]]
    tokens = (np.cumsum(told) - 1)[token[kept]].astype(np.int32)
    length = np.sqrt(np.bincount(item, weight**2, minlength=n_items))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=n_items))]).astype(np.int64)
    return ContentTable(indptr, tokens, (weight / length[item]).astype(np.float32))
