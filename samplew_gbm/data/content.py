"""What is said of items - category, brand, title, price - as weighted tokens."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import ContentTable
from samplew_gbm.data.tokens import Tokens, tokens_of

LEAST_ITEMS = 2  # that share a token; of a single one it tells nothing


def content_of(
    table: pa.Table, item_of_row: NDArray[np.int64], n_items: int, *, where: str
) -> ContentTable | None:
    """All columns of a table as weighted tokens of the items of its rows; ``None`` where no two share one."""
    columns = [tokens_of(table[name], where=where, name=name) for name in table.column_names]
    content = _weighted(columns, item_of_row, n_items)
    return content if len(content.tokens) else None


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
